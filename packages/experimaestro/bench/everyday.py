"""What a user waits for every day, printed as the table of `docs/reference/performance.md`.

    uv run packages/experimaestro/bench/everyday.py

Each figure is the best of a few: what the program costs, not what else the machine was doing.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS = 100

SCRIPT = f"""
import sys
from experimaestro import Param, Task, experiment

class Nothing(Task):
    index: Param[int]

    def execute(self) -> None: ...

if __name__ == "__main__":
    with experiment(sys.argv[1], "bench", dirty_git="ignore"):
        for index in range({JOBS}):
            Nothing.C(index=index).submit()
"""


def seconds(*command: str) -> float:
    """Returns how long a command takes, from its start to its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - start


def best(*command: str) -> float:
    """Returns the shortest of five."""
    return min(seconds(*command) for _ in range(5))


def main() -> None:
    """Measures, and prints the table."""
    python = best("-c", "")
    with tempfile.TemporaryDirectory() as folder:
        script, workdir = Path(folder, "bench.py"), str(Path(folder, "workspace"))
        script.write_text(SCRIPT, encoding="utf-8")
        listing = ("-m", "experimaestro", "jobs", "--workdir", workdir, "list")
        rows = [
            ("`import experimaestro`", best("-c", "import experimaestro") - python),
            (
                "`from experimaestro import Config, Param, Task, field`",
                best("-c", "from experimaestro import Config, Param, Task, field") - python,
            ),
            ("`experimaestro --help`", best("-m", "experimaestro", "--help")),
            (f"{JOBS} jobs that do nothing", seconds(str(script), workdir)),
            (f"the same again: {JOBS} jobs reused", best(str(script), workdir)),
            (f"`experimaestro jobs list`, {JOBS} jobs, first time", seconds(*listing)),
            ("the same, later", best(*listing)),
        ]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| what | seconds |\n|---|---|")
    for what, duration in rows:
        print(f"| {what} | {duration:.2f} |")


if __name__ == "__main__":
    main()

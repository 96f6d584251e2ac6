"""What the scheduler costs and how soon it reacts: prints a Markdown table.

    uv run python packages/xpm-scheduler/bench/scheduler.py [--scale 0.1] [--peer]

With `--peer`, experimaestro 2.7.0 does the same where it can, in an environment of its own, made
with `uv` in the user's cache folder and kept for the next time. `--scale` multiplies the numbers
of jobs. On a machine that does other things too, figures are higher; the load is printed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "xpm-scheduler-bench"

ROWS = [
    # what, workload, jobs, unit, to reach, whether the peer can do it (and with how many jobs)
    ("the same experiment again, all done, CPU each", "again", 10_000, "ms", 0.15, 1000),
    ("own CPU per job, submit to done", "own", 500, "ms", 1.0, 100),
    ("memory of a job that waits", "memory", 10_000, "kB", 3.0, 0),
    ("threads while 1,000 jobs wait", "threads", 1_000, "", 4, 0),
    ("end of a job → `wait()` returns, median", "end_to_wait", 20, "ms", 5, 0),
    ("end of a job → its dependent started, median", "end_to_dependent", 20, "ms", 5, 0),
    ("end of a job found running → left, median", "reattached", 5, "ms", 100, 0),
]


def peer_python() -> Path:
    """The interpreter of the peer, installed if it is not."""
    python = CACHE / "experimaestro" / "bin" / "python"
    if not python.exists():
        folder = str(python.parent.parent)
        subprocess.run(["uv", "venv", "-q", "--python", sys.executable, folder], check=True)
        install = ["uv", "pip", "install", "-q", "--python", str(python), "experimaestro==2.7.0"]
        subprocess.run(install, check=True)
    return python


def measure(python: Path, workload: str, count: int) -> float:
    """Runs a workload in a fresh process and an empty workspace."""
    with tempfile.TemporaryDirectory() as root:
        environment = {**os.environ, "XPM_CONFIG_DIR": root, "PYTHONPATH": str(HERE)}
        command = [str(python), str(HERE / "scheduler_workloads.py"), workload, root, str(count)]
        run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root)
        if run.returncode:
            sys.exit(f"{workload}: {run.stderr[-2000:]}")
        return float(json.loads(run.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--only", help="one workload")
    arguments = parser.parse_args()
    peer = peer_python() if arguments.peer else None
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    print("\n| what | jobs | measured | to reach | experimaestro 2.7.0 |")
    print("|---|---|---|---|---|")
    for what, workload, jobs, unit, target, peer_jobs in ROWS:
        if arguments.only not in (None, workload):
            continue
        count = max(3, int(jobs * arguments.scale))
        found = measure(Path(sys.executable), workload, count)
        theirs = ""
        if peer is not None and peer_jobs:
            few = max(3, int(peer_jobs * arguments.scale))
            theirs = f"{measure(peer, workload, few):.2f} {unit} ({few} jobs)"
        row = (what, str(count), f"{found:.3g} {unit}", f"≤ {target} {unit}", theirs)
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()

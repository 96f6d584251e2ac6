"""How long mypy takes over generated configuration classes, with the plugin and without.

    uv run python packages/xpm-config/bench/typing_time.py [--classes 500] [--repeats 3]

Each time is that of a run without cache, in processor seconds; the smallest of the repeats counts.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CLASSES_A_MODULE = 50


def module(first: int, count: int) -> Iterator[str]:
    """The lines of a module of classes, each built once."""
    yield "from pathlib import Path"
    yield "from xpm_config import Config, Meta, Param, PathGenerator, Task, field"
    yield "class Base(Config):"
    yield "    seed: Param[int] = field(default=1)"
    for number in range(first, first + count):
        parent = f"Model{number - 1}" if number % 5 and number > first else "Base"
        yield f"class Model{number}({parent}):"
        yield f"    size{number}: Param[int]"
        yield f"    names{number}: Param[list[str]] = field(default_factory=list)"
        yield f"    rate{number}: Meta[float | None] = None"
        yield f"class Train{number}(Task):"
        yield f"    model: Param[Model{number}]"
        yield "    path: Meta[Path] = field(default_factory=PathGenerator('x'))"
        yield "    def execute(self) -> None:"
        yield f"        self.path.write_text(str(self.model.size{number}))"
        inherited = range(number - number % 5 if parent != "Base" else number, number + 1)
        sizes = ", ".join(f"size{n}=1" for n in inherited if n >= first)
        yield f"def run{number}() -> Train{number}:"
        yield f"    return Train{number}.C(model=Model{number}.C({sizes})).submit()"


def write_project(folder: Path, classes: int) -> None:
    """Writes modules that hold this many configuration classes."""
    models = classes // 2  # a model, and the task that trains it
    for first in range(0, models, CLASSES_A_MODULE):
        count = min(CLASSES_A_MODULE, models - first)
        text = "\n".join(module(first, count)) + "\n"
        (folder / f"generated_{first}.py").write_text(text, encoding="utf-8")


def seconds(folder: Path, *, plugin: bool) -> float:
    """The processor time of one run of mypy."""
    configuration = folder / "pyproject.toml"
    lines = '[tool.mypy]\nplugins = ["xpm_config.mypy"]\n' if plugin else "[tool.mypy]\n"
    configuration.write_text(lines, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", "--config-file", configuration, "."],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measures, and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, given.classes)
        runs = [
            (seconds(folder, plugin=True), seconds(folder, plugin=False))
            for _ in range(given.repeats)
        ]
    with_plugin, without = (min(times) for times in zip(*runs, strict=True))
    print(f"{given.classes} classes, {given.repeats} runs each, processor seconds")
    print(f"  without the plugin  {without:6.2f}")
    print(f"  with the plugin     {with_plugin:6.2f}   {with_plugin / without:.2f} times")


if __name__ == "__main__":
    main()

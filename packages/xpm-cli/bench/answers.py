"""How long commands take to answer, beside experimaestro 2.7.0 where it is installed.

    uv run packages/xpm-cli/bench/answers.py [--jobs 10000 100000] [--reference PYTHON]

Prints a table in Markdown: the median of some calls in processes of their own, CPU time (user and
system) and wall time. The workspaces are made for the occasion by our own recorder, in the format
that both programs read. `--reference` is the interpreter of an environment in which
`experimaestro==2.7.0` is installed; `XPM_COMPAT_PYTHON` by default.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from xpm_store.layout import Workspace
from xpm_store.recorders import RunRecorder
from xpm_store.records import JobStatus, SubmittedJob
from xpm_store.states import JobState, RunStatus

CALLS = 9
REFERENCE_CALLS = 3  # seconds each


@dataclass(frozen=True, slots=True)
class Cost:
    """Median costs of a command, in seconds."""

    cpu_s: float
    wall_s: float


def measure(argv: list[str], calls: int, env: dict[str, str] | None = None) -> Cost:
    """The median costs of a command; the first call, which fills caches, is left out."""
    cpu, wall = [], []
    for _ in range(calls + 1):
        before, start = os.times(), time.perf_counter()
        subprocess.run(
            argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=True
        )
        wall.append(time.perf_counter() - start)
        after = os.times()
        used = after.children_user + after.children_system
        cpu.append(used - before.children_user - before.children_system)
    return Cost(statistics.median(cpu[1:]), statistics.median(wall[1:]))


def make_jobs(folder: Path, number: int) -> None:
    """A workspace with one finished run of so many jobs."""
    workspace = Workspace(folder)
    folder.mkdir(parents=True, exist_ok=True)
    workspace.marker.touch()
    recorder = RunRecorder.create(workspace, "bench", hostname="here", environment={})
    for i in range(number):
        job = workspace.job("lab.fit", f"{i:064x}")
        job.path.mkdir(parents=True)
        recorder.job_submitted(
            SubmittedJob(job.job_id, job.task_id, {"n": i}, (), 0, time.time()), []
        )
        status = JobStatus.read_or_new(job)
        status.state = JobState.DONE
        status.write(job, durable=False)
        job.done.touch()
        recorder.job_state(job.job_id, job.task_id, JobState.DONE)
    recorder.complete(RunStatus.DONE)


def make_runs(folder: Path, number: int) -> None:
    """A workspace with so many experiments of one run and one job each."""
    workspace = Workspace(folder)
    folder.mkdir(parents=True, exist_ok=True)
    workspace.marker.touch()
    job = workspace.job("lab.fit", "0" * 64)
    job.path.mkdir(parents=True)
    job.done.touch()
    for i in range(number):
        recorder = RunRecorder.create(workspace, f"xp{i:04}", hostname="here", environment={})
        recorder.job_submitted(SubmittedJob(job.job_id, "lab.fit", {}, (), 0, time.time()), [])
        recorder.job_state(job.job_id, "lab.fit", JobState.DONE)
        recorder.complete(RunStatus.DONE)


def row(what: str, ours: list[str], theirs: list[str] | None) -> None:
    """Measure both, and print a line of the table."""
    mine = measure([sys.executable, "-m", "xpm_cli", *ours], CALLS)
    cells = [f"{mine.cpu_s * 1000:.0f} ms", f"{mine.wall_s * 1000:.0f} ms"]
    if theirs is None:
        cells += ["-", "-", "-"]
    else:
        # each in its own environment
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        other = measure(theirs, REFERENCE_CALLS, env)
        cells += [f"{other.cpu_s * 1000:.0f} ms", f"{other.wall_s * 1000:.0f} ms"]
        cells += [f"{other.cpu_s / mine.cpu_s:.0f} times less"]
    print(f"| {what} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--reference", default=os.environ.get("XPM_COMPAT_PYTHON"))
    options = parser.parse_args()

    def theirs(*argv: str) -> list[str] | None:
        return [options.reference, "-m", "experimaestro", *argv] if options.reference else None

    bare = measure([sys.executable, "-c", "pass"], CALLS)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores. A bare interpreter: ", end="")
    print(f"{bare.cpu_s * 1000:.0f} ms of CPU, {bare.wall_s * 1000:.0f} ms.\n")
    print("| what | CPU | wall | 2.7.0: CPU | wall | CPU |")
    print("|---|---|---|---|---|---|")
    row("`--help`", ["--help"], theirs("--help"))
    row("`jobs list --help`", ["jobs", "list", "--help"], None)
    with tempfile.TemporaryDirectory() as name:
        for number in options.jobs:
            folder = Path(name) / f"jobs-{number}"
            make_jobs(folder, number)
            at = ["--workdir", str(folder)]
            slow = number > 10_000  # minutes for 2.7.0
            row(
                f"`jobs list -c 20`, {number:,} jobs",
                ["jobs", "list", "-c", "20", *at],
                None if slow else theirs("jobs", *at, "list", "-c", "20"),
            )
        folder = Path(name) / "runs"
        make_runs(folder, options.runs)
        at = ["--workdir", str(folder)]
        row(
            f"`experiments list`, {options.runs:,} runs",
            ["experiments", "list", *at],
            theirs("experiments", *at, "list"),
        )


if __name__ == "__main__":
    main()

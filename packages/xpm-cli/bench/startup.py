"""How long commands take to answer, beside a bare interpreter.

    uv run packages/xpm-cli/bench/startup.py [--jobs 1000]

Prints the median of 15 calls: CPU time (user and system) and wall time, in milliseconds. The
workspace is made for the occasion: one run, with the given number of jobs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from xpm_store.layout import Workspace
from xpm_store.recorders import RunRecorder
from xpm_store.records import SubmittedJob
from xpm_store.states import JobState, RunStatus

CALLS = 15


def measure(argv: list[str]) -> tuple[float, float]:
    """Median CPU and wall time of a command, in milliseconds."""
    cpu, wall = [], []
    for _ in range(CALLS):
        before, start = os.times(), time.perf_counter()
        subprocess.run([sys.executable, *argv], stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        wall.append(time.perf_counter() - start)
        cpu.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    return statistics.median(cpu) * 1000, statistics.median(wall) * 1000


def make_workspace(folder: Path, jobs: int) -> None:
    """A workspace with one finished run."""
    workspace = Workspace(folder)
    recorder = RunRecorder.create(workspace, "bench", hostname="here", environment={})
    for i in range(jobs):
        job_id = f"{i:064x}"
        workspace.job("lab.fit", job_id).path.mkdir(parents=True)
        recorder.job_submitted(SubmittedJob(job_id, "lab.fit", {"n": i}, (), 0, time.time()), [])
        workspace.job("lab.fit", job_id).done.touch()
        recorder.job_state(job_id, "lab.fit", JobState.DONE)
    recorder.complete(RunStatus.DONE)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1000)
    count = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_workspace(folder, count)
        xpm = ["-m", "xpm_cli"]
        listing = [*xpm, "jobs", "list", "--workdir", name, "-c", "20"]
        subprocess.run([sys.executable, *listing], stdout=subprocess.DEVNULL, check=True)
        rows = {
            "bare interpreter": ["-c", "pass"],
            "--help": [*xpm, "--help"],
            "run-experiment --help": [*xpm, "run-experiment", "--help"],
            f"jobs list -c 20, {count} jobs": listing,
            "experiments list": [*xpm, "experiments", "list", "--workdir", name],
        }
        print(f"{'command':<32} {'CPU ms':>8} {'wall ms':>8}")
        for label, argv in rows.items():
            cpu, wall = measure(argv)
            print(f"{label:<32} {cpu:>8.0f} {wall:>8.0f}")


if __name__ == "__main__":
    main()

"""Schedulers, templates and jobs that are killed at random: nothing is lost nor run twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DRIVER = Path(__file__).parent / "killed_driver.py"
JOBS = int(os.environ.get("XPM_KILLED_JOBS", "60"))
"""`.ci/run` sets it to 1000."""


@contextmanager
def driving(root: Path) -> Iterator[subprocess.Popen[str]]:
    """The script runs, in a session of its own, for the length of the block."""
    with (root / "errors").open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, str(DRIVER), str(root), str(JOBS)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=root,
            env={**os.environ, "XPM_CONFIG_DIR": str(root / "config")},
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


class Processes:
    """The processes that descend from a scheduler, by what they are."""

    def __init__(self, scheduler: int) -> None:
        parents: dict[int, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                stat = (folder / "stat").read_text()
                parents[int(folder.name)] = int(stat.rsplit(")", 1)[1].split()[1])
        roots = {pid for pid, parent in parents.items() if parent == scheduler}
        below = {pid for pid, parent in parents.items() if parent in roots}
        branches = {pid for pid in below if not leads_session(pid)}
        self.templates = sorted(roots | branches)
        # Those of a branch, and those of the template itself
        candidates = {pid for pid, parent in parents.items() if parent in branches} | below
        self.jobs = sorted(pid for pid in candidates - branches if leads_session(pid))


def leads_session(pid: int) -> bool:
    with suppress(OSError):
        return os.getsid(pid) == pid
    return False


def pids_by_job(log: Path) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for line in log.read_text().splitlines():
        number, pid = line.split()
        found[number].add(int(pid))
    return found


def run_and_kill(root: Path, draw: random.Random, killed: set[int], kills: int) -> int:
    """Run the script, with some kills while it runs; how many there were."""
    with driving(root) as process:
        assert process.stdout is not None
        done = 0
        for line in process.stdout:
            if line.startswith("run:"):
                break
            if done >= kills or draw.random() < 0.5:
                continue
            done += 1
            now = Processes(process.pid)
            kind = draw.choice(["template", "job", "job", "scheduler"])
            if kind == "scheduler":
                process.kill()
                break
            victims = now.templates if kind == "template" else now.jobs
            if victims:
                victim = draw.choice(victims)
                killed.add(victim)
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
    return done


def test_whatever_is_killed_nothing_is_lost_and_nothing_runs_twice(tmp_path: Path) -> None:
    draw = random.Random(JOBS)
    killed: set[int] = set()
    kills = JOBS // 5
    for _ in range(kills):
        kills -= run_and_kill(tmp_path, draw, killed, min(kills, 6))
        if kills <= 0:
            break
    for _ in range(3):  # a job that was killed has failed, and runs again in the next run
        run_and_kill(tmp_path, draw, killed, 0)
    errors = (tmp_path / "errors").read_text()
    begun, ended = pids_by_job(tmp_path / "begun"), pids_by_job(tmp_path / "ended")
    assert sorted(map(int, ended)) == list(range(JOBS)), errors
    for number, pids in begun.items():
        survivors = pids - killed
        assert len(survivors) <= 1, (number, pids, killed)
        assert survivors <= ended[number], (number, pids, killed)
    done = list((tmp_path / "work" / "jobs").glob("*/*/*.done"))
    assert len(done) == JOBS, errors

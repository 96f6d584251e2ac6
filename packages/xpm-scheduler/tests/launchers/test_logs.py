from __future__ import annotations

import os
import time
from pathlib import Path

from xpm_scheduler.launchers.logs import open_log, rotate_logs
from xpm_store.layout import JobFolder

NOON = time.mktime((2026, 1, 31, 12, 0, 0, 0, 0, -1))


def folder(tmp_path: Path) -> JobFolder:
    job = JobFolder(tmp_path / "jobs" / "pkg.fit" / "ab")
    job.path.mkdir(parents=True)
    return job


def names(job: JobFolder) -> list[str]:
    return sorted(path.name for path in job.path.iterdir())


def test_the_logs_of_the_last_start_are_put_aside_under_the_time(tmp_path: Path) -> None:
    job = folder(tmp_path)
    job.stdout.write_text("out")
    job.stderr.write_text("err")
    rotate_logs(job, NOON)
    assert names(job) == ["fit.20260131120000.err", "fit.20260131120000.out"]


def test_empty_and_missing_logs_stay(tmp_path: Path) -> None:
    job = folder(tmp_path)
    job.stdout.touch()
    assert rotate_logs(job, NOON) == []
    assert names(job) == ["fit.out"]


def test_two_starts_within_a_second_lose_nothing(tmp_path: Path) -> None:
    job = folder(tmp_path)
    for text in ("one", "two", "three"):
        job.stdout.write_text(text)
        rotate_logs(job, NOON)
    kept = [(job.path / f"fit.2026013112000{n}.out").read_text() for n in range(3)]
    assert kept == ["one", "two", "three"]


def test_a_log_is_opened_empty_and_private_to_this_process(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old")
    descriptor = open_log(path)
    try:
        assert not os.get_inheritable(descriptor)
        os.write(descriptor, b"new")
    finally:
        os.close(descriptor)
    assert path.read_text() == "new"

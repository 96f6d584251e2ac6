"""Looking at the folder of a job: what `records` says, in the fewest calls for jobs that ended."""

from __future__ import annotations

import os
from pathlib import Path

from xpm_store.errors import StorageError
from xpm_store.jsontext import decode_line
from xpm_store.layout import JobFolder
from xpm_store.records import DiskState, JobStatus, job_state_on_disk
from xpm_store.states import JobState

__all__ = ["fingerprint", "look_at"]


def look_at(folder: JobFolder) -> DiskState:
    """`job_state_on_disk`, in two calls of the system for a job that ended well.

    Nine jobs in ten are such: reading them so makes an index 1.5 times as fast (`bench/run.py`).
    A folder that cannot be read says nothing: it is being removed, or it is someone else's.
    """
    path = os.fspath(folder.path)
    try:
        ended_at = os.stat(f"{path}/{folder.name}.done").st_mtime  # noqa: PTH116 - hot path
        status = _status(f"{path}/.experimaestro/status.json", folder)
        if status is not None and status.started_at is not None:
            return DiskState(
                JobState.DONE, is_marked=True, status=status, started_at=status.started_at,
                ended_at=ended_at,
            )  # fmt: skip
    except (OSError, ValueError):
        pass
    try:
        return job_state_on_disk(folder)
    except StorageError:
        return DiskState(None)


def fingerprint(folder: Path) -> str:
    """Changes when files of a job appear or vanish, or its record is written; empty: no folder."""
    path = os.fspath(folder)
    try:
        times = [os.stat(path).st_mtime_ns]  # noqa: PTH116 - half the time of Path.stat
    except OSError:
        return ""
    for name in (".experimaestro", ".experimaestro/status.json"):
        try:
            times.append(os.stat(f"{path}/{name}").st_mtime_ns)  # noqa: PTH116
        except OSError:
            times.append(0)
    return ":".join(map(str, times))


def _status(path: str, folder: JobFolder) -> JobStatus | None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(fd, 1 << 20)
    finally:
        os.close(fd)
    value = decode_line(data)
    if not isinstance(value, dict):
        return None
    status = JobStatus.from_json(value)
    status.job_id, status.task_id = folder.job_id, folder.task_id
    return status

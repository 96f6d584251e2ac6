"""Looking at the folder of a job: what `records` says, in the fewest calls for jobs that ended."""

from __future__ import annotations

import os
from pathlib import Path

from xpm_store.errors import StorageError
from xpm_store.jsontext import decode_line
from xpm_store.layout import JobFolder
from xpm_store.records import DiskState, JobStatus, job_state_on_disk
from xpm_store.records.fields import integer
from xpm_store.states import JobState
from xpm_store.times import read_time

__all__ = ["fingerprint", "is_marked", "look_at", "look_at_done"]

SMALL_BYTES = 4096
"""Room for nearly all records; asking for 1 MB costs as much as all the rest (`bench/run.py`)."""


def look_at(folder: JobFolder) -> DiskState:
    """`job_state_on_disk`; a folder that cannot be read says nothing.

    It is being removed, or it is someone else's.
    """
    try:
        return job_state_on_disk(folder)
    except StorageError:
        return DiskState(None)


def look_at_done(path: str, script_name: str) -> DiskState | None:
    """What `look_at` says of a job that ended well, in two files; None when it is not such a job.

    Nine jobs in ten are: reading them so makes an index twice as fast (`bench/run.py`). Of the
    record, only what `xpm_store.state.observe` takes is read.

    Args:
        path: The folder of the job.
        script_name: `JobFolder.name`.
    """
    try:
        ended_at = os.stat(f"{path}/{script_name}.done").st_mtime  # noqa: PTH116 - hot path
        record = _read_small(f"{path}/.experimaestro/status.json")
        value = decode_line(record)
    except (OSError, ValueError):
        return None
    if value.__class__ is not dict:
        return None
    get = value.get
    started_at = read_time(value, "started_time")
    if started_at is None:
        return None
    if get("progress") or get("carbon_metrics"):
        status = JobStatus.from_json(value)
    else:
        status = JobStatus(
            "",
            "",
            started_at=started_at,
            ended_at=read_time(value, "ended_time"),
            exit_code=integer(get("exit_code")),
            retry_count=integer(get("retry_count")) or 0,
        )
    return DiskState(
        JobState.DONE, is_marked=True, status=status, started_at=started_at, ended_at=ended_at
    )


def is_marked(path: str, task_id: str) -> bool:
    """Whether a job has the marker of an end, well or not."""
    name = task_id.rpartition(".")[2]
    return os.path.exists(f"{path}/{name}.done") or os.path.exists(  # noqa: PTH110 - hot path
        f"{path}/{name}.failed"
    )


def fingerprint(folder: str | Path) -> str:
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


def _read_small(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(fd, SMALL_BYTES)
        if len(data) == SMALL_BYTES:
            data += os.read(fd, 1 << 20)
    finally:
        os.close(fd)
    return data

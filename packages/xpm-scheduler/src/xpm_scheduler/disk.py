"""What the scheduler reads and writes in the folder of a job: its state, its files, its end."""

from __future__ import annotations

import logging
import os
import signal as signals
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_store import dynamic_locks
from xpm_store.atomic import replace_json
from xpm_store.errors import DamagedRecord
from xpm_store.layout import JobFolder
from xpm_store.locks import FileLock
from xpm_store.records import (
    Failure,
    JobStatus,
    ProcessRecord,
    process_is_alive,
)
from xpm_store.states import FailureReason, JobState

from xpm_scheduler.core import OnDisk

if TYPE_CHECKING:
    from xpm_scheduler.job import Job
    from xpm_scheduler.launchers.base import Exit

__all__ = ["Ending", "JobOnDisk", "look", "mark_failed", "prepare", "read_marker"]

logger = logging.getLogger("xpm.scheduler")

PARAMS_VERSION = 3


@dataclass(frozen=True, slots=True)
class JobOnDisk:
    """What a look at the folder of a job told; `process` is there when it runs."""

    what: OnDisk
    process: ProcessRecord | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended; without `reason`, it is done."""

    reason: FailureReason | None
    code: int | None = None
    message: str | None = None


def look(folder: JobFolder) -> JobOnDisk:
    """Where a job stands, as far as the scheduler is concerned.

    A process of another host, that cannot be checked from here, does not count as alive: the
    lock of the job, that it holds while it runs, decides.

    Complexity: one look at the marker for a job that is done, two for a new one.
    """
    base = f"{folder.path}/{folder.name}"
    if _exists(f"{base}.done"):
        return JobOnDisk(OnDisk.DONE)
    if not _exists(f"{base}.pid"):
        return JobOnDisk(OnDisk.NOT_DONE)
    process = _live_process(folder)
    if process is not None:
        return JobOnDisk(OnDisk.RUNNING, process)
    return JobOnDisk(OnDisk.NOT_DONE)


def retries_on_disk(folder: JobFolder) -> int:
    """How many times the job had been started again, as its last scheduler wrote."""
    return JobStatus.read_or_new(folder).retry_count


def read_marker(folder: JobFolder) -> Ending | None:
    """How the job ended, as its marker says; None without a marker."""
    if _exists(folder.done):
        return Ending(None, 0)
    failure = Failure.read(folder)
    if failure is None:
        return None
    return Ending(failure.reason, failure.code, failure.message)


def prepare(job: Job, retry: int) -> None:
    """Makes the folder ready for a process: no marker, the record, the parameters.

    Concurrency: the caller holds `N.lock`, and has looked at the state since.
    """
    folder = job.folder
    folder.failed.unlink(missing_ok=True)
    folder.pid.unlink(missing_ok=True)
    status = JobStatus.read_or_new(folder)
    status.path = str(folder.path)
    status.state = status.scheduler_state = JobState.SCHEDULED
    status.reason = status.scheduler_reason = None
    status.started_at = status.ended_at = status.exit_code = None
    status.retry_count = retry
    status.resumable = job.resumable
    status.progress = []
    status.process = None
    status.write(folder, durable=False)
    if not job.demands:
        dynamic_locks.remove(folder)  # what an earlier start needed is not needed any more
    write_parameters(job)


def write_parameters(job: Job) -> None:
    """Writes `params.json`.

    Concurrency: the caller holds `N.lock`.
    """
    from xpm_config.serialization import task_definitions  # lazy: only jobs that start need it

    folder, workspace = job.folder, job.workspace.path
    params: dict[str, Any] = {
        "workspace": str(workspace),
        "version": PARAMS_VERSION,
        "experimaestro": _version(),
        "tags": job.tags,  # our addition: what the job finds in `__tags__`
        "objects": task_definitions(job.config, job=folder.path, workspace=workspace),
    }
    # Not flushed to the disk, which takes 9 ms of the loop (18 ms on a busy machine): after a crash
    # of the machine no process is there, and the job is started with new files.
    replace_json(folder.params, params, durable=False)


def mark_failed(folder: JobFolder, ending: Ending, signal: int | None = None) -> None:
    """Writes the marker of a job whose process left none, and its record.

    Concurrency: the caller holds `N.lock`.
    """
    reason = ending.reason or FailureReason.FAILED
    code = 1 if ending.code is None else ending.code
    Failure(code, reason, ending.message, signal).write(folder)
    folder.pid.unlink(missing_ok=True)
    status = JobStatus.read_or_new(folder)
    status.state = status.scheduler_state = JobState.ERROR
    status.reason = status.scheduler_reason = reason
    status.exit_code = ending.code
    status.ended_at = time.time()
    status.process = None
    status.write(folder, durable=False)


def ending_without_marker(exit: Exit) -> Ending:
    """What is to be said of a job whose process ended without a word."""
    reason = exit.reason or FailureReason.FAILED
    if exit.signal is not None:
        message = f"the process was killed by {_signal_name(exit.signal)}"
        if exit.signal == signals.SIGKILL and exit.reason is None:
            message += " (by a person, or because memory was short)"
        return Ending(reason, 128 + exit.signal, message)
    if exit.code is None:
        return Ending(reason, None, "the process ended and left no marker")
    message = f"the process left with exit code {exit.code} before the task was over"
    return Ending(reason, exit.code, message)


def lock_of(folder: JobFolder) -> FileLock:
    """The lock held while the job is started, then by its process while it runs."""
    return FileLock(folder.lock)


def _live_process(folder: JobFolder) -> ProcessRecord | None:
    try:
        record = ProcessRecord.read(folder)
    except DamagedRecord as problem:
        logger.warning("%s: taken for a job without process", problem)
        return None
    if record is None:
        return None
    # None: nobody can tell without its launcher (SLURM), or from here (another host)
    alive = process_is_alive(record)
    if alive is None and record.type != "local":
        return record
    return record if alive else None


def _exists(path: Path | str) -> bool:
    try:
        os.stat(path)  # noqa: PTH116 - ten thousand of them at the start of a run
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _signal_name(number: int) -> str:
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _version() -> str:
    from xpm_scheduler import __version__  # lazy: the package imports this module

    return __version__

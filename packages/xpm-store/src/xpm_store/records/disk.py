"""The state of a job as its folder shows it: markers first, then the process, then the record."""

from __future__ import annotations

from dataclasses import dataclass

from xpm_store.errors import DamagedRecord
from xpm_store.layout import JobFolder
from xpm_store.records.jobs import Failure, JobStatus, ProcessRecord
from xpm_store.states import FailureReason, JobState

__all__ = ["DiskState", "job_state_on_disk", "process_is_alive"]


@dataclass(frozen=True, slots=True)
class DiskState:
    """What the folder of a job says.

    Attributes:
        state: Where the job stands; None when the folder says nothing (no marker, no process, no
            record): the run knows better.
        reason: Why it failed.
        is_marked: A marker says so: nothing outweighs it.
        process: Its process, when there is a pid file.
        alive: Whether that process lives; None when it cannot be told from here.
        failure: The content of the marker of a failed job.
        status: The record of the job.
        started_at: Seconds since 1970; from `params.json` when the record is missing.
        ended_at: Seconds since 1970; the time of the marker when there is one.
        problems: Files that could not be understood.
    """

    state: JobState | None
    reason: FailureReason | None = None
    is_marked: bool = False
    process: ProcessRecord | None = None
    alive: bool | None = None
    failure: Failure | None = None
    status: JobStatus | None = None
    started_at: float | None = None
    ended_at: float | None = None
    problems: tuple[DamagedRecord, ...] = ()


def process_is_alive(record: ProcessRecord) -> bool | None:
    """Whether the process of a job lives; None when this machine cannot tell."""
    owner = record.owner
    return None if owner is None else owner.is_alive()


def job_state_on_disk(folder: JobFolder) -> DiskState:
    """Reads the state of a job from its folder; changes nothing.

    `.done` and `.failed` outweigh everything. Without them, a living process (or one that cannot
    be checked from here) is running; a dead one has failed; a record that says the job ended,
    without marker and process, means that its outputs are gone.
    """
    problems: list[DamagedRecord] = []
    status = _read_status(folder, problems)
    started_at = status.started_at if status else None
    if started_at is None:
        started_at = _mtime(folder, "params")
    ended_at = _mtime(folder, "done")
    if ended_at is not None:
        return DiskState(
            JobState.DONE, None, True, None, None, None, status, started_at, ended_at,
            tuple(problems),
        )  # fmt: skip
    failure = Failure.read(folder)
    if failure is not None:
        return DiskState(
            JobState.ERROR, failure.reason, True, None, None, failure, status, started_at,
            _mtime(folder, "failed"), tuple(problems),
        )  # fmt: skip
    process = _read_process(folder, problems)
    state, reason, alive = _unmarked(status, process)
    if state is not JobState.ERROR and status is None:
        started_at = None if process is None else started_at
    return DiskState(
        state, reason, False, process, alive, None, status, started_at,
        status.ended_at if status else None, tuple(problems),
    )  # fmt: skip


def _unmarked(
    status: JobStatus | None, process: ProcessRecord | None
) -> tuple[JobState | None, FailureReason | None, bool | None]:
    """State, reason and life of the process of a job without marker."""
    recorded = status.state if status else None
    if process is not None:
        alive = process_is_alive(process)
        if alive is False:
            return JobState.ERROR, FailureReason.FAILED, alive
        active = recorded is not None and recorded.running()
        return (recorded if active else JobState.RUNNING), None, alive
    if status is None or recorded is None:
        return None, None, None
    if recorded is JobState.DONE:
        return JobState.ERROR, FailureReason.MISSING_OUTPUTS, None
    if recorded is JobState.ERROR:
        reason = status.reason or status.scheduler_reason or FailureReason.FAILED
        return recorded, reason, None
    if status.scheduler_state is JobState.ERROR:  # a dependency failed: never started
        return JobState.ERROR, status.scheduler_reason, None
    return (None if recorded is JobState.UNSCHEDULED else recorded), None, None


def _read_status(folder: JobFolder, problems: list[DamagedRecord]) -> JobStatus | None:
    try:
        return JobStatus.read(folder)
    except DamagedRecord as problem:
        problems.append(problem)
        return None


def _read_process(folder: JobFolder, problems: list[DamagedRecord]) -> ProcessRecord | None:
    try:
        return ProcessRecord.read(folder)
    except DamagedRecord as problem:
        problems.append(problem)
        return None


def _mtime(folder: JobFolder, name: str) -> float | None:
    try:
        mtime: float = getattr(folder, name).stat().st_mtime
    except OSError:
        return None
    return mtime

"""What the index answers with: one frozen record per row; times in seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xpm_store.errors import DamagedRecord
from xpm_store.records import LevelProgress
from xpm_store.states import FailureReason, JobState, RunStatus

__all__ = ["CarbonRow", "ExperimentRow", "JobRow", "PageKey", "RunRow", "SyncReport"]


@dataclass(frozen=True, slots=True)
class PageKey:
    """Where a page ended: give it as `after` to get the next one."""

    submitted_at: float
    row: int


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job, as a run shows it.

    Attributes:
        experiment_id: The experiment of the run; empty for a job that no run lists.
        has_folder: Whether its folder is there: a job that was removed keeps what its run says.
        retry_count: How many executions of a resumable task failed.
        key: Its place in the list.
    """

    job_id: str
    task_id: str
    state: JobState
    reason: FailureReason | None
    tags: Mapping[str, Any]
    submitted_at: float | None
    started_at: float | None
    ended_at: float | None
    exit_code: int | None
    progress: tuple[LevelProgress, ...]
    retry_count: int
    depends_on: tuple[str, ...]
    experiment_id: str
    run_id: str
    path: Path
    has_folder: bool
    key: PageKey


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of an experiment.

    Attributes:
        status: A run that was killed, or whose jobs failed, is `failed`.
        is_interrupted: It was killed: its record says it runs, but nobody holds its lock.
        is_current: It is the latest run of its experiment.
    """

    experiment_id: str
    run_id: str
    status: RunStatus
    is_interrupted: bool
    is_current: bool
    hostname: str | None
    started_at: float | None
    ended_at: float | None
    run_tags: tuple[str, ...]
    counts: Mapping[JobState, int]
    total: int


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """An experiment: its current run, and how many runs it has."""

    experiment_id: str
    run_id: str
    status: RunStatus
    hostname: str | None
    started_at: float | None
    ended_at: float | None
    counts: Mapping[JobState, int]
    total: int
    runs: int


@dataclass(frozen=True, slots=True)
class CarbonRow:
    """What one execution of a job used."""

    job_id: str
    task_id: str
    started_at: float | None
    ended_at: float | None
    co2_kg: float
    energy_kwh: float
    duration_s: float
    region: str


@dataclass(slots=True)
class SyncReport:
    """What a `sync` did.

    Attributes:
        runs: Runs that were read again, in part or whole.
        jobs: Jobs whose folder was read.
        events: Events that were folded.
        changes: Rows that were written.
        looked_at: Files and folders whose size or time was asked for.
        listed: Folders that were listed.
        problems: Files and lines that could not be understood.
    """

    runs: int = 0
    jobs: int = 0
    events: int = 0
    changes: int = 0
    looked_at: int = 0
    listed: int = 0
    problems: list[DamagedRecord] = field(default_factory=list)

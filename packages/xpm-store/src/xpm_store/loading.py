"""A run or a job put together from all its files: the plain way to read, without an index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xpm_store import locks
from xpm_store.errors import DamagedRecord
from xpm_store.events import Event, EventReader, Position, event_files
from xpm_store.layout import JobFolder, RunFolder
from xpm_store.records import (
    Environment,
    JobStatus,
    RunState,
    job_state_on_disk,
    read_submitted_jobs,
)
from xpm_store.state import JobView, RunView, fold, observe, settle, start_job, start_run
from xpm_store.states import JobState, RunStatus

__all__ = ["LoadedRun", "load_job", "load_run"]


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run, and the files or lines that could not be understood."""

    view: RunView
    problems: list[DamagedRecord]


def load_job(folder: JobFolder) -> tuple[JobView, list[DamagedRecord]]:
    """Where a job stands, from its folder and events alone; changes nothing."""
    disk = job_state_on_disk(folder)
    status = disk.status or JobStatus(folder.job_id, folder.task_id)
    events, problems = _job_events(folder, status)
    view = observe(fold(events, start_job(status)), disk)
    return view, [*disk.problems, *problems]


def load_run(run: RunFolder, *, is_locked: bool | None = None) -> LoadedRun:
    """Where a run and its jobs stand; changes nothing.

    A record that is missing, damaged or incomplete (2.x leaves out the reason of dependency
    failures, transient jobs, actions of killed runs) is completed from the list of jobs and the
    permanent events.

    Args:
        run: The folder of the run.
        is_locked: Whether its scheduler holds its lock; None asks the lock (which the caller, if
            it holds it, must not do).

    Complexity: a few files per job.
    """
    submitted, problems = read_submitted_jobs(run)
    state = _run_state(run, problems)
    view = start_run(state, submitted.values())
    if state.events_count is not None or problems or _is_incomplete(view):
        read = EventReader(lambda: event_files(run), Position(state.events_count or 0)).read()
        problems += read.problems
        view = fold(read.events, view)
    workspace = run.experiment.workspace
    for job_id, job in view.jobs.items():
        folder = workspace.job(job.task_id, job_id)
        disk = job_state_on_disk(folder)
        problems += disk.problems
        if not disk.is_marked and (disk.process is not None or disk.status is not None):
            status = disk.status or JobStatus(job_id, job.task_id)
            events, more = _job_events(folder, status)
            problems += more
            job = fold(events, job)
        has_folder = disk.state is not None or folder.path.is_dir()
        view.jobs[job_id] = observe(job, disk, has_folder=has_folder)
    if is_locked is None:
        is_locked = run.experiment.current_run() == run and locks.is_locked(run.experiment.lock)
    return LoadedRun(settle(view, is_locked=is_locked), problems)


def _run_state(run: RunFolder, problems: list[DamagedRecord]) -> RunState:
    """The record of a run, or what the other files tell of it."""
    try:
        state = RunState.read(run)
        if state is not None:
            return state
    except DamagedRecord as problem:
        problems.append(problem)
    state = RunState(run.experiment_id, run.run_id, events_count=0)
    try:
        environment = Environment.read(run)
    except DamagedRecord as problem:
        problems.append(problem)
        environment = None
    if environment is not None:
        state.status = environment.status or RunStatus.RUNNING
        state.hostname = environment.hostname
        state.started_at, state.ended_at = environment.started_at, environment.ended_at
    return state


def _is_incomplete(view: RunView) -> bool:
    return view.status is RunStatus.RUNNING or any(
        job.scheduler_state is JobState.UNSCHEDULED for job in view.jobs.values()
    )


def _job_events(
    folder: JobFolder, status: JobStatus
) -> tuple[Iterable[Event], list[DamagedRecord]]:
    """The events that the record of a job does not tell."""
    if status.events_count is None:
        return [], []
    read = EventReader(lambda: event_files(folder), Position(status.events_count)).read()
    return read.events, read.problems

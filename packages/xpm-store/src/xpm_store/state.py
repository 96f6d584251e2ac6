"""`fold(events) -> state`: the only place where the state of runs and jobs is computed.

Pure: nothing is read, and what is given is not changed. Two sources speak of a job: its scheduler
(through the run) and its own process; `JobView` keeps both and says which one to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, overload

from xpm_store.events import (
    ActionAdded,
    CarbonMeasured,
    Event,
    JobChanged,
    JobInRunChanged,
    JobProgressed,
    RunCompleted,
    ServiceAdded,
)
from xpm_store.records import (
    Action,
    CarbonTotals,
    DiskState,
    JobStatus,
    LevelProgress,
    RunState,
    Service,
    SubmittedJob,
)
from xpm_store.states import FailureReason, JobState, RunStatus

__all__ = [
    "JobView",
    "Reducer",
    "RunView",
    "fold",
    "has_failed",
    "observe",
    "settle",
    "start_job",
    "start_run",
]

REMOVED_AFTER_RUN = 2
"""The value of `transient` of a job whose folder is removed when its run ends well."""


@dataclass(slots=True)
class JobView:
    """Where a job stands; times in seconds since 1970. Not to be changed by those who read it.

    Attributes:
        state: What to show, from the two below.
        reason: Why it failed.
        scheduler_state: What the scheduler said last, and `scheduler_at`, when.
        execution_state: What the process of the job said last, and `execution_at`, when.
        is_marked: A marker in the job's folder says `state`: nothing outweighs it.
    """

    job_id: str
    task_id: str
    state: JobState = JobState.UNSCHEDULED
    reason: FailureReason | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    transient: int = 0
    submitted_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    retry_count: int = 0
    progress: tuple[LevelProgress, ...] = ()
    carbon: CarbonTotals | None = None
    scheduler_state: JobState = JobState.UNSCHEDULED
    scheduler_reason: FailureReason | None = None
    scheduler_at: float = 0.0
    execution_state: JobState = JobState.UNSCHEDULED
    execution_reason: FailureReason | None = None
    execution_at: float = 0.0
    is_marked: bool = False

    def __copy__(self) -> JobView:
        """A shallow copy, four times as fast as that of the standard library."""
        twin = JobView.__new__(JobView)
        for name in JobView.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin


@dataclass(slots=True)
class RunView:
    """Where a run of an experiment stands. Not to be changed by those who read it.

    Attributes:
        status: What to show: a run that was killed, or whose jobs failed, is `failed` (`settle`).
        is_interrupted: It was killed: its record says it runs, but nobody holds its lock.
        jobs: By identifier, in the order of submission.
    """

    experiment_id: str
    run_id: str
    status: RunStatus = RunStatus.RUNNING
    is_interrupted: bool = False
    hostname: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    run_tags: tuple[str, ...] = ()
    jobs: dict[str, JobView] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)

    def counts(self) -> Counter[JobState]:
        """How many jobs are in each state."""
        return Counter(job.state for job in self.jobs.values())


def start_job(status: JobStatus) -> JobView:
    """The view of a job from its record, before the events that follow the record."""
    at = status.ended_at or status.started_at or 0.0
    job = JobView(
        status.job_id,
        status.task_id,
        started_at=status.started_at,
        ended_at=status.ended_at,
        exit_code=status.exit_code,
        retry_count=status.retry_count,
        progress=tuple(status.progress),
        carbon=status.carbon,
        scheduler_state=status.scheduler_state,
        scheduler_reason=status.scheduler_reason,
        scheduler_at=at,
        execution_state=status.state,
        execution_reason=status.reason,
        execution_at=at,
    )
    _show(job)
    return job


def start_run(state: RunState, submitted: Iterable[SubmittedJob]) -> RunView:
    """The view of a run from its record and its list of jobs, before the events that follow."""
    run = RunView(
        state.experiment_id,
        state.run_id,
        state.status,
        hostname=state.hostname,
        started_at=state.started_at,
        ended_at=state.ended_at,
        run_tags=tuple(state.run_tags),
        actions=dict(state.actions),
        services=dict(state.services),
    )
    at = state.last_updated or state.ended_at or state.started_at or 0.0
    for item in submitted:
        said = state.job_states.get(item.job_id)
        job = JobView(
            item.job_id,
            item.task_id,
            tags=item.tags,
            depends_on=item.depends_on or state.dependencies.get(item.job_id, ()),
            transient=item.transient,
            submitted_at=item.timestamp or None,
        )
        if said is not None:
            job.scheduler_state, job.scheduler_reason = said
            job.scheduler_at = at
            _show(job)
        run.jobs[item.job_id] = job
    return run


@overload
def fold(events: Iterable[Event], start: RunView) -> RunView: ...
@overload
def fold(events: Iterable[Event], start: JobView) -> JobView: ...
def fold(events: Iterable[Event], start: RunView | JobView) -> RunView | JobView:
    """The state after some events, from the state before them; `start` is not changed.

    Events of another run, or of a job that is not there, are skipped. Folding in several steps
    gives the same as in one.

    Complexity: the number of events, plus a shallow copy of the jobs.
    """
    if isinstance(start, JobView):
        return _fold_job(events, start)
    reducer = Reducer(start)
    reducer.add(events)
    return reducer.view


class Reducer:
    """`fold` for someone who adds events for a long time, such as the recorder of a run.

    Concurrency: one thread at a time.
    """

    def __init__(self, start: RunView) -> None:
        """Begins from a state, which is not changed."""
        self._run = copy(start)
        self._own: dict[str, JobView] = {}  # views made here: the others belong to someone else
        self._disown()

    @property
    def view(self) -> RunView:
        """The state now; later events do not change it.

        Complexity: a shallow copy of the jobs at the next event.
        """
        self._is_shared = True
        return self._run

    @property
    def status(self) -> RunStatus:
        """The status of the run, as the events say."""
        return self._run.status

    def job(self, job_id: str) -> JobView | None:
        """The state of a job, until the next event; None when it is not of the run."""
        return self._run.jobs.get(job_id)

    def add(self, events: Iterable[Event]) -> None:
        """Adds events; those of another run, or of a job that is not there, are skipped.

        Complexity: the number of events.
        """
        if self._is_shared:
            self._run = copy(self._run)
            self._disown()
        run, own, jobs = self._run, self._own, self._run.jobs
        for event in events:
            kind = event.__class__
            on_job = _ON_JOB.get(kind)
            if on_job is None:
                _ON_RUN[kind](run, event)
                continue
            if kind is JobInRunChanged and _is_of_another_run(event, run):
                continue
            job_id = event.job_id  # type: ignore[union-attr]
            job = own.get(job_id)
            if job is None:
                known = jobs.get(job_id)
                if known is not None:
                    job = copy(known)
                elif kind is JobInRunChanged:
                    job = JobView(job_id, event.task_id)  # type: ignore[union-attr]
                else:
                    continue
                own[job_id] = jobs[job_id] = job
            on_job(job, event)

    def _disown(self) -> None:
        """Makes the containers ours; the views of jobs are copied when they change."""
        run = self._run
        run.jobs, run.actions, run.services = dict(run.jobs), dict(run.actions), dict(run.services)
        self._own.clear()
        self._is_shared = False


def observe(view: JobView, disk: DiskState, *, has_folder: bool = True) -> JobView:
    """The view of a job, once its folder was looked at: markers outweigh what was said.

    Args:
        view: What was said.
        disk: What the folder says.
        has_folder: Whether there is a folder: without one, a job that is done was deleted, unless
            it is one whose folder is removed after its run.
    """
    if disk.state is None:
        if has_folder or view.state is not JobState.DONE or view.transient == REMOVED_AFTER_RUN:
            return view
        job = copy(view)
        job.state, job.reason = JobState.ERROR, FailureReason.DELETED
        return job
    job = copy(view)
    status = disk.status
    if status is not None:
        job.retry_count = max(job.retry_count, status.retry_count)
        job.exit_code = status.exit_code if status.exit_code is not None else job.exit_code
        job.carbon = job.carbon or status.carbon
        job.progress = job.progress or tuple(status.progress)
    if disk.failure is not None and job.exit_code is None:
        job.exit_code = disk.failure.code
    job.started_at = job.started_at or disk.started_at
    if disk.is_marked:
        job.is_marked = True
        job.state, job.reason = disk.state, disk.reason
        if job.ended_at is None or (job.started_at or 0.0) > job.ended_at:
            job.ended_at = (status.ended_at if status else None) or disk.ended_at
        return job
    if disk.process is not None:
        job.execution_state, job.execution_reason = disk.state, disk.reason
        job.state, job.reason = disk.state, disk.reason
    elif _folder_knows_better(job, disk):
        job.state, job.reason = disk.state, disk.reason
    return job


def settle(run: RunView, *, is_locked: bool) -> RunView:
    """The view of a run, once its lock was looked at and its jobs were observed.

    Args:
        run: The view.
        is_locked: Whether someone holds the lock of the experiment *and* this is its latest run.
    """
    settled = copy(run)
    if run.status is RunStatus.RUNNING and not is_locked:
        settled.status, settled.is_interrupted = RunStatus.FAILED, True
    elif run.status is RunStatus.DONE and any(has_failed(job) for job in run.jobs.values()):
        settled.status = RunStatus.FAILED
    return settled


def has_failed(job: JobView) -> bool:
    """Whether a job makes its run fail: one that was deleted later does not."""
    return job.state.is_error() and job.reason is not FailureReason.DELETED


def _fold_job(events: Iterable[Event], start: JobView) -> JobView:
    job = copy(start)
    for event in events:
        on_job = _ON_JOB.get(event.__class__)
        if on_job is not None and event.job_id == job.job_id:  # type: ignore[union-attr]
            on_job(job, event)
    return job


def _folder_knows_better(job: JobView, disk: DiskState) -> bool:
    """Whether a folder without marker nor process outweighs what the run says."""
    if job.state is JobState.DONE:
        return disk.reason is FailureReason.MISSING_OUTPUTS
    if job.state is JobState.ERROR:
        return job.reason is None and disk.state is JobState.ERROR
    return job.state is JobState.UNSCHEDULED


def _show(job: JobView) -> None:
    """Chooses what to show: the farther of the two views, unless the other one is a new try."""
    said, done = job.scheduler_state, job.execution_state
    if said is JobState.UNSCHEDULED and done is JobState.UNSCHEDULED:
        job.state, job.reason = said, None
        return
    said_rank, done_rank = said.rank, done.rank
    if done_rank == 5 and said_rank != 5:
        use_scheduler = job.scheduler_at > job.execution_at
    elif said_rank == 5 and done_rank != 5:
        use_scheduler = done_rank == 0 or job.scheduler_at >= job.execution_at
    elif said_rank == 5 and job.scheduler_reason is None and job.execution_reason is not None:
        use_scheduler = said is not done and job.scheduler_at > job.execution_at
    elif said_rank == 5 and said is not done:
        use_scheduler = job.scheduler_at >= job.execution_at
    else:
        use_scheduler = said_rank >= done_rank
    if use_scheduler:
        job.state, job.reason = said, job.scheduler_reason
    else:
        job.state, job.reason = done, job.execution_reason


def _on_job_in_run(job: JobView, event: JobInRunChanged) -> None:
    state = event.state
    if state is None:
        job.tags = event.tags or job.tags
        job.depends_on = event.depends_on or job.depends_on
        job.submitted_at = event.submitted_at or event.timestamp or job.submitted_at
        state = JobState.UNSCHEDULED
    if event.task_id:
        job.task_id = event.task_id
    job.scheduler_state, job.scheduler_reason = state, event.reason
    job.scheduler_at = event.timestamp
    _show(job)


def _on_job_changed(job: JobView, event: JobChanged) -> None:
    state = event.state
    if state is JobState.RUNNING and event.started_at is not None:
        job.started_at, job.ended_at, job.exit_code = event.started_at, None, None
        job.progress = ()
    if event.ended_at is not None:
        job.ended_at = event.ended_at
    if event.exit_code is not None:
        job.exit_code = event.exit_code
    if event.retry_count > job.retry_count:
        job.retry_count = event.retry_count
    job.execution_state, job.execution_reason = state, event.reason
    job.execution_at = event.timestamp
    _show(job)


def _on_progress(job: JobView, event: JobProgressed) -> None:
    """Cuts the list to the level, fills what is missing with 0, sets the level."""
    level, levels = event.level, job.progress
    if len(levels) <= level:
        levels += tuple(LevelProgress(n, 0.0) for n in range(len(levels), level + 1))
    desc = event.desc or levels[level].desc
    job.progress = (*levels[:level], LevelProgress(level, event.progress, desc))


def _on_carbon(job: JobView, event: CarbonMeasured) -> None:
    job.carbon = CarbonTotals(
        event.co2_kg,
        event.energy_kwh,
        event.cpu_power_w,
        event.gpu_power_w,
        event.ram_power_w,
        event.duration_s,
        event.region,
        event.is_final,
        event.written,
    )


def _is_of_another_run(event: Any, run: RunView) -> bool:
    """Old event files may hold lines of several runs; an empty run id means any."""
    return bool(event.run_id and run.run_id and event.run_id != run.run_id)


def _on_action(run: RunView, event: ActionAdded) -> None:
    if not _is_of_another_run(event, run):
        run.actions[event.action_id] = Action(
            event.action_id, event.description, event.action_class
        )


def _on_service(run: RunView, event: ServiceAdded) -> None:
    if not _is_of_another_run(event, run):
        known = run.services.get(event.service_id)
        extra = dict(known.extra) if known else {}
        if event.state:
            told = {"state": event.state, "url": event.url, "error": event.error}
            extra.update(told)
        run.services[event.service_id] = Service(
            event.service_id,
            event.description,
            event.service_class,
            event.state_dict,
            extra,
        )


def _on_completed(run: RunView, event: RunCompleted) -> None:
    if not _is_of_another_run(event, run):
        run.status = event.status
        run.ended_at = event.ended_at or event.timestamp


_ON_JOB: dict[type[Any], Callable[[JobView, Any], None]] = {
    JobInRunChanged: _on_job_in_run,
    JobChanged: _on_job_changed,
    JobProgressed: _on_progress,
    CarbonMeasured: _on_carbon,
}
_ON_RUN: dict[type[Any], Callable[[RunView, Any], None]] = {
    ActionAdded: _on_action,
    ServiceAdded: _on_service,
    RunCompleted: _on_completed,
}

"""What the scheduler writes about one run: its jobs, their states, how it ended."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Self

from xpm_store import fs
from xpm_store.atomic import LineAppender, replace_link
from xpm_store.errors import DamagedRecord, RunExists, StorageError
from xpm_store.events.files import EVENTS_PER_FILE, EventWriter
from xpm_store.events.kinds import (
    ActionAdded,
    JobInRunChanged,
    RunCompleted,
    RunEvent,
    ServiceAdded,
)
from xpm_store.layout import ExperimentFolder, RunFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders.recovery import recover_killed_runs
from xpm_store.recorders.run_record import take_view
from xpm_store.records.runs import LOCK_TIMEOUT_S, Environment, RunState, SubmittedJob
from xpm_store.state import Reducer, RunView, settle
from xpm_store.states import FailureReason, JobState, RunStatus
from xpm_store.versions import require_runnable

__all__ = ["RunRecorder"]

_IMPORTANT = frozenset({JobState.SCHEDULED, JobState.RUNNING, JobState.DONE, JobState.ERROR})
"""States that are written at once: something outside this process depends on them."""

_STAMP = re.compile(r"\d{8}_\d{6}")
_MAX_VARIANTS = 100_000

_BATCH = 256
"""Lines kept in memory at most; a run that is killed loses jobs that were not even started."""


class RunRecorder:
    """Writes the files of one run; whoever uses it holds the lock of the experiment.

    Submissions and minor states are kept in memory and written in batches: by `flush`, by a
    state that matters (scheduled, running, done, error) and every 256 lines. A batch that the
    file system refuses is kept, and goes with the next one.

    Durability: what was flushed survives the end of the process; after `complete`, that of the
    machine.
    Concurrency: any thread.
    Complexity: a constant amount of work per call, over a run; memory in proportion to its jobs.
    """

    def __init__(
        self,
        run: RunFolder,
        state: RunState,
        environment: Environment,
        clock: Callable[[], float],
    ) -> None:
        """Opens the files of a run; use `create`."""
        self.run = run
        self._clock = clock
        self._state = state
        self._environment = environment
        self._lock = threading.RLock()
        self._reducer = Reducer(
            RunView(
                run.experiment_id,
                run.run_id,
                hostname=state.hostname,
                started_at=state.started_at,
            )
        )
        self._jobs: dict[str, SubmittedJob] = {}
        self._pending_jobs: list[SubmittedJob] = []
        self._pending_objects: list[dict[str, Any]] = []
        self._pending_links: deque[SubmittedJob] = deque()
        self._pending_events: list[RunEvent] = []
        self._completed = False
        self._jobs_file = LineAppender(run.jobs_jsonl)
        self._objects_file = LineAppender(run.objects_jsonl)
        assert state.events_count is not None
        self._events = EventWriter(
            run.live_event,
            run.archived_event,
            first=state.events_count,
            on_open=self._write_state_before,
            # the state written then is as large as the run: so must be what comes between
            events_per_file=lambda: max(EVENTS_PER_FILE, len(self._jobs)),
        )

    @classmethod
    def create(
        cls,
        workspace: Workspace,
        experiment_id: str,
        *,
        hostname: str | None,
        environment: Mapping[str, Any],
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Begins a run: its folder, its first records, the link `current`.

        Earlier runs that were killed are closed first: nobody else holds the experiment.

        Args:
            workspace: Marked as a workspace, if it is not.
            experiment_id: The name of the experiment.
            hostname: Where it runs.
            environment: `python_version`, `packages`… for `environment.json`.
            clock: Seconds since 1970.

        Raises:
            StorageError: The file system refused.
            RunExists: No free name for the run was found.
            OldWorkspace: The workspace is of version 1, and not migrated.
            NewerWorkspace: A later version wrote the workspace.
        """
        require_runnable(workspace)
        experiment = workspace.experiment(experiment_id)
        fs.make_folder(experiment.path)
        if not workspace.is_marked:
            fs.close(fs.create(workspace.marker), workspace.marker)
        recover_killed_runs(experiment)
        now = clock()
        run = _make_run_folder(experiment, now)
        surroundings = Environment(dict(environment), hostname, now)
        surroundings.write(run)
        taken = [number for number, _ in experiment.live_events()]
        state = RunState(
            experiment_id,
            run.run_id,
            hostname=hostname,
            started_at=now,
            last_updated=now,
            events_count=max(taken, default=-1) + 1,
        )
        state.write(run)
        recorder = cls(run, state, surroundings, clock)
        replace_link(experiment.current, run.run_id)
        return recorder

    @property
    def run_id(self) -> str:
        """The name of the run."""
        return self.run.run_id

    @property
    def view(self) -> RunView:
        """The state of the run, as its readers will compute it."""
        with self._lock:
            return settle(self._reducer.view, is_locked=not self._completed)

    def job_submitted(self, job: SubmittedJob, definitions: list[dict[str, Any]]) -> None:
        """A job belongs to the run.

        Args:
            job: The job; a second submission replaces its tags.
            definitions: Its objects that were not given before, dependencies first.
        """
        with self._lock:
            self._check_open()
            self._jobs[job.job_id] = job
            self._pending_jobs.append(job)
            self._pending_objects += definitions
            self._pending_links.append(job)
            self._add(
                JobInRunChanged(
                    self._clock(),
                    self.run.experiment_id,
                    self.run.run_id,
                    job.job_id,
                    job.task_id,
                    None,
                    tags=job.tags,
                    depends_on=job.depends_on,
                    submitted_at=job.timestamp or self._clock(),
                )
            )

    def job_state(
        self,
        job_id: str,
        task_id: str,
        state: JobState,
        reason: FailureReason | None = None,
        *,
        flush: bool = True,
    ) -> None:
        """A job is in another state; the same one twice is written once.

        Args:
            job_id: The job.
            task_id: Its task.
            state: Its state.
            reason: Why it failed.
            flush: Write a state that matters at once; without, the caller calls `flush` before it
                acts upon the state.
        """
        with self._lock:
            self._check_open()
            known = self._reducer.job(job_id)
            if known is not None and (known.scheduler_state, known.scheduler_reason) == (
                state,
                reason,
            ):
                return
            self._add(
                JobInRunChanged(
                    self._clock(),
                    self.run.experiment_id,
                    self.run.run_id,
                    job_id,
                    task_id,
                    state,
                    reason,
                )
            )
            if flush and state in _IMPORTANT:
                self.flush()

    def action_added(
        self,
        action_id: str,
        description: str,
        action_class: str,
        definitions: list[dict[str, Any]] | None = None,
    ) -> None:
        """The run offers an action; `definitions` are its objects that were not given before."""
        with self._lock:
            self._check_open()
            self._pending_objects += definitions or []
            self._add(
                ActionAdded(
                    self._clock(),
                    self.run.experiment_id,
                    self.run.run_id,
                    action_id,
                    description,
                    action_class,
                )
            )

    def service_added(
        self,
        service_id: str,
        description: str,
        service_class: str,
        state_dict: dict[str, Any] | None = None,
        *,
        state: str = "",
        url: str | None = None,
        error: str | None = None,
    ) -> None:
        """The run offers a service, or the service is in another state.

        Args:
            service_id: Its name in the run.
            description: One line for the user.
            service_class: `module.Class`.
            state_dict: What makes it again later.
            state: `STOPPED`, `STARTING`, `RUNNING`, `STOPPING` or `ERROR`.
            url: Where it is served, while it runs.
            error: What went wrong.
        """
        with self._lock:
            self._check_open()
            self._add(
                ServiceAdded(
                    self._clock(),
                    self.run.experiment_id,
                    self.run.run_id,
                    service_id,
                    description,
                    service_class,
                    state_dict or {},
                    state,
                    url,
                    error,
                )
            )
            self.flush()

    def job_removed(self, job_id: str, task_id: str) -> None:
        """The folder of a transient job was removed: so is the link to it."""
        with self._lock:
            fs.remove(self.run.job_link(task_id, job_id))

    def flush(self) -> None:
        """Writes what is kept in memory: jobs, then their objects and links, then events.

        Raises:
            StorageError: The file system refused; what was not written is kept for the next time.
        """
        with self._lock:
            if self._pending_jobs:
                self._jobs_file.append(job.to_json() for job in self._pending_jobs)
                self._pending_jobs.clear()
            if self._pending_objects:
                self._objects_file.append(self._pending_objects)
                self._pending_objects.clear()
            while self._pending_links:
                self._link_jobs_of(self._pending_links[0].task_id)
            if self._pending_events:
                self._events.write(self._pending_events)
                self._pending_events.clear()

    def complete(
        self, status: RunStatus, *, carbon_impact: dict[str, Any] | None = None
    ) -> RunStatus:
        """Ends the run: last event, final record, permanent events, environment.

        Args:
            status: `DONE` (written as `FAILED` when jobs failed), `FAILED` or `DETACHED`.
            carbon_impact: Sums for the record, when they are known.

        Returns:
            The status that was written.

        Raises:
            ValueError: The status is not an end.
            StorageError: The file system refused; may be called again.
        """
        if status is RunStatus.RUNNING:
            raise ValueError("a run ends done, failed or detached, not running")
        with self._lock:
            if self._completed:
                return self._state.status
            now = self._clock()
            if self._reducer.status is RunStatus.RUNNING:  # not a second try
                status = _status_at_end(status, self._reducer.view)
                self._add(RunCompleted(now, self.run.experiment_id, self.run.run_id, status, now))
            self.flush()
            for file in (self._jobs_file, self._objects_file, self._events):
                file.sync()
            self._state.carbon_impact = carbon_impact
            self._write_state(events_count=None)
            self._events.archive()
            self._environment.status = self._state.status
            self._environment.ended_at = self._state.ended_at
            self._environment.write(self.run)
            self._completed = True
            self._jobs_file.close()
            self._objects_file.close()
            return self._state.status

    def close(self) -> None:
        """Closes the files without ending the run, as if it were killed; twice is fine."""
        with self._lock:
            self._completed = True
            for file in (self._jobs_file, self._objects_file, self._events):
                file.close()

    def _check_open(self) -> None:
        if self._completed:
            raise ValueError(f"run {self.run.run_id} of {self.run.experiment_id} has ended")

    def _add(self, event: RunEvent) -> None:
        self._pending_events.append(event)
        self._reducer.add((event,))
        if len(self._pending_events) >= _BATCH:
            self.flush()

    def _write_state_before(self, number: int) -> None:
        """The record before the first event of a file: what it does not tell is in that file.

        Pending events are in it already; readers that see them twice come to the same state.
        """
        self._write_state(events_count=number)

    def _write_state(self, *, events_count: int | None) -> None:
        """Replaces the record by what is known now, but for what others may have changed."""
        state = self._state
        take_view(state, self._reducer.view)
        state.events_count, state.last_updated = events_count, self._clock()
        with FileLock(self.run.status_lock).hold(LOCK_TIMEOUT_S):
            with suppress(DamagedRecord):  # then there is nothing to keep
                written = RunState.read(self.run)
                if written is not None:
                    state.run_tags, state.extra = written.run_tags, written.extra
            state.write_locked(self.run)

    def _link_jobs_of(self, task_id: str) -> None:
        """Links the folders of the next jobs of one task; they may not be there yet."""
        target = self.run.experiment.workspace.jobs / task_id
        links = self.run.jobs_dir / task_id
        folder = fs.open_folder(links)
        try:
            while self._pending_links and self._pending_links[0].task_id == task_id:
                job_id = self._pending_links[0].job_id
                try:
                    fs.symlink_in(folder, f"{target}/{job_id}", links / job_id)
                except StorageError as error:
                    if not isinstance(error.__cause__, FileExistsError):
                        raise
                    replace_link(links / job_id, target / job_id)
                self._pending_links.popleft()
        finally:
            fs.close(folder, links)


def _status_at_end(status: RunStatus, view: RunView) -> RunStatus:
    """A run whose jobs failed has failed, whatever the experiment thinks."""
    if status is RunStatus.DONE and any(job.state.is_error() for job in view.jobs.values()):
        return RunStatus.FAILED
    return status


def _make_run_folder(experiment: ExperimentFolder, now: float) -> RunFolder:
    """Makes a folder named by the time, after all others even if the clock went back.

    Names of earlier runs of the same second that were removed are not taken again: who knows them
    (an index, a person) would take the new run for the old one.
    """
    stamp, first = datetime.fromtimestamp(now).strftime("%Y%m%d_%H%M%S"), 0
    runs = experiment.runs()
    if runs:
        newest, _, variant = runs[-1].run_id.partition(".")
        if _STAMP.fullmatch(newest) and newest >= stamp:
            stamp, first = newest, (int(variant) if variant.isdecimal() else 0) + 1
    for number in range(first, first + _MAX_VARIANTS):
        run = experiment.run(f"{stamp}.{number}" if number else stamp)
        if fs.make_new_folder(run.path):
            return run
    raise RunExists(experiment.run(stamp).path)

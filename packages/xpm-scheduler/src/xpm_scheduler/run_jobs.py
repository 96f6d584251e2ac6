"""The jobs of one run of an experiment: which there are, in which states, and waiting for them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xpm_store.states import FailureReason, JobState

if TYPE_CHECKING:
    from xpm_scheduler.job import Job

__all__ = ["RunJobs"]


class RunJobs:
    """Counts the jobs of a run by state, and wakes those who wait for them.

    Concurrency: any thread. Complexity: constant time per change.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._states: dict[str, JobState] = {}
        self._counts: Counter[JobState] = Counter()
        self._unsettled: set[str] = set()
        self._callbacks = 0

    def __contains__(self, job: object) -> bool:
        return getattr(job, "identifier", None) in self._jobs

    def as_dict(self) -> dict[str, Job]:
        """The jobs by identifier, in the order of their submission."""
        with self._changed:
            return dict(self._jobs)

    def all(self) -> list[Job]:
        """The jobs, in the order of their submission."""
        return list(self.as_dict().values())

    def failed(self, *, by_themselves: bool = False) -> list[Job]:
        """The jobs in error; without those whose dependency failed, if asked."""
        return [
            job
            for job in self.all()
            if job.state.is_error()
            and not (by_themselves and job.failure_reason is FailureReason.DEPENDENCY)
        ]

    @property
    def unfinished(self) -> int:
        """How many jobs are still to end."""
        return len(self._unsettled)

    def counts(self) -> Mapping[JobState, int]:
        """How many jobs are in each state; states without job are left out."""
        with self._changed:
            return {state: count for state, count in self._counts.items() if count}

    def add(self, job: Job) -> None:
        """The job is followed for this run, for the first time or again."""
        with self._changed:
            self._jobs[job.identifier] = job
            self._unsettled.add(job.identifier)
            self._count(job.identifier, JobState.UNSCHEDULED)

    def change(self, job: Job, state: JobState) -> None:
        """The job is in a new state."""
        with self._changed:
            before = self._count(job.identifier, state)
            if before is JobState.SCHEDULED or state is JobState.TRANSIENT:
                self._changed.notify_all()

    def settle(self, job: Job) -> None:
        """Nothing more is to be expected of the job."""
        with self._changed:
            self._unsettled.discard(job.identifier)
            if self._is_quiet():
                self._changed.notify_all()

    def begin_callback(self) -> None:
        """The run does not end before `end_callback` is called once more."""
        with self._changed:
            self._callbacks += 1

    def end_callback(self) -> None:
        """A callback has returned."""
        with self._changed:
            self._callbacks -= 1
            if self._is_quiet():
                self._changed.notify_all()

    def wait(self) -> None:
        """Blocks until all jobs have ended, but for those that sleep as nothing needs them."""
        self._wait_until(self._is_quiet)

    def wait_until_none_starts(self, timeout_s: float) -> bool:
        """Blocks until no job is between the decision to start it and its process."""
        return self._wait_until(lambda: not self._counts[JobState.SCHEDULED], timeout_s)

    def _is_quiet(self) -> bool:
        return not self._callbacks and len(self._unsettled) <= self._counts[JobState.TRANSIENT]

    def _wait_until(self, condition: Callable[[], bool], timeout_s: float | None = None) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def _count(self, identifier: str, state: JobState) -> JobState | None:
        before = self._states.get(identifier)
        if before is not None:
            self._counts[before] -= 1
        self._states[identifier] = state
        self._counts[state] += 1
        return before

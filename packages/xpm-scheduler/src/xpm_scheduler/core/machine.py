"""The machine: the only place where it is decided what happens to a job.

    UNSCHEDULED ─┬─► DONE                              (found done)
                 ├─► RUNNING                           (found running: Attach)
                 ├─► TRANSIENT ─► WAITING              (once a job that has to run needs it)
                 └─► WAITING ─► READY ─► SCHEDULED ─► RUNNING ─► DONE | ERROR
                        │         ▲                      │
                        │         └── timeout, retries left
                        └─► ERROR(DEPENDENCY)

Nothing is recursive: a chain of 10,000 jobs or 50,000 dependencies of one job are walked with
work lists. Every input costs amortised constant time, plus one step per dependent of a job that
ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from xpm_store.states import FailureReason, JobState

from xpm_scheduler.core.effects import Attach, Effect, LookUp, Start, StateChanged
from xpm_scheduler.core.inputs import (
    CapacityChanged,
    Ended,
    Forgotten,
    Found,
    Input,
    Lost,
    OnDisk,
    Resubmitted,
    StartAbandoned,
    Started,
    Submitted,
    Withdrawn,
)
from xpm_scheduler.core.jobs import (
    JobKey,
    JobNode,
    LauncherKey,
    WaitingForDependency,
    WaitingForNeed,
    WaitingForSlot,
    WaitingReason,
)
from xpm_scheduler.core.slots import SlotPool

_NOT_STARTED = frozenset(
    {JobState.UNSCHEDULED, JobState.TRANSIENT, JobState.WAITING, JobState.READY}
)
_HOLDS_SLOT = frozenset({JobState.SCHEDULED, JobState.RUNNING})
_FINISHED = frozenset({JobState.DONE, JobState.ERROR})


class Core:
    """All jobs that are followed, and what is to be done about them.

    Deterministic: the same inputs give the same effects, in the same order.

    Concurrency: none; one thread owns it.

    Example:
        >>> core = Core()
        >>> core.handle(CapacityChanged(LauncherKey(0), 1))
        []
        >>> core.handle(Submitted(JobKey(1), LauncherKey(0)))
        [LookUp(job=1)]
        >>> core.handle(Found(JobKey(1), OnDisk.NOT_DONE))[-1]
        Start(job=1, retry=0)
    """

    def __init__(self) -> None:
        self._jobs: dict[JobKey, JobNode] = {}
        self._pools: dict[LauncherKey, SlotPool] = {}
        self._effects: list[Effect] = []
        self._ended: deque[JobNode] = deque()
        self._to_run: deque[JobNode] = deque()

    # --- what can be asked

    def __contains__(self, job: object) -> bool:
        return job in self._jobs

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[JobKey]:
        return iter(self._jobs)

    def state(self, job: JobKey) -> JobState:
        """The state of a job that is followed.

        Raises:
            KeyError: it is not followed.
        """
        return self._jobs[job].state

    def waiting_for(self, job: JobKey) -> WaitingReason | None:
        """Why the job has not started; None when it has, or when it is not known yet.

        Complexity: linear in the job's dependencies.
        """
        node = self._jobs[job]
        if node.state is JobState.TRANSIENT:
            return WaitingForNeed()
        if node.state is JobState.READY:
            return WaitingForSlot(node.launcher)
        if node.state is JobState.WAITING:
            unmet = (other for other in node.dependencies if other.state is not JobState.DONE)
            return WaitingForDependency(next(unmet).key, node.unmet)
        return None

    # --- what can be told

    def handle(self, input: Input) -> list[Effect]:
        """Takes one input in, and returns what is to be done now, in order."""
        _HANDLERS[type(input)](self, input)
        while self._ended or self._to_run:
            if self._ended:
                self._tell_dependents(self._ended.popleft())
            else:
                self._schedule(self._to_run.popleft())
        effects, self._effects = self._effects, []
        return effects

    def _on_capacity(self, input: CapacityChanged) -> None:
        pool = self._pools.get(input.launcher)
        if pool is None:
            self._pools[input.launcher] = SlotPool(input.capacity)
        else:
            pool.capacity = input.capacity
            self._fill(pool)

    def _on_submitted(self, input: Submitted) -> None:
        self._jobs[input.job] = JobNode(
            input.job,
            launcher=input.launcher,
            dependencies=tuple(
                self._jobs[key] for key in dict.fromkeys(input.dependencies) if key in self._jobs
            ),
            resumable=input.resumable,
            max_retries=input.max_retries,
            transient=input.transient,
        )
        self._effects.append(LookUp(input.job))

    def _on_resubmitted(self, input: Resubmitted) -> None:
        node = self._jobs.get(input.job)
        if node is None:
            return
        node.is_withdrawn = False
        node.max_retries = max(node.max_retries, input.max_retries)
        # the most conservative wish wins
        node.transient = min(node.transient, input.transient)
        if not node.transient.is_transient:
            self._need(node)

    def _on_found(self, input: Found) -> None:
        node = self._jobs.get(input.job)
        if node is None:
            return
        if input.what is OnDisk.DONE:
            self._finish(node, JobState.DONE)
        elif input.what is OnDisk.RUNNING:
            # It takes a slot even if there is none: the processor is busy with it all the same.
            self._pools[node.launcher].used += 1
            node.retries = input.retries
            self._change(node, JobState.RUNNING)
            self._effects.append(Attach(node.key))
        elif node.is_needed:
            self._to_run.append(node)
        else:
            self._change(node, JobState.TRANSIENT)

    def _on_started(self, input: Started) -> None:
        node = self._jobs.get(input.job)
        if node is not None:
            self._change(node, JobState.RUNNING)

    def _on_start_abandoned(self, input: StartAbandoned) -> None:
        node = self._jobs.pop(input.job, None)
        if node is not None:
            self._release(node)
            self._change(node, JobState.UNSCHEDULED)

    def _on_ended(self, input: Ended) -> None:
        node = self._jobs.get(input.job)
        if node is None:
            return
        self._release(node)
        if input.reason is None:
            self._finish(node, JobState.DONE)
        elif self._may_retry(node, input.reason):
            node.retries += 1
            self._change(node, JobState.WAITING)
            self._acquire(node)
        else:
            self._finish(node, JobState.ERROR, input.reason)

    def _on_lost(self, input: Lost) -> None:
        node = self._jobs.get(input.job)
        if node is None:
            return
        self._release(node)
        self._change(node, JobState.UNSCHEDULED)
        if node.is_withdrawn:
            del self._jobs[node.key]
        else:
            self._effects.append(LookUp(node.key))

    def _on_withdrawn(self, input: Withdrawn) -> None:
        node = self._jobs.get(input.job)
        if node is None or node.state in _FINISHED:
            return
        node.is_withdrawn = True
        if node.state in _NOT_STARTED:
            self._change(node, JobState.UNSCHEDULED)
            del self._jobs[node.key]

    def _on_forgotten(self, input: Forgotten) -> None:
        node = self._jobs.get(input.job)
        if node is not None and node.state in _FINISHED:
            del self._jobs[node.key]

    # --- how a job gets to run

    def _need(self, node: JobNode) -> None:
        """Somebody who has to run waits for this job: it may not stay dormant."""
        if node.is_needed:
            return
        node.is_needed = True
        if node.state is JobState.TRANSIENT:
            self._to_run.append(node)

    def _schedule(self, node: JobNode) -> None:
        """The job has to run: counts what it waits for, and wakes what it needs."""
        unmet = 0
        for dependency in node.dependencies:
            if dependency.state is JobState.DONE:
                continue
            if dependency.state is JobState.ERROR:
                self._finish(node, JobState.ERROR, FailureReason.DEPENDENCY)
                return
            unmet += 1
            if dependency.dependents is None:
                dependency.dependents = []
            dependency.dependents.append(node)
            self._need(dependency)
        node.unmet = unmet
        if unmet:
            self._change(node, JobState.WAITING)
        else:
            self._acquire(node)

    def _acquire(self, node: JobNode) -> None:
        """All dependencies are done: starts the job, or queues it for a slot."""
        pool = self._pools[node.launcher]
        if pool.has_room and not pool.queue:
            self._start(node, pool)
        else:
            self._change(node, JobState.READY)
            pool.queue.append(node)
            self._fill(pool)

    def _start(self, node: JobNode, pool: SlotPool) -> None:
        pool.used += 1
        self._change(node, JobState.SCHEDULED)
        self._effects.append(Start(node.key, node.retries))

    def _fill(self, pool: SlotPool) -> None:
        while (node := pool.next_waiting()) is not None:
            self._start(node, pool)

    def _release(self, node: JobNode) -> None:
        """Gives the slot back; to be called while the node still has the state that holds it."""
        if node.state not in _HOLDS_SLOT:
            return
        pool = self._pools[node.launcher]
        pool.used -= 1
        self._fill(pool)

    # --- how a job ends

    @staticmethod
    def _may_retry(node: JobNode, reason: FailureReason) -> bool:
        return (
            reason is FailureReason.TIMEOUT
            and node.resumable
            and not node.is_withdrawn
            and node.retries < node.max_retries
        )

    def _finish(self, node: JobNode, state: JobState, reason: FailureReason | None = None) -> None:
        self._change(node, state, reason)
        node.dependencies = ()  # or a chain would keep all its jobs in memory
        self._ended.append(node)

    def _tell_dependents(self, node: JobNode) -> None:
        dependents, node.dependents = node.dependents, None
        for dependent in dependents or ():
            if dependent.state is not JobState.WAITING or dependent.is_withdrawn:
                continue
            if node.state is JobState.ERROR:
                self._finish(dependent, JobState.ERROR, FailureReason.DEPENDENCY)
                continue
            dependent.unmet -= 1
            if not dependent.unmet:
                self._acquire(dependent)

    # --- bookkeeping

    def _change(self, node: JobNode, state: JobState, reason: FailureReason | None = None) -> None:
        node.state = state
        node.reason = reason
        self._effects.append(StateChanged(node.key, state, reason))


_HANDLERS: dict[type[Any], Callable[[Core, Any], None]] = {
    CapacityChanged: Core._on_capacity,
    Submitted: Core._on_submitted,
    Resubmitted: Core._on_resubmitted,
    Found: Core._on_found,
    Started: Core._on_started,
    StartAbandoned: Core._on_start_abandoned,
    Ended: Core._on_ended,
    Lost: Core._on_lost,
    Withdrawn: Core._on_withdrawn,
    Forgotten: Core._on_forgotten,
}

"""The machine: the only place where it is decided what happens to a job.

    UNSCHEDULED ─┬─► DONE                              (found done)
                 ├─► RUNNING                           (found running: Attach)
                 ├─► TRANSIENT ─► WAITING              (once a job that has to run needs it)
                 └─► WAITING ─► READY ─► SCHEDULED ─► RUNNING ─► DONE | ERROR
                        │         ▲                      │
                        │         └── timeout, retries left
                        └─► ERROR(DEPENDENCY)

A job that needs what is shared (tokens, partial folders) is SCHEDULED while it tries to take it;
refused, it is WAITING in a queue of `queues`, without a slot, and is tried again when something
changes.

Nothing is recursive: a chain of 10,000 jobs or 50,000 dependencies of one job are walked with
work lists. Every input costs amortised constant time, plus one step per dependent of a job that
ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from xpm_store.states import FailureReason, JobState

from xpm_scheduler.core.effects import Attach, Effect, LookUp, Start, StateChanged, Unwatch, Watch
from xpm_scheduler.core.inputs import (
    CapacityChanged,
    Ended,
    Forgotten,
    Found,
    Input,
    Lost,
    OnDisk,
    Refused,
    Resubmitted,
    SharedChanged,
    StartAbandoned,
    Started,
    Submitted,
    Withdrawn,
)
from xpm_scheduler.core.jobs import (
    JobKey,
    JobNode,
    LauncherKey,
    Line,
    SharedKey,
    WaitingForDependency,
    WaitingForNeed,
    WaitingForShared,
    WaitingForSlot,
    WaitingReason,
)
from xpm_scheduler.core.queues import SharedQueues
from xpm_scheduler.core.slots import SlotPool

_NOT_STARTED = frozenset(
    {JobState.UNSCHEDULED, JobState.TRANSIENT, JobState.WAITING, JobState.READY}
)
_HOLDS_SLOT = frozenset({JobState.SCHEDULED, JobState.RUNNING})
_FINISHED = frozenset({JobState.DONE, JobState.ERROR})

_HIGHEST = 32
"""Chains of dependents are measured up to this length: a job costs at most that many steps."""


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
        self._shared = SharedQueues()
        self._effects: list[Effect] = []
        self._ended: deque[JobNode] = deque()
        self._to_run: deque[JobNode] = deque()
        self._changed: deque[SharedKey] = deque()

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
        line = node.line
        if line is not None and line.stands_in and line.blocker is not None:
            return WaitingForShared(line.blocker)  # also while it is being tried once more
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
        while self._ended or self._to_run or self._changed:
            if self._ended:
                self._tell_dependents(self._ended.popleft())
            elif self._to_run:
                self._schedule(self._to_run.popleft())
            else:
                self._try_those_who_wait(self._changed.popleft())
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
            demands=input.demands,
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
            self._leave_queues(node)
            self._change(node, JobState.RUNNING)

    def _on_refused(self, input: Refused) -> None:
        node = self._jobs.get(input.job)
        if node is None or node.line is None:
            return
        if node.is_withdrawn:
            self._abandon(node)
            return
        line = node.line
        line.refusals += 1
        self._wait_in_line(node, line, input.shared)
        if line.is_outdated:
            line.is_outdated = False
            self._changed.append(input.shared)

    def _on_shared_changed(self, input: SharedChanged) -> None:
        self._changed.append(input.shared)

    def _on_start_abandoned(self, input: StartAbandoned) -> None:
        node = self._jobs.get(input.job)
        if node is not None:
            self._abandon(node)

    def _abandon(self, node: JobNode) -> None:
        """The job is withdrawn and has no process: nothing is left of it here."""
        self._leave_queues(node)
        self._release(node)
        self._change(node, JobState.UNSCHEDULED)
        del self._jobs[node.key]

    def _on_ended(self, input: Ended) -> None:
        node = self._jobs.get(input.job)
        if node is None:
            return
        self._leave_queues(node)
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
        self._leave_queues(node)
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
            self._leave_queues(node)
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
        self._raise_dependencies(node)
        if unmet:
            self._change(node, JobState.WAITING)
        else:
            self._acquire(node)

    def _raise_dependencies(self, node: JobNode) -> None:
        """The jobs that `node` waits for are worth more: the chain behind them is longer."""
        stack = [node]
        while stack:
            above = stack.pop()
            height = above.height + 1
            if height > _HIGHEST:
                continue
            for dependency in above.dependencies:
                if dependency.height < height and dependency.state not in _FINISHED:
                    dependency.height = height
                    stack.append(dependency)
                    if dependency.state is JobState.READY:
                        self._pools[dependency.launcher].push(dependency)

    def _acquire(self, node: JobNode) -> None:
        """All dependencies are done: starts the job, or queues it for what it needs."""
        if node.line is not None:
            self._shared.give_ticket(node.line)
        self._line_up(node)

    def _line_up(self, node: JobNode) -> None:
        """The job waits behind older ones that need the same, else for a slot."""
        line = node.line
        if line is not None and (blocker := self._shared.blocked_by(line)) is not None:
            self._wait_in_line(node, line, blocker)
            return
        pool = self._pools[node.launcher]
        if pool.is_free:
            self._start(node, pool)
            return
        self._change(node, JobState.READY)
        pool.push(node)
        self._fill(pool)

    def _wait_in_line(self, node: JobNode, line: Line, key: SharedKey) -> None:
        """The job waits for what is shared; it holds nothing meanwhile, nor a slot."""
        first = self._shared.first(key)
        self._shared.enter(node, line, key)
        if first is None:
            self._effects.append(Watch(key))
        elif first is not node and self._shared.first(key) is node:
            self._changed.append(key)  # what changed while it was tried was told to another one
        held_slot = node.state in _HOLDS_SLOT
        if node.state is not JobState.WAITING:
            self._change(node, JobState.WAITING)
        self._tell_left(self._shared.leave(line, but=key))
        if held_slot:
            pool = self._pools[node.launcher]
            pool.used -= 1
            self._fill(pool)

    def _try_those_who_wait(self, key: SharedKey) -> None:
        """Tries the oldest job that waits for `key`, if it does not wait for something else too."""
        while (node := self._shared.first(key)) is not None:
            assert node.line is not None
            if node.state in _HOLDS_SLOT:
                node.line.is_outdated = True
                return
            if node.state is JobState.READY:
                return
            self._line_up(node)
            if self._shared.first(key) is node:
                return

    def _leave_queues(self, node: JobNode) -> None:
        """The job does not wait any more for what is shared: those behind it may try."""
        if node.line is not None and node.line.stands_in:
            node.line.is_outdated = False
            self._tell_left(self._shared.leave(node.line))

    def _tell_left(self, left: list[SharedKey]) -> None:
        for key in left:
            if self._shared.first(key) is None:
                self._effects.append(Unwatch(key))
            else:
                self._changed.append(key)

    def _start(self, node: JobNode, pool: SlotPool) -> None:
        pool.used += 1
        self._change(node, JobState.SCHEDULED)
        self._effects.append(Start(node.key, node.retries))

    def _fill(self, pool: SlotPool) -> None:
        while (node := pool.next_waiting()) is not None:
            line = node.line
            if line is not None and (blocker := self._shared.blocked_by(line)) is not None:
                self._wait_in_line(node, line, blocker)
            else:
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
            if not dependent.unmet or dependent.state is not JobState.WAITING:
                continue
            if dependent.is_withdrawn:
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
    Refused: Core._on_refused,
    SharedChanged: Core._on_shared_changed,
    StartAbandoned: Core._on_start_abandoned,
    Ended: Core._on_ended,
    Lost: Core._on_lost,
    Withdrawn: Core._on_withdrawn,
    Forgotten: Core._on_forgotten,
}

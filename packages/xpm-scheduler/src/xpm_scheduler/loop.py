"""The scheduler's shell: one event loop in a background thread carries out what the core decides.

It serves all the experiments of a process. It holds no rule: inputs go to `core.Core`, effects
are carried out, and what comes of them goes back to the core.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from xpm_store.states import FailureReason, JobState

from xpm_scheduler import disk
from xpm_scheduler.callbacks import CallbackThread
from xpm_scheduler.core import (
    Attach,
    CapacityChanged,
    Core,
    Ended,
    Forgotten,
    Found,
    Input,
    JobKey,
    LauncherKey,
    LookUp,
    OnDisk,
    Resubmitted,
    SharedChanged,
    SharedKey,
    Start,
    StateChanged,
    Submitted,
    Unwatch,
    WaitingReason,
    Watch,
    Withdrawn,
)
from xpm_scheduler.execution import attach_and_follow, start_and_follow
from xpm_scheduler.job import Job
from xpm_scheduler.listeners import Listener, method_of, tell_of_service
from xpm_scheduler.watching import Watching

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_scheduler.dynamic_outputs import OutputWatch
    from xpm_scheduler.experiment import experiment
    from xpm_scheduler.launchers.base import Launcher
    from xpm_scheduler.services.base import Service
    from xpm_scheduler.shared import Demand

__all__ = ["Scheduler"]

logger = logging.getLogger("xpm.scheduler")

_BATCH = 500
"""Inputs taken in before the loop looks at what else happened (ends of processes)."""

_GATHER_S = 0.002
"""How long the first of many submissions waits for those that follow: all go in one batch."""


class Scheduler:
    """Follows the jobs of all the experiments of this process.

    Concurrency: `submit`, `withdraw`, `forget` and the listeners may be used from any thread.
    """

    _current: Scheduler | None = None
    _current_lock = threading.Lock()

    def __init__(self) -> None:
        self.callbacks = CallbackThread()
        self.lock = threading.RLock()
        self._core = Core()
        self._followed: dict[JobKey, Job] = {}
        self._by_path: dict[str, Job] = {}
        self._launchers: dict[int, tuple[LauncherKey, Launcher]] = {}
        self._next_key = 0
        self._listeners: tuple[Listener, ...] = ()
        self._inbox: deque[Input | Callable[[], None]] = deque()
        self._is_awake = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed: set[experiment] = set()
        self._loop = asyncio.new_event_loop()
        # for the locks of what is shared, that others may hold for an instant
        self._files = ThreadPoolExecutor(1, thread_name_prefix="xpm-files")
        self._loop.set_default_executor(self._files)
        self._watching = Watching(self._loop, self.callbacks, self._tell, self._guarded)
        self._thread = threading.Thread(target=self._run, name="xpm-scheduler", daemon=True)
        self._thread.start()

    @classmethod
    def current(cls) -> Scheduler:
        """The scheduler of this process; started when it is asked for first."""
        with cls._current_lock:
            if cls._current is None:
                cls._current = cls()
                atexit.register(cls._current.stop)
            return cls._current

    # --- for the threads of the user

    def find(self, path: Path) -> Job | None:
        """The job of that folder, if it is followed."""
        return self._by_path.get(str(path))

    def submit(self, job: Job) -> None:
        """Follows a job, for the first time or again. Its dependencies are followed already."""
        with self.lock:
            key = JobKey(self._next_key)
            self._next_key += 1
            launcher = self._launcher_key(job.launcher)
            if job.key is not None and self._followed.pop(job.key, None) is not None:
                self._tell(Forgotten(job.key))
            job.follow(self, key)
            self._followed[key] = job
            self._by_path[str(job.path)] = job
            if self._listeners:  # before the core hears of the job, and its state can change
                self._call_listeners("on_job_submitted", job)
            dependencies = tuple(
                other.key
                for other in job.dependencies
                if other.key is not None and other.key in self._followed
            )
            self._tell(
                Submitted(
                    key,
                    launcher,
                    dependencies,
                    job.resumable,
                    job.max_retries,
                    job.transient,
                    tuple(self._watching.key(demand) for demand in job.demands),
                )
            )

    def merge(self, job: Job, run: experiment) -> None:
        """An equal task was submitted again, maybe by another run, while its job is followed."""

        def join() -> None:
            # in the loop, where the state cannot change meanwhile
            self.join(job, run)
            run.job_changed(job, job.state, job.failure_reason)
            if job.state.finished():
                self._finished(job, key)

        assert job.key is not None
        key = job.key
        job.is_withdrawn = False
        self._tell(Resubmitted(key, job.max_retries, job.transient))
        self._tell(join)

    def withdraw(self, jobs: Iterable[Job]) -> None:
        """Nobody waits for these jobs any more; returns once none of them will be started.

        Those that run go on, and are followed.
        """
        chosen = list(jobs)
        for job in chosen:  # all of them first: the end of one may be the turn of the next
            job.is_withdrawn = True
        for job in chosen:
            if job.key is not None:
                self._tell(Withdrawn(job.key))
        self.catch_up()

    def join(self, job: Job, run: experiment) -> None:
        """Tells `run` of what happens to a job from now on."""
        with self.lock:
            if run not in job.experiments:
                job.experiments = (*job.experiments, run)

    def part(self, jobs: Iterable[Job], run: experiment) -> None:
        """Tells `run` nothing more of these jobs, from when this returns on."""

        def drop_watches() -> None:
            for job in chosen:
                if job.outputs is not None:
                    job.outputs.drop(run)

        chosen = list(jobs)
        with self.lock:
            for job in chosen:
                job.experiments = tuple(one for one in job.experiments if one is not run)
        self._tell(drop_watches)
        self.catch_up()

    def watch_output(self, job: Job, watch: OutputWatch, then: Callable[[], None]) -> None:
        """Tells `watch` of each output of a job; calls `then` once told of those there are."""

        def begin() -> None:
            try:
                self._watching.add(job, watch)
            finally:
                self.callbacks.call(then)

        self._tell(begin)

    def catch_up(self) -> None:
        """Blocks until all that was told before is carried out."""
        told = threading.Event()
        self._tell(told.set)
        told.wait()

    def forget(self, jobs: Iterable[Job]) -> None:
        """Nothing will refer to these jobs; those that run are followed until they end."""

        def forget() -> None:
            with self.lock:
                for job in chosen:
                    if job.key is not None and not job.experiments:
                        self._core.handle(Forgotten(job.key))
                        if job.key not in self._core:
                            self._drop(job)

        chosen = list(jobs)
        self._tell(forget)

    def waiting_for(self, job: Job) -> WaitingReason | None:
        """Why a job has not started, to show it to a person; None when there is nothing to say.

        Concurrency: reads what the loop writes; what it tells may be a moment old.
        """
        try:
            return None if job.key is None else self._core.waiting_for(job.key)
        except (KeyError, StopIteration):
            return None

    def shared(self, key: SharedKey) -> Demand:
        """What goes by this key: the demand of the job that needed it first."""
        return self._watching.demand(key)

    def job(self, key: JobKey) -> Job:
        """The job that goes by this key."""
        return self._followed[key]

    def service_added(self, service: Service) -> None:
        """Tells the listeners of a service of an experiment."""
        if self._listeners:
            self.callbacks.call(lambda: tell_of_service(self._listeners, service))

    def addlistener(self, listener: Listener) -> None:
        """Tells `listener` of what happens from now on."""
        with self.lock:
            self._listeners = (*self._listeners, listener)

    def removelistener(self, listener: Listener) -> None:
        """Tells `listener` nothing more."""
        with self.lock:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def stop(self) -> None:
        """Ends the loop; the processes of jobs go on."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)

    def _launcher_key(self, launcher: Launcher) -> LauncherKey:
        known = self._launchers.get(id(launcher))
        if known is None:
            key = LauncherKey(len(self._launchers))
            self._launchers[id(launcher)] = (key, launcher)
            self._tell(CapacityChanged(key, launcher.capacity))
            return key
        return known[0]

    def _tell(self, input: Input | Callable[[], None]) -> None:
        self._inbox.append(input)
        if not self._is_awake:
            self._is_awake = True
            if threading.get_ident() == self._thread.ident:
                self._loop.call_soon(self._drain)
            else:
                self._loop.call_soon_threadsafe(self._loop.call_later, _GATHER_S, self._drain)

    # --- in the thread of the loop

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            if tasks:
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=1))
            self._watching.close()
            self._files.shutdown(wait=False)
            self._loop.close()

    def _drain(self) -> None:
        """Takes in what was told, in order, and writes what changed in one batch per run."""
        self._is_awake = False
        for _ in range(_BATCH):
            if not self._inbox:
                break
            self._take_in(self._inbox.popleft())
        self._flush()
        if self._inbox and not self._is_awake:
            self._is_awake = True
            self._loop.call_soon(self._drain)

    def _take_in(self, input: Input | Callable[[], None]) -> None:
        if callable(input):
            self._flush()
            self._guarded(input)
            return
        for effect in self._core.handle(input):
            if isinstance(effect, (Watch, Unwatch)):
                self._guarded(partial(self._watching.carry_out, effect))
            else:
                self._carry_out(effect)

    def _flush(self) -> None:
        changed, self._changed = self._changed, set()
        for run in changed:
            self._guarded(run.flush_changes, run)

    def _guarded(self, action: Callable[[], None], run: experiment | None = None) -> None:
        """What fails here (a full disk, for instance) is told to the run, and stops nothing."""
        try:
            action()
        except Exception as error:
            logger.exception("the scheduler met an error; it goes on")
            if run is not None:
                run.report_problem(error)

    def _carry_out(self, effect: LookUp | Start | Attach | StateChanged) -> None:
        job = self._followed.get(effect.job)
        if job is None or job.key != effect.job:
            return
        try:
            _CARRY_OUT[type(effect)](self, job, effect)
        except Exception as error:
            logger.exception("job %s/%s: %s failed", job.task_id, job.identifier, effect)
            for run in job.experiments:
                run.report_problem(error)

    def _look_up(self, job: Job, effect: LookUp) -> None:
        try:
            found = disk.look(job.folder)
            retries = disk.retries_on_disk(job.folder) if found.what is OnDisk.RUNNING else 0
        except Exception as error:
            logger.exception("job %s/%s cannot be looked at", job.task_id, job.identifier)
            job.message = str(error)
            self._tell(Ended(effect.job, FailureReason.FAILED))
            return
        self._tell(Found(effect.job, found.what, retries))

    def _start(self, job: Job, effect: Start) -> None:
        job.retry_count = effect.retry
        self._create_task(
            job,
            effect.job,
            start_and_follow(job, effect.job, effect.retry, self._tell, self._watching.key),
        )

    def _attach(self, job: Job, effect: Attach) -> None:
        self._create_task(job, effect.job, attach_and_follow(job, effect.job, self._tell))

    def _create_task(self, job: Job, key: JobKey, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(self._follow(job, key, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, job: Job, key: JobKey, work: Coroutine[Any, Any, None]) -> None:
        """The boundary of one job: whatever happens in there fails that job and no other."""
        try:
            await work
        except Exception as error:
            logger.error("job %s/%s: %s", job.task_id, job.identifier, error)
            logger.debug("job %s/%s", job.task_id, job.identifier, exc_info=True)
            job.message = str(error)
            self._tell(Ended(key, FailureReason.FAILED))
        for demand in job.demands:
            self._tell(SharedChanged(self._watching.key(demand)))

    def _state_changed(self, job: Job, effect: StateChanged) -> None:
        gives_up = effect.state is JobState.UNSCHEDULED and job.is_withdrawn
        if not (gives_up and job.state is JobState.TRANSIENT):  # which it then stays
            job.state = effect.state
            job.failure_reason = effect.reason
            for run in job.experiments:
                run.job_changed(job, effect.state, effect.reason)
                self._changed.add(run)
            if self._listeners:
                self._call_listeners("on_job_state_changed", job)
        if job.outputs is not None:
            self._guarded(partial(self._watching.follow, job))
        if effect.state.finished():
            self._finished(job, effect.job)
        elif gives_up:
            self._settle(job)

    def _finished(self, job: Job, key: JobKey) -> None:
        """Calls back, then settles; in the callback thread if anything has to be called before."""
        calls_back = job.has_callbacks and job.state is JobState.DONE
        if self._listeners or calls_back or job.outputs is not None:
            job.is_calling_back = True
        if job.is_calling_back:
            self.callbacks.call(lambda: self._complete(job))
        else:
            self._settle(job)
        if not job.experiments:
            self._forget_left(job, key)

    def _forget_left(self, job: Job, key: JobKey) -> None:
        """The job went on after all its experiments were left, and has ended."""
        with self.lock:  # a run may be joining it just now
            if not job.experiments:
                self._core.handle(Forgotten(key))
                self._drop(job)

    def _settle(self, job: Job) -> None:
        job.settle()
        for run in job.experiments:
            run.job_settled(job)

    def _drop(self, job: Job) -> None:
        if job.key is not None:
            self._followed.pop(job.key, None)
        if self._by_path.get(str(job.path)) is job:
            del self._by_path[str(job.path)]

    # --- in the callback thread

    def _complete(self, job: Job) -> None:
        if job.state is JobState.DONE:
            for callback in job.take_callbacks():
                self._call(callback, job, "on_completed")
        job.is_calling_back = job.has_callbacks
        self._settle(job)

    def _call_listeners(self, method: str, job: Job) -> None:
        for listener in self._listeners:
            call = method_of(listener, method)
            if call is not None:
                self.callbacks.call(lambda call=call: self._call(lambda: call(job), job, method))  # type: ignore[misc]

    def _call(self, callback: Callable[[], object], job: Job, what: str) -> None:
        try:
            callback()
        except Exception as error:
            logger.exception(
                "job %s/%s: the callback of %s failed", job.task_id, job.identifier, what
            )
            for run in job.experiments:
                run.report_problem(error)


def _after_fork_in_child() -> None:
    """The child of a fork has no thread of the scheduler: it gets one of its own if it asks."""
    Scheduler._current = None
    Scheduler._current_lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork_in_child)

_CARRY_OUT: dict[type[Any], Callable[[Scheduler, Job, Any], None]] = {
    LookUp: Scheduler._look_up,
    Start: Scheduler._start,
    Attach: Scheduler._attach,
    StateChanged: Scheduler._state_changed,
}

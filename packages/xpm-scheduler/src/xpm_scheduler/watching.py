"""The folders that a scheduler watches: those of what jobs share, those where outputs appear."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from xpm_store.states import JobState

from xpm_scheduler.core import Input, SharedChanged, SharedKey, Unwatch, Watch
from xpm_scheduler.dynamic_outputs import OutputWatch, WatchedJob
from xpm_scheduler.notifications import FolderWatcher

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from xpm_store.task_outputs import TaskOutput

    from xpm_scheduler.callbacks import CallbackThread
    from xpm_scheduler.job import Job
    from xpm_scheduler.shared import Demand

__all__ = ["Watching"]

logger = logging.getLogger("xpm.scheduler")


class Watching:
    """Tells the core that what is shared has changed, and callbacks of the outputs of tasks.

    Concurrency: used in the thread of the loop, but for `key` (under the scheduler's lock).
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        callbacks: CallbackThread,
        tell: Callable[[Input], None],
        guarded: Callable[[Callable[[], None]], None],
    ) -> None:
        """Watches nothing yet.

        Args:
            loop: The loop of the scheduler.
            callbacks: Where the callbacks of users run.
            tell: Tells the core.
            guarded: Does something that may fail, and logs that it did.
        """
        self._loop = loop
        self._callbacks = callbacks
        self._tell = tell
        self._guarded = guarded
        self._shared: dict[Path, SharedKey] = {}
        self._demands: list[Demand] = []
        self._watcher: FolderWatcher | None = None

    def key(self, demand: Demand) -> SharedKey:
        """The name of what is asked for, in the core."""
        key = self._shared.get(demand.path)
        if key is None:
            key = self._shared[demand.path] = SharedKey(len(self._demands))
            self._demands.append(demand)
        return key

    def demand(self, key: SharedKey) -> Demand:
        """What goes by this name: the demand of the job that needed it first."""
        return self._demands[key]

    def carry_out(self, effect: Watch | Unwatch) -> None:
        """Watches what is shared, or no more."""
        folder = self.demand(effect.shared).watched
        if isinstance(effect, Unwatch):
            self._folders().unwatch(folder)
            return
        tell = partial(self._tell, SharedChanged(effect.shared))
        self._folders().watch(folder, tell)
        tell()  # it may have changed before it was watched

    def add(self, job: Job, watch: OutputWatch) -> None:
        """Tells `watch` of the outputs of a job: of those there are now, then of each new one."""
        if job.outputs is None:
            job.outputs = WatchedJob(job.folder, partial(self._announce, job))
            self.follow(job)
        job.outputs.add(watch)

    def follow(self, job: Job) -> None:
        """The job is in a new state: reads what it announces, at once as long as it runs."""
        outputs = job.outputs
        if outputs is None:
            return
        if job.state is JobState.RUNNING:
            self._folders().watch(job.folder.private, partial(self._guarded, outputs.read))
        elif job.state.finished():
            self._folders().unwatch(job.folder.private)
            outputs.tell_problems()
        outputs.read()

    def close(self) -> None:
        """Gives back what the kernel lent."""
        if self._watcher is not None:
            self._watcher.close()

    def _folders(self) -> FolderWatcher:
        if self._watcher is None:
            self._watcher = FolderWatcher(self._loop)
        return self._watcher

    def _announce(self, job: Job, watch: OutputWatch, output: TaskOutput) -> None:
        self._callbacks.call(partial(_deliver, job, watch, output))


def _deliver(job: Job, watch: OutputWatch, output: TaskOutput) -> None:
    """In the callback thread: calls back, and tells the run if that fails."""
    if not watch.run.is_open:  # it was left meanwhile: the next run is told again
        return
    try:
        watch.deliver(output)
    except Exception as error:
        logger.exception(
            "job %s/%s: the callback for its output %s%s failed",
            job.task_id,
            job.identifier,
            watch.method,
            output.kwargs or tuple(output.args),
        )
        watch.run.report_problem(error)

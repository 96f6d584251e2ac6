"""What a job's own process writes: that it runs, how far it is, how it ended."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from xpm_store import atomic, fs
from xpm_store.errors import StorageError
from xpm_store.events.files import EventWriter
from xpm_store.events.kinds import CarbonMeasured, JobChanged, JobEvent, JobProgressed
from xpm_store.layout import JobFolder
from xpm_store.records.jobs import CarbonTotals, Failure, JobStatus, LevelProgress
from xpm_store.states import JobState

__all__ = ["JobRecorder"]

logger = logging.getLogger("xpm.store")

_LEAST_CHANGE = 0.01
"""Smaller changes of progress, with the same description, are not worth a line."""


class JobRecorder:
    """Writes the events, the status and the marker of one execution of a job.

    The caller holds the lock of the job from before `started` until after `finished`.

    Durability: once `finished` returns, the marker survives a crash of the machine. It is written
    first: whatever happens then, the job has ended as the marker says.
    Concurrency: any thread; the first `finished` wins and later calls do nothing.
    """

    def __init__(self, folder: JobFolder, *, clock: Callable[[], float] = time.time) -> None:
        """Prepares the recorder; nothing is written.

        Args:
            folder: The folder of the job; its status is read, whatever its condition.
            clock: Seconds since 1970.
        """
        self.folder = folder
        self._clock = clock
        self._lock = threading.RLock()
        self._status = JobStatus.read_or_new(folder)
        self._levels: list[LevelProgress] = []
        self._ended = False
        self._told_trouble = False
        # a fresh number: the events of earlier executions stay as they are
        taken = [number for number, _ in folder.live_events() + folder.archived_events()]
        self._events = EventWriter(
            folder.live_event,
            folder.archived_event,
            first=max(taken, default=-1) + 1,
            on_open=self._write_status_before,
        )

    @property
    def status(self) -> JobStatus:
        """The record of the job as this process knows it."""
        return self._status

    def started(self) -> None:
        """The job runs: removes the marker of an earlier failure, says so.

        Raises:
            StorageError: The file system refused.
        """
        with self._lock:
            fs.remove(self.folder.failed)
            status = self._status
            status.path = str(self.folder.path)
            status.state, status.reason = JobState.RUNNING, None
            status.started_at, status.ended_at, status.exit_code = self._clock(), None, None
            status.progress = []
            self._write_event(self._changed())

    def progress(self, level: int, value: float, desc: str | None = None) -> bool:
        """Says how far a level is; deeper levels begin anew.

        A disk that refuses does not stop the task: it is told once in the log.

        Args:
            level: From 0.
            value: Between 0 and 1.
            desc: What is being done; None or empty keeps the former description.

        Returns:
            Whether it was worth a line: a change of at most 0.01 with the same description is
            not, unless it reaches 1.
        """
        with self._lock:
            if self._ended or level < 0 or not self._is_news(level, value, desc):
                return False
            levels = self._levels
            while len(levels) <= level:
                levels.append(LevelProgress(len(levels), 0.0))
            levels[level] = LevelProgress(level, value, desc or levels[level].desc)
            del levels[level + 1 :]
            folder = self.folder
            event = JobProgressed(
                self._clock(), folder.job_id, folder.task_id, level, value, desc or None
            )
            return self._try_event(event)

    def carbon(self, totals: CarbonTotals) -> None:
        """Says what the executions of the job have used until now.

        A disk that refuses does not stop the task: it is told once in the log.
        """
        with self._lock:
            if not self._ended:
                self._status.carbon = totals
                self._try_event(
                    CarbonMeasured(
                        self._clock(),
                        self.folder.job_id,
                        self.folder.task_id,
                        **{name: getattr(totals, name) for name in totals.__slots__},
                        run_group_id=self._status.run_group_id or "",
                    )
                )

    def finished(self, state: JobState, failure: Failure | None = None) -> None:
        """The job has ended: marker, status, event, permanent events; then no pid file.

        Args:
            state: `DONE` or `ERROR`.
            failure: Why, with the exit code; a plain failure by default.

        Raises:
            ValueError: The state is none of these.
            StorageError: The file system refused. If the marker was written the job has ended
                nevertheless (all the other steps were tried); if not, nothing says it ended.
        """
        if not state.finished():
            raise ValueError(f"a job ends done or in error, not {state.value}")
        with self._lock:
            if self._ended:
                return
            if state is JobState.ERROR:
                failure = failure or Failure()
                failure.write(self.folder)
            else:
                failure = None
                atomic.touch(self.folder.done)
            self._ended = True
            self._close(state, failure)

    def _close(self, state: JobState, failure: Failure | None) -> None:
        """Everything after the marker: each step is tried, the first trouble is raised at last."""
        status = self._status
        status.state, status.reason = state, failure.reason if failure else None
        status.ended_at, status.exit_code = self._clock(), failure.code if failure else 0
        status.progress = list(self._levels)
        status.process = None
        troubles: list[StorageError] = []
        steps: tuple[Callable[[], None], ...] = (
            lambda: status.write(self.folder),
            lambda: self._events.write([self._changed()]),
            self._events.archive,
            lambda: fs.remove(self.folder.pid),
        )
        for step in steps:
            try:
                step()
            except StorageError as trouble:
                logger.warning("job %s has ended, but: %s", self.folder.job_id, trouble)
                troubles.append(trouble)
        if troubles:
            raise troubles[0]

    def _changed(self) -> JobChanged:
        status = self._status
        return JobChanged(
            self._clock(),
            self.folder.job_id,
            self.folder.task_id,
            status.state,
            status.reason,
            status.started_at,
            status.ended_at,
            status.exit_code,
            status.retry_count,
        )

    def _is_news(self, level: int, value: float, desc: str | None) -> bool:
        if level >= len(self._levels):
            return True
        last = self._levels[level]
        if desc and desc != last.desc:
            return True
        reaches_end = value >= 1.0 > last.progress
        return reaches_end or abs(value - last.progress) > _LEAST_CHANGE

    def _write_event(self, event: JobEvent) -> None:
        self._events.write([event])

    def _try_event(self, event: JobEvent) -> bool:
        try:
            self._write_event(event)
        except StorageError as trouble:
            if not self._told_trouble:
                self._told_trouble = True
                logger.warning("job %s goes on, but: %s", self.folder.job_id, trouble)
            return False
        return True

    def _write_status_before(self, number: int) -> None:
        """The status before the first event of a file: what it does not tell is in that file."""
        self._status.events_count = number
        self._status.progress = list(self._levels)
        self._status.write(self.folder, durable=False)

"""Where a run stands: typed, frozen views, read from the index of its workspace.

`RunFeed` is the only thing here that reads; the views are plain data, the same for a terminal, a
page or a remote client.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from xpm_store.layout import JobFolder
from xpm_store.states import FailureReason, JobState, RunStatus
from xpm_store.times import to_iso

from xpm_monitor.errors import RunNotFound
from xpm_monitor.text import last_lines

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from xpm_store.index import Index, JobRow, RunRow
    from xpm_store.layout import Workspace
    from xpm_store.records import LevelProgress

__all__ = ["FailedJob", "RunFeed", "RunView", "RunningJob"]

SHOWN_FAILURES = 20
SHOWN_RUNNING = 50
STDERR_LINES = 8
_TAIL_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that runs.

    Attributes:
        started_at: When its process started, in seconds since 1970; None when not known yet.
        progress: What it reported, level 0 first.
    """

    task_id: str
    job_id: str
    tags: Mapping[str, Any]
    started_at: float | None
    progress: tuple[LevelProgress, ...] = ()

    @property
    def label(self) -> str:
        """A short name: the task's last part and the beginning of the identifier."""
        return f"{self.task_id.rpartition('.')[2]}/{self.job_id[:8]}"


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job in error.

    Attributes:
        reason: Why; None when nothing tells.
        stderr: The file of its standard error.
        last_lines: The last lines of that file, made fit to be shown; none for a job that was
            never started.
    """

    task_id: str
    job_id: str
    tags: Mapping[str, Any]
    reason: FailureReason | None
    stderr: Path
    last_lines: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """A short name: the task's last part and the beginning of the identifier."""
        return f"{self.task_id.rpartition('.')[2]}/{self.job_id[:8]}"

    @property
    def was_started(self) -> bool:
        """False when it is only in error because of a job that it depends on."""
        return self.reason is not FailureReason.DEPENDENCY


@dataclass(frozen=True, slots=True)
class RunView:
    """Where a run of an experiment stands at one moment.

    Attributes:
        counts: How many jobs are in each state; states without a job are absent.
        reused: How many of the done jobs were done before this run began.
        running: The jobs that run, the most recent ones when there are many.
        failed: The jobs in error that were started, then those that depend on them; the most
            recent ones when there are many.
        started_at: In seconds since 1970.
    """

    experiment_id: str
    run_id: str
    status: RunStatus = RunStatus.RUNNING
    started_at: float | None = None
    counts: Mapping[JobState, int] = field(default_factory=dict)
    reused: int = 0
    running: tuple[RunningJob, ...] = ()
    failed: tuple[FailedJob, ...] = ()

    @property
    def total(self) -> int:
        """How many jobs the run has, so far."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """How many ended well."""
        return self.counts.get(JobState.DONE, 0)

    @property
    def error(self) -> int:
        """How many are in error."""
        return self.counts.get(JobState.ERROR, 0)

    @property
    def finished(self) -> int:
        """How many ended, well or not."""
        return self.done + self.error


def read_tail(path: Path, count: int = STDERR_LINES) -> tuple[str, ...]:
    """The last lines of a log file; none when it cannot be read."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL_BYTES))
            return last_lines(stream.read(), count)
    except OSError:
        return ()


class RunFeed:
    """Reads where one run stands, as often as one likes.

    Args:
        workspace: The workspace of the run.
        experiment_id: The experiment.
        run_id: The run; None for the current one.

    Concurrency: to be opened, read and closed by one thread.

    Complexity: a read costs what changed since the last one, plus the jobs that it returns.
    """

    def __init__(self, workspace: Workspace, experiment_id: str, run_id: str | None = None) -> None:
        self.workspace = workspace
        self.experiment_id = experiment_id
        self.run_id = run_id
        self._index: Index | None = None
        self._tails: dict[tuple[str, int], tuple[str, ...]] = {}

    def __enter__(self) -> Self:
        from xpm_store.index import Index  # lazy: loads sqlite3

        self._index = Index.open(self.workspace)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def read(self) -> RunView:
        """Where the run stands now.

        Raises:
            RunNotFound: The workspace has no such run.
        """
        assert self._index is not None, "use the feed in a `with` block"
        index = self._index
        index.sync(experiment=self.experiment_id)
        run = self._run(index)
        counts = dict(index.counts(experiment=run.experiment_id, run=run.run_id))
        running = self._jobs_in(index, run, JobState.RUNNING, counts, SHOWN_RUNNING)
        failed = self._jobs_in(index, run, JobState.ERROR, counts, SHOWN_FAILURES)
        failures = [self._failed_job(row) for row in failed]
        return RunView(
            self.experiment_id,
            run.run_id,
            run.status,
            run.started_at,
            counts,
            self._reused(index, run, counts),
            tuple(_running_job(row) for row in running),
            tuple(sorted(failures, key=lambda job: not job.was_started)),
        )

    def _run(self, index: Index) -> RunRow:
        """The record of the run that is read: the current one unless another was asked for."""
        for row in index.runs(self.experiment_id):
            if row.is_current if self.run_id is None else row.run_id == self.run_id:
                return row
        raise RunNotFound(self.experiment_id, self.run_id)

    def _jobs_in(
        self,
        index: Index,
        run: RunRow,
        state: JobState,
        counts: Mapping[JobState, int],
        limit: int,
    ) -> list[JobRow]:
        """The newest jobs of the run in a state; nothing is asked when there are none."""
        if not counts.get(state):
            return []
        where = f"@state = {state.value}"
        return index.jobs(experiment=run.experiment_id, run=run.run_id, where=where, limit=limit)

    def _reused(self, index: Index, run: RunRow, counts: Mapping[JobState, int]) -> int:
        """How many jobs were done before the run began."""
        if run.started_at is None or not counts.get(JobState.DONE):
            return 0
        before = f'@state = done and @ended < "{to_iso(run.started_at)}"'
        found = index.counts(experiment=self.experiment_id, run=run.run_id, where=before)
        return found.get(JobState.DONE, 0)

    def _failed_job(self, row: JobRow) -> FailedJob:
        """The view of a job in error; the end of its log is read once per execution."""
        stderr = JobFolder(row.path).stderr
        lines: tuple[str, ...] = ()
        if row.reason is not FailureReason.DEPENDENCY:
            key = (row.job_id, row.retry_count)
            if key not in self._tails:
                self._tails[key] = read_tail(stderr)
            lines = self._tails[key]
        return FailedJob(row.task_id, row.job_id, row.tags, row.reason, stderr, lines)


def _running_job(row: JobRow) -> RunningJob:
    return RunningJob(row.task_id, row.job_id, row.tags, row.started_at, tuple(row.progress))

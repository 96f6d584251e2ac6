"""Views of a run, read from a real workspace written by the recorders."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from xpm_monitor.errors import RunNotFound
from xpm_monitor.model import RunFeed, RunView, read_tail
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders import JobRecorder, RunRecorder
from xpm_store.records import Failure, SubmittedJob
from xpm_store.states import FailureReason, JobState, RunStatus


class Run:
    """A run that is written step by step."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.recorder = RunRecorder.create(workspace, "study", hostname="here", environment={})

    def submit(self, job_id: str, **tags: object) -> JobFolder:
        """A job of the task `lab.fit`, submitted; returns its folder."""
        self.recorder.job_submitted(SubmittedJob(job_id, "lab.fit", tags, (), 0, time.time()), [])
        folder = self.workspace.job("lab.fit", job_id)
        folder.path.mkdir(parents=True, exist_ok=True)
        return folder

    def tell(self, job_id: str, state: JobState, reason: FailureReason | None = None) -> None:
        """What the scheduler says of a job, written at once."""
        self.recorder.job_state(job_id, "lab.fit", state, reason)
        self.recorder.flush()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    workspace = Workspace(tmp_path)
    folder = workspace.experiment("study")
    folder.path.mkdir(parents=True)
    with FileLock(folder.lock):
        made = Run(workspace)
        yield made
        made.recorder.complete(RunStatus.FAILED)


def read(run: Run) -> RunView:
    with RunFeed(run.workspace, "study") as feed:
        return feed.read()


def test_a_run_without_jobs_is_empty(run: Run) -> None:
    view = read(run)

    assert (view.total, view.finished, view.running, view.failed) == (0, 0, (), ())
    assert view.run_id == run.recorder.run_id
    assert view.status is RunStatus.RUNNING


def test_counts_follow_what_the_scheduler_says(run: Run) -> None:
    run.submit("a" * 64)
    run.submit("b" * 64)
    with RunFeed(run.workspace, "study") as feed:
        run.tell("a" * 64, JobState.WAITING)
        first = feed.read()
        run.tell("a" * 64, JobState.DONE)
        second = feed.read()

    assert first.counts == {JobState.WAITING: 1, JobState.UNSCHEDULED: 1}
    assert (second.total, second.done, second.finished) == (2, 1, 1)


def test_a_running_job_shows_its_own_progress(run: Run) -> None:
    folder = run.submit("a" * 64, lr=0.1)
    run.tell("a" * 64, JobState.SCHEDULED)
    recorder = JobRecorder(folder)
    recorder.started()
    recorder.progress(0, 0.5, "epoch 3")

    view = read(run)

    (job,) = view.running
    assert (job.label, dict(job.tags)) == ("fit/aaaaaaaa", {"lr": 0.1})
    assert [(p.level, p.progress, p.desc) for p in job.progress] == [(0, 0.5, "epoch 3")]
    assert job.started_at is not None
    recorder.finished(JobState.DONE)


def test_a_failed_job_shows_why_and_the_end_of_its_standard_error(run: Run) -> None:
    folder = run.submit("a" * 64)
    folder.stderr.write_text("".join(f"line {i}\n" for i in range(20)) + "\x1b[31mboom\x1b[0m\n")
    recorder = JobRecorder(folder)
    recorder.started()
    recorder.finished(JobState.ERROR, Failure(1, FailureReason.FAILED, "boom"))
    run.tell("a" * 64, JobState.ERROR, FailureReason.FAILED)

    (job,) = read(run).failed

    assert job.reason is FailureReason.FAILED
    assert job.was_started
    assert job.last_lines[-2:] == ("line 19", "boom")
    assert len(job.last_lines) == 8
    assert job.stderr == folder.stderr


def test_a_job_that_depends_on_a_failed_one_comes_last_and_has_no_log(run: Run) -> None:
    run.submit("a" * 64)
    run.tell("a" * 64, JobState.ERROR, FailureReason.FAILED)
    run.submit("b" * 64)
    run.tell("b" * 64, JobState.ERROR, FailureReason.DEPENDENCY)

    first, last = read(run).failed

    assert (first.job_id, last.job_id) == ("a" * 64, "b" * 64)
    assert not last.was_started
    assert last.last_lines == ()


def test_jobs_done_before_the_run_are_reused(run: Run) -> None:
    old = run.submit("a" * 64)
    early = time.time() - 3600
    recorder = JobRecorder(old, clock=lambda: early)
    recorder.started()
    recorder.finished(JobState.DONE)
    run.tell("a" * 64, JobState.DONE)
    new = run.submit("b" * 64)
    recorder = JobRecorder(new)
    recorder.started()
    recorder.finished(JobState.DONE)
    run.tell("b" * 64, JobState.DONE)

    view = read(run)

    assert (view.done, view.reused) == (2, 1)


def test_a_run_that_does_not_exist_is_told(run: Run) -> None:
    with (
        RunFeed(run.workspace, "study", "20000101_000000") as feed,
        pytest.raises(RunNotFound, match="the experiment 'study' has no run '20000101_000000'"),
    ):
        feed.read()


def test_the_end_of_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_tail(tmp_path / "none.err") == ()

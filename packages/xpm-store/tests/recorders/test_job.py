"""What a job's own process writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xpm_store import fs
from xpm_store.events import JobChanged, JobProgressed, decode
from xpm_store.layout import JobFolder, Workspace
from xpm_store.loading import load_job
from xpm_store.recorders import JobRecorder
from xpm_store.records import CarbonTotals, Failure, JobStatus, ProcessRecord
from xpm_store.states import FailureReason, JobState


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = Workspace(tmp_path).job("pkg.fit", "a" * 64)
    folder.private.mkdir(parents=True)
    ProcessRecord.local(os.getpid()).write(folder)
    return folder


class Order:
    """Remembers the operations."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        pass

    def after(self, operation: str, path: Path) -> None:
        self.seen.append((operation, path.name))


def test_while_a_job_runs_its_folder_says_so(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    job.progress(0, 0.3, "epoch")
    view, problems = load_job(folder)
    assert problems == []
    assert view.state is JobState.RUNNING
    assert view.progress[0].progress == 0.3
    assert view.started_at is not None
    status = JobStatus.read(folder)
    assert status is not None and status.events_count == 0
    live, archived = folder.live_event(0), folder.archived_event(0)
    assert live.samefile(archived)


def test_a_job_that_ends_well_leaves_marker_status_and_events_but_no_pid(
    folder: JobFolder,
) -> None:
    job = JobRecorder(folder)
    job.started()
    job.finished(JobState.DONE)
    assert folder.done.read_bytes() == b""
    assert not folder.pid.exists()
    assert folder.live_events() == []
    status = JobStatus.read(folder)
    assert status is not None
    assert (status.state, status.exit_code, status.process) == (JobState.DONE, 0, None)
    assert status.ended_at is not None and status.ended_at >= (status.started_at or 0)
    events = [decode(line) for line in folder.archived_event(0).read_bytes().splitlines()]
    assert [event.state for event in events if isinstance(event, JobChanged)] == [
        JobState.RUNNING,
        JobState.DONE,
    ]


def test_a_failure_keeps_its_reason_exit_code_and_signal_everywhere(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    failure = Failure(137, FailureReason.MEMORY, "out of memory", 9)
    job.finished(JobState.ERROR, failure)
    assert Failure.read(folder) == failure
    status = JobStatus.read(folder)
    assert status is not None
    assert (status.reason, status.exit_code) == (FailureReason.MEMORY, 137)
    last = decode(folder.archived_event(0).read_bytes().splitlines()[-1])
    assert isinstance(last, JobChanged)
    assert (last.reason, last.exit_code) == (FailureReason.MEMORY, 137)
    view, _ = load_job(folder)
    assert (view.state, view.reason, view.exit_code) == (
        JobState.ERROR,
        FailureReason.MEMORY,
        137,
    )


def test_the_marker_comes_before_everything_else(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    order = Order()
    with fs.observed(order):
        job.finished(JobState.DONE)
    assert order.seen[0] == ("create", "fit.done")
    assert order.seen[-1] == ("remove", "fit.pid")


def test_the_marker_of_an_earlier_failure_is_removed(folder: JobFolder) -> None:
    Failure().write(folder)
    JobRecorder(folder).started()
    assert not folder.failed.exists()
    assert load_job(folder)[0].state is JobState.RUNNING


def test_another_execution_has_its_own_event_file_and_keeps_the_others(folder: JobFolder) -> None:
    for number in range(3):
        job = JobRecorder(folder)
        job.started()
        job.finished(JobState.ERROR)
        assert [n for n, _ in folder.archived_events()] == list(range(number + 1))
    killed = JobRecorder(folder)
    killed.started()
    again = JobRecorder(folder)
    again.started()
    assert [n for n, _ in folder.live_events()] == [3, 4]
    status = JobStatus.read(folder)
    assert status is not None and status.events_count == 4


def test_small_changes_of_progress_are_dropped(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    changes: list[tuple[int, float, str | None]] = [
        (0, 0.0, None),
        (0, 0.01, None),
        (0, 0.005, "loading"),
        (0, 0.01, "loading"),
        (0, 0.02, None),
        (0, 0.5, None),
        (1, 0.0, None),
        (1, 0.001, None),
        (0, 0.505, None),
        (0, 0.995, None),
        (0, 1.0, None),
        (0, 1.0, None),
        (-1, 0.5, None),
    ]
    kept = [job.progress(level, value, desc) for level, value, desc in changes]
    assert [number for number, is_kept in enumerate(kept) if is_kept] == [0, 2, 4, 5, 6, 9, 10]


def test_a_kept_progress_is_one_write(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    order = Order()
    with fs.observed(order):
        job.progress(0, 0.5)
    assert [operation for operation, _ in order.seen] == ["write"]


def test_after_1280_events_another_file_begins_and_nothing_is_lost(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    for n in range(1500):
        job.progress(0, n / 10)
    status = JobStatus.read(folder)
    assert status is not None and status.events_count == 1
    view, _ = load_job(folder)
    assert view.progress[0].progress == 149.9
    job.finished(JobState.DONE)
    lines = [len(path.read_bytes().splitlines()) for _, path in folder.archived_events()]
    assert lines == [1280, 222]
    assert folder.live_events() == []


def test_carbon_is_kept_in_events_and_record(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    totals = CarbonTotals(0.5, 1.5, 10.0, 20.0, 5.0, 60.0, "FRA")
    job.carbon(totals)
    assert load_job(folder)[0].carbon == totals
    job.finished(JobState.DONE)
    status = JobStatus.read(folder)
    assert status is not None and status.carbon == totals


def test_the_first_end_wins(folder: JobFolder) -> None:
    job = JobRecorder(folder)
    job.started()
    job.finished(JobState.ERROR, Failure(1, FailureReason.CANCELLED))
    job.finished(JobState.DONE)
    assert not job.progress(0, 0.5)
    assert not folder.done.exists()
    assert load_job(folder)[0].reason is FailureReason.CANCELLED


def test_a_state_that_is_no_end_is_refused(folder: JobFolder) -> None:
    with pytest.raises(ValueError, match="done or in error"):
        JobRecorder(folder).finished(JobState.RUNNING)


def test_what_the_scheduler_wrote_in_the_record_stays(folder: JobFolder) -> None:
    status = JobStatus(folder.job_id, folder.task_id, retry_count=2, resumable=True)
    status.run_group_id, status.extra = "20260101-000000.12", {"later": [1]}
    status.write(folder)
    job = JobRecorder(folder)
    job.started()
    job.finished(JobState.DONE)
    read = JobStatus.read(folder)
    assert read is not None
    assert (read.retry_count, read.resumable, read.run_group_id) == (2, True, "20260101-000000.12")
    assert read.extra == {"later": [1]}


def test_a_damaged_record_does_not_prevent_running(folder: JobFolder) -> None:
    folder.status.write_bytes(b"\x00" * 100)
    job = JobRecorder(folder)
    job.started()
    assert load_job(folder)[0].state is JobState.RUNNING
    assert any(isinstance(decode(line), JobProgressed) for line in _lines(folder, job))


def _lines(folder: JobFolder, job: JobRecorder) -> list[bytes]:
    job.progress(0, 0.5)
    return folder.live_event(0).read_bytes().splitlines()

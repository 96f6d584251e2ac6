"""The state of a job as its folder shows it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xpm_store.layout import JobFolder, Workspace
from xpm_store.processes import Owner
from xpm_store.records import Failure, JobStatus, ProcessRecord, job_state_on_disk
from xpm_store.states import FailureReason, JobState


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = Workspace(tmp_path).job("pkg.fit", "a" * 64)
    folder.private.mkdir(parents=True)
    return folder


def record(folder: JobFolder, state: JobState, **more: object) -> None:
    status = JobStatus(folder.job_id, folder.task_id, state=state)
    for name, value in more.items():
        setattr(status, name, value)
    status.write(folder)


def dead_process() -> ProcessRecord:
    me = Owner.current()
    return ProcessRecord("local", me.pid, me.host, me.boot_id, (me.start_time or 0) - 100)


def test_a_folder_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert job_state_on_disk(Workspace(tmp_path).job("t", "b" * 64)).state is None


def test_a_marker_outweighs_record_and_process(folder: JobFolder) -> None:
    record(folder, JobState.RUNNING)
    ProcessRecord.local(os.getpid()).write(folder)
    Failure(3, FailureReason.TIMEOUT).write(folder)
    disk = job_state_on_disk(folder)
    assert (disk.state, disk.reason, disk.is_marked) == (
        JobState.ERROR,
        FailureReason.TIMEOUT,
        True,
    )
    folder.done.touch()
    disk = job_state_on_disk(folder)
    assert (disk.state, disk.reason, disk.is_marked) == (JobState.DONE, None, True)
    assert disk.ended_at == folder.done.stat().st_mtime


def test_a_living_process_runs(folder: JobFolder) -> None:
    ProcessRecord.local(os.getpid()).write(folder)
    disk = job_state_on_disk(folder)
    assert (disk.state, disk.alive) == (JobState.RUNNING, True)


def test_a_dead_process_without_marker_has_failed(folder: JobFolder) -> None:
    record(folder, JobState.RUNNING)
    dead_process().write(folder)
    disk = job_state_on_disk(folder)
    assert (disk.state, disk.reason, disk.alive) == (
        JobState.ERROR,
        FailureReason.FAILED,
        False,
    )


def test_a_process_that_cannot_be_checked_from_here_is_trusted(folder: JobFolder) -> None:
    record(folder, JobState.SCHEDULED)
    ProcessRecord("slurm", "12", "elsewhere").write(folder)
    disk = job_state_on_disk(folder)
    assert (disk.state, disk.alive) == (JobState.SCHEDULED, None)


def test_a_job_recorded_done_without_marker_has_lost_its_outputs(folder: JobFolder) -> None:
    record(folder, JobState.DONE)
    assert job_state_on_disk(folder).reason is FailureReason.MISSING_OUTPUTS


def test_a_job_recorded_in_error_keeps_its_reason(folder: JobFolder) -> None:
    record(folder, JobState.ERROR, reason=FailureReason.MEMORY)
    assert job_state_on_disk(folder).reason is FailureReason.MEMORY


def test_a_dependency_failure_is_an_error_though_the_job_never_ran(folder: JobFolder) -> None:
    record(
        folder,
        JobState.UNSCHEDULED,
        scheduler_state=JobState.ERROR,
        scheduler_reason=FailureReason.DEPENDENCY,
    )
    disk = job_state_on_disk(folder)
    assert (disk.state, disk.reason) == (JobState.ERROR, FailureReason.DEPENDENCY)


def test_damaged_files_are_reported_and_do_not_hide_the_others(folder: JobFolder) -> None:
    folder.status.write_text("{")
    folder.pid.write_text("[]")
    disk = job_state_on_disk(folder)
    assert disk.state is None
    assert [Path(problem.path).name for problem in disk.problems] == ["status.json", "fit.pid"]
    folder.done.touch()
    assert job_state_on_disk(folder).state is JobState.DONE

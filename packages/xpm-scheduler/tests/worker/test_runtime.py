from __future__ import annotations

import json
from pathlib import Path

import pytest
from xpm_config.runtime import Runtime
from xpm_scheduler.deadline import DEADLINE_VARIABLE
from xpm_scheduler.worker.runtime import JobRuntime
from xpm_store.layout import JobFolder, Workspace
from xpm_store.recorders import JobRecorder
from xpm_store.records import JobStatus
from xpm_store.states import JobState


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    job = Workspace(tmp_path).job("pkg.fit", 64 * "a")
    job.path.mkdir(parents=True)
    return job


def test_progress_goes_to_the_record(folder: JobFolder) -> None:
    recorder = JobRecorder(folder)
    recorder.started()
    runtime: Runtime = JobRuntime(folder, recorder)
    runtime.progress(0.25, 0, "a quarter")
    recorder.finished(JobState.DONE)
    status = JobStatus.read(folder)
    assert status is not None
    assert [(level.progress, level.desc) for level in status.progress] == [(0.25, "a quarter")]


def test_each_output_is_a_line_in_order(folder: JobFolder) -> None:
    runtime = JobRuntime(folder, JobRecorder(folder))
    runtime.task_output("a/f", [1], {})
    runtime.task_output("a/f", [], {"step": 2})
    lines = [json.loads(line) for line in folder.task_outputs.read_text().splitlines()]
    assert lines == [
        {"key": "a/f", "args": [1], "kwargs": {}},
        {"key": "a/f", "args": [], "kwargs": {"step": 2}},
    ]


def test_a_secondary_process_records_nothing(folder: JobFolder) -> None:
    runtime = JobRuntime(folder, None)
    runtime.progress(0.5, 0, None)
    runtime.task_output("a/f", [], {})
    runtime.report({"loss": 1.0})
    assert list(folder.path.iterdir()) == []


def test_the_time_left_and_the_folder_are_those_of_the_job(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DEADLINE_VARIABLE, "12")
    runtime = JobRuntime(folder, None)
    assert runtime.task_path == folder.path
    assert runtime.remaining_time() == 0.0


def reported(folder: JobFolder) -> object:
    return json.loads((folder.path / "results.json").read_text())


def test_what_is_reported_is_kept_and_replaced_by_name(folder: JobFolder) -> None:
    runtime = JobRuntime(folder, JobRecorder(folder))
    runtime.report({"loss": 1.0, "steps": 1})
    runtime.report({"loss": 0.5})
    assert reported(folder) == {"loss": 0.5, "steps": 1}


@pytest.mark.parametrize(
    ("resumable", "found"), [(True, {"before": 1, "after": 2}), (False, {"after": 2})]
)
def test_only_a_resumable_task_goes_on_with_what_an_earlier_start_reported(
    resumable: bool, found: dict[str, int], folder: JobFolder
) -> None:
    JobRuntime(folder, JobRecorder(folder)).report({"before": 1})
    recorder = JobRecorder(folder)
    recorder.status.resumable = resumable
    JobRuntime(folder, recorder).report({"after": 2})
    assert reported(folder) == found


def test_a_report_that_was_damaged_is_begun_anew(folder: JobFolder) -> None:
    (folder.path / "results.json").write_text("{")
    recorder = JobRecorder(folder)
    recorder.status.resumable = True
    JobRuntime(folder, recorder).report({"after": 2})
    assert reported(folder) == {"after": 2}

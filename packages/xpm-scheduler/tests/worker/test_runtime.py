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
    assert list(folder.path.iterdir()) == []


def test_the_time_left_and_the_folder_are_those_of_the_job(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DEADLINE_VARIABLE, "12")
    runtime = JobRuntime(folder, None)
    assert runtime.task_path == folder.path
    assert runtime.remaining_time() == 0.0

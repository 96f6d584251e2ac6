"""An experiment of version 1, shown as a run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import ModuleType

from xpm_store.layout import Workspace
from xpm_store.legacy.loading import load_v1_run, v1_run_state
from xpm_store.legacy.v1 import V1Experiment, v1_experiments
from xpm_store.locks import FileLock
from xpm_store.states import JobState, RunStatus


def of(workspace: Workspace, name: str) -> V1Experiment:
    [found] = [one for one in v1_experiments(workspace) if one.experiment_id == name]
    return found


def snapshot(root: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in root.rglob("*"))


def test_a_run_with_a_failed_job_has_failed_and_its_times_are_those_of_files(
    v1: ModuleType, tmp_path: Path
) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    before = snapshot(workspace.root)
    view = load_v1_run(of(workspace, "mixed")).view
    assert view.run_id == "v1"
    assert view.status is RunStatus.FAILED and not view.is_interrupted
    assert view.counts() == {JobState.DONE: 2, JobState.ERROR: 1}
    assert view.jobs[v1.FAILED].exit_code == 1
    assert view.jobs[v1.DONE].started_at == v1.CHANGED_AT - 100
    assert view.jobs[v1.DONE].ended_at == v1.CHANGED_AT - 50
    assert view.jobs[v1.DONE].submitted_at == v1.CHANGED_AT - 100
    assert (view.started_at, view.ended_at) == (v1.CHANGED_AT - 100, v1.CHANGED_AT - 50)
    assert snapshot(workspace.root) == before


def test_a_run_whose_jobs_are_done_is_done(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    assert load_v1_run(of(workspace, "fine")).view.status is RunStatus.DONE


def test_a_run_that_is_not_finished_runs_as_long_as_someone_is_there(
    v1: ModuleType, tmp_path: Path
) -> None:
    writer = v1.write(tmp_path / "ws")
    folder = writer.job(v1.TRAIN, v1.UNSTARTED, done=None)
    writer.link("fine", folder)
    experiment = of(writer.workspace, "fine")
    view = load_v1_run(experiment).view
    assert view.status is RunStatus.FAILED and view.is_interrupted
    with FileLock(experiment.lock):
        assert load_v1_run(experiment).view.status is RunStatus.RUNNING
    folder.pid.write_text(json.dumps({"type": "local", "pid": os.getpid()}))
    view = load_v1_run(experiment).view
    assert view.status is RunStatus.RUNNING
    assert view.jobs[v1.UNSTARTED].state is JobState.RUNNING
    assert v1_run_state(view, "r").ended_at is None


def test_a_job_whose_folder_is_gone_is_still_one_of_the_run(v1: ModuleType, tmp_path: Path) -> None:
    writer = v1.write(tmp_path / "ws")
    writer.link("fine", writer.workspace.job(v1.TRAIN, v1.UNSTARTED))
    view = load_v1_run(of(writer.workspace, "fine")).view
    assert view.jobs[v1.UNSTARTED].state is JobState.UNSCHEDULED

"""What is found in a workspace of version 1."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store.errors import StorageError
from xpm_store.layout import Workspace
from xpm_store.legacy.v1 import V1Experiment, v1_experiments
from xpm_store.locks import FileLock


def test_the_jobs_of_both_folders_are_those_of_the_experiment(
    v1: ModuleType, tmp_path: Path
) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    fine, mixed = v1_experiments(workspace)
    assert (fine.experiment_id, mixed.experiment_id) == ("fine", "mixed")
    assert mixed.workspace == workspace
    assert {(job.folder.task_id, job.folder.job_id) for job in mixed.jobs()} == {
        (v1.TRAIN, v1.DONE),
        (v1.EVALUATE, v1.FAILED),
        (v1.TRAIN, v1.OLD),
    }
    assert mixed.changed_at() == v1.CHANGED_AT
    assert {job.linked_at for job in mixed.jobs()} == {v1.CHANGED_AT - 100}


def test_a_workspace_of_2_x_has_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert v1_experiments(workspace) == []
    workspace.v1_experiments.symlink_to("/nowhere")
    assert v1_experiments(workspace) == []
    workspace.v1_experiments.unlink()
    (workspace.v1_experiments / "notes").mkdir(parents=True)
    assert v1_experiments(workspace) == []


def test_an_experiment_that_a_program_runs_is_locked(v1: ModuleType, tmp_path: Path) -> None:
    [fine, _] = v1_experiments(v1.write(tmp_path / "ws").workspace)
    assert not fine.is_locked
    with FileLock(fine.lock):
        assert fine.is_locked


def test_a_folder_that_cannot_be_listed_names_its_path(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    loop = workspace.v1_experiments / "mixed" / "jobs" / "loop"
    loop.symlink_to("loop")
    [_, mixed] = v1_experiments(workspace)
    assert len(mixed.jobs()) == 3  # a link to itself is no folder
    links = workspace.v1_experiments / "fine" / "jobs"
    shutil.rmtree(links)
    links.write_text("a file")
    with pytest.raises(StorageError, match=str(links)):
        V1Experiment(links.parent).jobs()

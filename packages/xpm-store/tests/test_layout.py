"""The paths of a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_store.layout import ExperimentFolder, JobFolder, RunFolder, Workspace

JOB_ID = "ab" * 32


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_the_files_of_a_job_carry_the_last_part_of_its_task_id(workspace: Workspace) -> None:
    job = workspace.job("pkg.sub.fit", JOB_ID)
    assert job.path == workspace.root / "jobs" / "pkg.sub.fit" / JOB_ID
    assert (job.task_id, job.job_id, job.name) == ("pkg.sub.fit", JOB_ID, "fit")
    assert [path.name for path in (job.script, job.stdout, job.stderr, job.pid)] == [
        "fit.py",
        "fit.out",
        "fit.err",
        "fit.pid",
    ]
    assert [path.name for path in (job.done, job.failed, job.lock)] == [
        "fit.done",
        "fit.failed",
        "fit.lock",
    ]
    assert job.reader_lock == job.path / ".experimaestro" / "fit.lock"
    assert job.workspace == workspace


def test_a_task_without_dot_gives_its_whole_name(workspace: Workspace) -> None:
    assert workspace.job("fit", JOB_ID).script.name == "fit.py"


def test_live_events_of_a_job_begin_with_the_hash_of_its_task(workspace: Workspace) -> None:
    # from the workspace written by 2.7.0
    job = workspace.job("workspace.make_sample.endless", JOB_ID)
    assert job.live_event(3) == workspace.root / ".events/jobs" / f"0d5f6051-{JOB_ID}-3.jsonl"
    assert job.archived_event(3) == job.path / ".experimaestro/events/event-3.jsonl"


def test_live_events_of_an_experiment_are_not_those_of_one_whose_name_is_longer(
    workspace: Workspace,
) -> None:
    workspace.experiment_events.mkdir(parents=True)
    for name in ("exp-0", "exp-10", "exp-2", "exp-1-0", "exp-1-x", "exp-", "expo-0", "exp-²"):
        (workspace.experiment_events / f"{name}.jsonl").touch()
    (workspace.experiment_events / "exp-3.jsonl.tmp").touch()
    assert [number for number, _ in workspace.experiment("exp").live_events()] == [0, 2, 10]
    assert [number for number, _ in workspace.experiment("exp-1").live_events()] == [0]


def test_the_link_current_and_hidden_folders_are_not_runs(workspace: Workspace) -> None:
    experiment = workspace.experiment("exp")
    for name in ("20260101_000000.10", "20260101_000000.9", "20260101_000000", "20250101_000000"):
        experiment.run(name).path.mkdir(parents=True)
    (experiment.path / ".trash").mkdir()
    experiment.current.symlink_to("20250101_000000")
    experiment.lock.touch()
    assert [run.run_id for run in experiment.runs()] == [
        "20250101_000000",
        "20260101_000000",
        "20260101_000000.9",
        "20260101_000000.10",
    ]
    assert experiment.current_run() == experiment.run("20250101_000000")


@pytest.mark.parametrize("target", [None, "gone", "/elsewhere/exp/gone"])
def test_without_a_valid_link_the_newest_run_is_the_current_one(
    workspace: Workspace, target: str | None
) -> None:
    experiment = workspace.experiment("exp")
    assert experiment.current_run() is None
    for name in ("20260101_000000", "20260102_000000"):
        experiment.run(name).path.mkdir(parents=True)
    if target:
        experiment.current.symlink_to(target)
    assert experiment.current_run() == experiment.run("20260102_000000")


def test_an_absolute_link_current_survives_a_move_of_the_workspace(workspace: Workspace) -> None:
    experiment = workspace.experiment("exp")
    for name in ("20260101_000000", "20260102_000000"):
        experiment.run(name).path.mkdir(parents=True)
    experiment.current.symlink_to("/elsewhere/experiments/exp/20260101_000000")
    assert experiment.current_run() == experiment.run("20260101_000000")


def test_listings_of_an_empty_workspace_are_empty(workspace: Workspace) -> None:
    assert list(workspace.job_folders()) == []
    assert workspace.experiment_folders() == []
    assert workspace.experiment("exp").runs() == []
    assert workspace.job("t", JOB_ID).live_events() == []
    assert not workspace.is_marked


def test_listings_skip_files_and_links(workspace: Workspace) -> None:
    (workspace.jobs / "pkg.fit" / JOB_ID).mkdir(parents=True)
    (workspace.jobs / "pkg.fit" / "note.txt").touch()
    (workspace.jobs / "README").touch()
    (workspace.experiments / "exp").mkdir(parents=True)
    (workspace.experiments / "link").symlink_to("exp")
    assert list(workspace.job_folders()) == [workspace.job("pkg.fit", JOB_ID)]
    assert workspace.experiment_folders() == [workspace.experiment("exp")]


def test_every_path_of_a_folder_is_below_its_workspace(workspace: Workspace) -> None:
    folders: list[Workspace | ExperimentFolder | RunFolder | JobFolder] = [
        workspace,
        workspace.experiment("exp"),
        workspace.experiment("exp").run("r"),
        workspace.job("pkg.fit", JOB_ID),
    ]
    for folder in folders:
        for name in dir(type(folder)):
            if isinstance(getattr(type(folder), name), property):
                value = getattr(folder, name)
                if isinstance(value, Path):
                    assert value.is_relative_to(workspace.root), name

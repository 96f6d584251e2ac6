"""Runs and jobs read from all their files: the workspace written by 2.7.0, and damaged ones."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from xpm_store.layout import Workspace
from xpm_store.loading import load_job, load_run
from xpm_store.records import Environment, RunState, job_state_on_disk
from xpm_store.states import FailureReason, JobState, RunStatus


def test_the_runs_written_by_2_7_0_are_read_as_expected(
    golden_workspace: Workspace, expected: dict[str, Any]
) -> None:
    names = [folder.experiment_id for folder in golden_workspace.experiment_folders()]
    assert names == sorted(expected["experiments"])
    for name, wanted in expected["experiments"].items():
        experiment = golden_workspace.experiment(name)
        assert [run.run_id for run in experiment.runs()] == sorted(wanted["runs"])
        current = experiment.current_run()
        assert current is not None and current.run_id == wanted["current"]
        for run_id, run_wanted in wanted["runs"].items():
            run = experiment.run(run_id)
            state, environment = RunState.read(run), Environment.read(run)
            assert state is not None and environment is not None
            assert state.status.value == run_wanted["status_json"]
            assert state.hostname == run_wanted["hostname"]
            read = environment.status
            assert (read.environment_name if read else None) == run_wanted["environment_status"]
            view = load_run(run).view
            assert set(view.jobs) == set(run_wanted["jobs"])
            assert {name: item.to_json() for name, item in view.actions.items()} == {
                name: {"action_id": name, **item} for name, item in run_wanted["actions"].items()
            }
            for job_id, job_wanted in run_wanted["jobs"].items():
                job = view.jobs[job_id]
                assert job.task_id == job_wanted["task_id"]
                assert dict(job.tags) == job_wanted["tags"]


def test_the_jobs_written_by_2_7_0_are_in_the_expected_states(
    golden_workspace: Workspace, expected: dict[str, Any]
) -> None:
    checked = 0
    for name, wanted in expected["experiments"].items():
        run = golden_workspace.experiment(name).run(wanted["current"])
        loaded = load_run(run)
        assert loaded.problems == []
        for job_id, job in loaded.view.jobs.items():
            job_wanted = expected["jobs"][job_id]
            assert job.state.value == job_wanted["state"], job_id
            assert (job.reason.value if job.reason else None) == job_wanted.get("reason")
            if "progress" in job_wanted:
                assert [
                    {"level": item.level, "progress": item.progress, "desc": item.desc}
                    for item in job.progress
                ] == job_wanted["progress"]
            checked += 1
    assert checked == 22


def test_the_folders_of_jobs_written_by_2_7_0_are_read_as_expected(
    golden_workspace: Workspace, expected: dict[str, Any]
) -> None:
    for job_id, wanted in expected["jobs"].items():
        folder = golden_workspace.job(wanted["task_id"], job_id)
        assert folder.path.is_dir() == wanted["directory"]
        disk = job_state_on_disk(folder)
        if not wanted["directory"]:
            assert disk.state is None
            continue
        assert disk.state is not None and disk.state.value == wanted["state"]
        assert (disk.process is not None) == wanted["pid"]
        assert disk.status is not None
        assert disk.status.state.value == wanted["status"]["state"]
        assert disk.status.retry_count == wanted["status"]["retry_count"]
        assert disk.status.resumable == wanted["status"]["resumable"]
        files = folder.archived_events() or folder.live_events()
        lines = sum(len(path.read_text().splitlines()) for _, path in files)
        assert lines == wanted["events"]


def test_a_killed_run_of_2_7_0_is_failed_and_interrupted(golden_workspace: Workspace) -> None:
    run = golden_workspace.experiment("interrupted").runs()[0]
    view = load_run(run).view
    assert (view.status, view.is_interrupted) == (RunStatus.FAILED, True)


def test_a_run_of_2_7_0_whose_jobs_failed_is_failed(golden_workspace: Workspace) -> None:
    view = load_run(golden_workspace.experiment("sample").runs()[-1]).view
    assert (view.status, view.is_interrupted) == (RunStatus.FAILED, False)


def test_reading_changes_nothing_and_needs_no_right_to_write(golden_workspace: Workspace) -> None:
    def content() -> dict[str, float]:
        return {str(path): path.lstat().st_mtime for path in golden_workspace.root.rglob("*")}

    before = content()
    for experiment in golden_workspace.experiment_folders():
        for run in experiment.runs():
            load_run(run)
    for folder in golden_workspace.job_folders():
        load_job(folder)
    assert content() == before


@pytest.mark.parametrize("damage", ["missing", "empty", "zeros", "list", "half"])
def test_a_run_without_a_good_record_is_found_again_in_its_other_files(
    sample: ModuleType, tmp_path: Path, damage: str
) -> None:
    workspace = sample.write_finished(tmp_path)
    run = workspace.experiment("sample").runs()[0]
    whole = load_run(run).view
    text = run.status.read_bytes()
    contents = {"empty": b"", "zeros": bytes(100), "list": b"[]", "half": text[: len(text) // 2]}
    if damage == "missing":
        run.status.unlink()
    else:
        run.status.write_bytes(contents[damage])
    loaded = load_run(run)
    assert [str(run.status) in str(item) for item in loaded.problems] == [True] * (
        damage != "missing"
    )
    found = loaded.view
    assert found.status is RunStatus.FAILED
    assert found.hostname == whole.hostname
    assert found.actions == whole.actions
    assert {job.job_id: (job.state, job.reason, job.depends_on) for job in found.jobs.values()} == {
        job.job_id: (job.state, job.reason, job.depends_on) for job in whole.jobs.values()
    }


def test_without_jobs_jsonl_the_links_tell_the_jobs(sample: ModuleType, tmp_path: Path) -> None:
    workspace = sample.write_finished(tmp_path)
    run = workspace.experiment("sample").runs()[0]
    run.jobs_jsonl.unlink()
    run.status.unlink()
    for _, path in run.archived_events():
        path.unlink()
    view = load_run(run).view
    assert set(view.jobs) == {digit * 64 for digit in "12345"}
    assert view.jobs[sample.FINE].state is JobState.DONE
    assert view.jobs[sample.BROKEN].reason is FailureReason.FAILED

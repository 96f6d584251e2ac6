"""The records of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.errors import DamagedRecord, LockTimeout
from xpm_store.layout import RunFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.records import (
    Action,
    Environment,
    RunState,
    Service,
    SubmittedJob,
    read_submitted_jobs,
)
from xpm_store.records import runs as runs_module
from xpm_store.states import FailureReason, JobState, RunStatus


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = Workspace(tmp_path).experiment("exp").run("20260101_000000")
    run.path.mkdir(parents=True)
    return run


def full_state() -> RunState:
    return RunState(
        "exp",
        "20260101_000000",
        RunStatus.FAILED,
        "h",
        1.7e9,
        1.7e9 + 1.5,
        {"a": (JobState.DONE, None), "b": (JobState.ERROR, FailureReason.DEPENDENCY)},
        {"b": ("a",)},
        {"s": Service("s", "d", "pkg.S", {"p": {"__path__": "/x"}}, {"state": "RUNNING"})},
        {"x": Action("x", "d", "pkg.X.XPMConfig")},
        ["best"],
        {"sum": {"co2_kg": 1.0}},
        4,
        None,
        {"later": 1},
    )


def test_a_record_survives_its_file(run: RunFolder) -> None:
    full_state().write(run)
    assert RunState.read(run) == full_state()


def test_a_detached_run_is_running_with_an_end(run: RunFolder) -> None:
    state = full_state()
    state.status = RunStatus.DETACHED
    state.write(run)
    assert json.loads(run.status.read_text())["status"] == "running"
    read = RunState.read(run)
    assert read is not None and read.status is RunStatus.DETACHED


junk = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(sorted(full_state().to_json())), junk))
def test_mistyped_fields_of_a_record_count_as_missing(value: dict[str, Any]) -> None:
    state = RunState.from_json(value)
    assert isinstance(state.status, RunStatus)
    assert RunState.from_json(state.to_json()).job_states == state.job_states


def test_services_of_old_versions_are_a_list() -> None:
    state = RunState.from_json({"services": [{"service_id": "s", "description": "d"}, 3]})
    assert set(state.services) == {"s"}


def test_a_record_is_not_replaced_while_another_writer_holds_it(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "LOCK_TIMEOUT_S", 0.01)
    with FileLock(run.status_lock), pytest.raises(LockTimeout):
        full_state().write(run)
    assert not run.status.exists()


def test_a_missing_record_is_none_and_a_damaged_one_says_so(run: RunFolder) -> None:
    assert RunState.read(run) is None
    assert Environment.read(run) is None
    run.status.write_text("[]")
    run.environment.write_text("")
    with pytest.raises(DamagedRecord):
        RunState.read(run)
    with pytest.raises(DamagedRecord):
        Environment.read(run)


def test_an_environment_survives_its_file(run: RunFolder) -> None:
    environment = Environment(
        {"packages": {"a": "1"}, "projects": [None]}, "h", 1.7e9, 1.7e9 + 2, RunStatus.DONE
    )
    environment.write(run)
    assert Environment.read(run) == environment
    assert json.loads(run.environment.read_text())["run"]["status"] == "completed"


def test_submitted_jobs_are_read_in_order_and_the_last_line_of_a_job_wins(run: RunFolder) -> None:
    lines = [
        SubmittedJob("a", "t", {"n": 1}, timestamp=1.0),
        SubmittedJob("b", "t", {}, ("a",), 2, 2.0),
        SubmittedJob("a", "t", {"n": 2}, timestamp=3.0),
    ]
    run.jobs_jsonl.write_text("".join(json.dumps(job.to_json()) + "\n" for job in lines))
    jobs, problems = read_submitted_jobs(run)
    assert problems == []
    assert list(jobs.values()) == [lines[2], lines[1]]


def test_a_line_that_names_no_job_is_reported_and_links_fill_in(run: RunFolder) -> None:
    run.jobs_jsonl.write_text('{"job_id": "a", "task_id": "t"}\n{"kob_id": "b"}\n')
    link = run.job_link("t", "b")
    link.parent.mkdir(parents=True)
    link.symlink_to("/nowhere")
    jobs, problems = read_submitted_jobs(run)
    assert list(jobs) == ["a", "b"]
    assert len(problems) == 1


def test_dependencies_of_a_line_are_ignored_by_those_who_do_not_know_them() -> None:
    value = SubmittedJob("a", "t", {"lr": 0.1}).to_json()
    assert set(value) == {"job_id", "task_id", "tags", "timestamp"}

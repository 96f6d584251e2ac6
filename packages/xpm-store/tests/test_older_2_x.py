"""Workspaces of 2.0, 2.1 and the betas: other names of event files, other links."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_store.jsontext import encode
from xpm_store.layout import RunFolder, Workspace
from xpm_store.loading import load_job, load_run
from xpm_store.locks import FileLock
from xpm_store.recorders import JobRecorder, RunRecorder
from xpm_store.records import JobStatus, RunState
from xpm_store.states import FailureReason, JobState, RunStatus

TASK, FIRST, SECOND = "lab.fit", "1" * 64, "2" * 64
RUN = "20240101_000000"


def lines(path: Path, *objects: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{encode(value)}\n" for value in objects))


def submitted(job_id: str) -> dict[str, object]:
    return {
        "event_type": "JobSubmittedEvent", "timestamp": 1.7e9, "experiment_id": "exp",
        "run_id": RUN, "job_id": job_id, "task_id": TASK, "tags": [{"key": "lr", "value": 0.1}],
        "depends_on": [], "submitted_time": 1.7e9,
    }  # fmt: skip


def changed(job_id: str, state: str) -> dict[str, object]:
    return {
        "event_type": "ExperimentJobStateEvent", "timestamp": 1.7e9 + 1, "experiment_id": "exp",
        "run_id": RUN, "job_id": job_id, "task_id": TASK, "scheduler_state": state,
    }  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of 2.1 that was killed."""
    workspace = Workspace(tmp_path / "ws")
    run = workspace.experiment("exp").run(RUN)
    run.path.mkdir(parents=True)
    workspace.marker.touch()
    RunState("exp", RUN, started_at=1.7e9, events_count=0).write(run)
    lines(
        workspace.experiment_events / "exp" / "events-0.jsonl",
        submitted(FIRST),
        changed(FIRST, "waiting"),
    )
    lines(
        workspace.experiment_events / "exp" / "events-1.jsonl",
        submitted(SECOND),
        changed(FIRST, "error"),
    )
    return run


def test_the_events_of_a_run_of_2_1_are_read(run: RunFolder) -> None:
    view = load_run(run).view
    assert view.status is RunStatus.FAILED and view.is_interrupted
    assert list(view.jobs) == [FIRST, SECOND]
    assert view.jobs[FIRST].state is JobState.ERROR
    assert view.jobs[FIRST].tags == {"lr": 0.1}
    assert view.jobs[FIRST].submitted_at == 1.7e9


def test_the_next_run_closes_a_run_of_2_1_and_puts_its_events_away(run: RunFolder) -> None:
    experiment = run.experiment
    with FileLock(experiment.lock):
        recorder = RunRecorder.create(experiment.workspace, "exp", hostname=None, environment={})
        recorder.complete(RunStatus.DONE)
    assert experiment.live_events() == []
    assert [number for number, _ in run.archived_events()] == [0, 1]
    state = RunState.read(run)
    assert state is not None and state.status is RunStatus.FAILED
    assert state.job_states[FIRST] == (JobState.ERROR, None)


def test_the_events_of_a_job_of_2_0_are_read(run: RunFolder) -> None:
    workspace = run.experiment.workspace
    job = workspace.job(TASK, FIRST)
    job.private.mkdir(parents=True)
    JobStatus(FIRST, TASK, state=JobState.RUNNING, events_count=0).write(job)
    lines(
        workspace.job_events / TASK / f"event-{FIRST}-0.jsonl",
        {"event_type": "JobProgressEvent", "timestamp": 1.7e9, "job_id": FIRST, "task_id": TASK,
         "level": 0, "progress": 0.5, "desc": "half"},
    )  # fmt: skip
    assert load_job(job)[0].progress[0].progress == 0.5
    # and a new execution does not take the same number
    recorder = JobRecorder(job)
    recorder.started()
    assert [number for number, _ in job.live_events()] == [1]
    recorder.finished(JobState.DONE)


@pytest.mark.parametrize(
    "link", [".events/experiments/exp/current", ".experimaestro/experiments/exp"]
)
def test_the_older_links_name_the_current_run(run: RunFolder, link: str) -> None:
    experiment = run.experiment
    experiment.run("20240202_000000").path.mkdir()
    assert experiment.current_run() == experiment.run("20240202_000000")
    path = experiment.workspace.root / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(run.path)
    assert experiment.current_run() == run
    experiment.current.symlink_to("20240202_000000")
    assert experiment.current_run() == experiment.run("20240202_000000")


def test_the_counters_and_the_status_names_of_2_0_are_read(run: RunFolder) -> None:
    run.status.write_text(
        '{"status": "completed", "finished_jobs": 3, "failed_jobs": 1, "services": [],'
        ' "job_states": {"a": "done", "b": "error:DEPENDENCY"}, "dependencies": {"b": ["a"]}}'
    )
    state = RunState.read(run)
    assert state is not None
    assert state.status is RunStatus.DONE
    assert state.job_states["b"] == (JobState.ERROR, FailureReason.DEPENDENCY)
    assert state.extra["finished_jobs"] == 3
    assert state.dependencies == {"b": ("a",)}

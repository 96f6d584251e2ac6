from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest
from xpm_scheduler.job import Job
from xpm_scheduler.run_jobs import RunJobs
from xpm_scheduler.workspace import open_workspace
from xpm_store.states import FailureReason, JobState


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    workspace = open_workspace(tmp_path, None)
    folders = [workspace.layout.job("pkg.fit", str(number)) for number in range(3)]
    return [
        Job(cast(Any, None), folder, launcher=workspace.launcher, workspace=workspace)
        for folder in folders
    ]


def test_jobs_are_counted_by_state(jobs: list[Job]) -> None:
    run = RunJobs()
    for job in jobs:
        run.add(job)
    assert run.counts() == {JobState.UNSCHEDULED: 3}
    run.change(jobs[0], JobState.DONE)
    run.change(jobs[1], JobState.RUNNING)
    assert run.counts() == {JobState.UNSCHEDULED: 1, JobState.DONE: 1, JobState.RUNNING: 1}
    assert list(run.as_dict()) == ["0", "1", "2"]


def test_waiting_ends_when_the_last_job_is_settled(jobs: list[Job]) -> None:
    run = RunJobs()
    run.add(jobs[0])
    run.add(jobs[1])
    waiter = threading.Thread(target=run.wait)
    waiter.start()
    run.settle(jobs[0])
    assert run.unfinished == 1
    run.settle(jobs[1])
    waiter.join(10)
    assert not waiter.is_alive()


def test_a_dormant_job_is_not_waited_for(jobs: list[Job]) -> None:
    run = RunJobs()
    run.add(jobs[0])
    run.add(jobs[1])
    run.change(jobs[0], JobState.TRANSIENT)
    waiter = threading.Thread(target=run.wait)
    waiter.start()
    run.settle(jobs[1])
    waiter.join(10)
    assert not waiter.is_alive()


def test_failures_by_themselves_are_told_from_those_of_a_dependency(jobs: list[Job]) -> None:
    run = RunJobs()
    for job, reason in zip(jobs, (FailureReason.TIMEOUT, FailureReason.DEPENDENCY), strict=False):
        run.add(job)
        job.state, job.failure_reason = JobState.ERROR, reason
    assert run.failed() == jobs[:2]
    assert run.failed(by_themselves=True) == jobs[:1]

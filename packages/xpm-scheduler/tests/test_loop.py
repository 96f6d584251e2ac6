"""The scheduler's shell, with jobs that are found done or running, or that wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from xpm_config.modes import TransientMode
from xpm_scheduler.core import WaitingForDependency, WaitingForNeed
from xpm_scheduler.job import Job
from xpm_scheduler.listeners import Listener
from xpm_scheduler.loop import Scheduler
from xpm_scheduler.workspace import ExperimentWorkspace, open_workspace
from xpm_store.locks import FileLock
from xpm_store.records import Failure, ProcessRecord
from xpm_store.states import FailureReason, JobState


@pytest.fixture
def workspace(tmp_path: Path) -> ExperimentWorkspace:
    return open_workspace(tmp_path, None)


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    scheduler = Scheduler()
    yield scheduler
    scheduler.stop()


def make(workspace: ExperimentWorkspace, name: str, *after: Job, **options: Any) -> Job:
    folder = workspace.layout.job("pkg.fit", name)
    folder.path.mkdir(parents=True)
    return Job(
        cast(Any, None),
        folder,
        launcher=workspace.launcher,
        workspace=workspace,
        dependencies=after,
        **options,
    )


def live(job: Job) -> Job:
    """The job has a live process: this one."""
    ProcessRecord.local(os.getpid()).write(job.folder)
    return job


def test_a_job_found_done_is_done(scheduler: Scheduler, workspace: ExperimentWorkspace) -> None:
    job = make(workspace, "1")
    job.folder.done.touch()
    scheduler.submit(job)
    assert job.wait(10) is JobState.DONE


def test_a_thousand_jobs_found_done_use_one_thread(
    scheduler: Scheduler, workspace: ExperimentWorkspace
) -> None:
    before = threading.active_count()
    jobs: list[Job] = []
    for number in range(1_000):
        # every job is looked up; those that are done need no dependency
        job = make(workspace, str(number), *jobs[-1:])
        job.folder.done.touch()
        jobs.append(job)
        scheduler.submit(job)
    assert jobs[-1].wait(60) is JobState.DONE
    assert threading.active_count() <= before


def test_why_a_job_waits_can_be_asked(scheduler: Scheduler, workspace: ExperimentWorkspace) -> None:
    first = live(make(workspace, "1"))
    second = make(workspace, "2", first)
    asleep = make(workspace, "3", transient=TransientMode.TRANSIENT)
    for job in (first, second, asleep):
        scheduler.submit(job)
    scheduler.catch_up()
    scheduler.catch_up()
    assert first.state is JobState.RUNNING
    assert second.state is JobState.WAITING
    reason = scheduler.waiting_for(second)
    assert isinstance(reason, WaitingForDependency)
    assert scheduler.job(reason.job) is first
    assert scheduler.waiting_for(asleep) == WaitingForNeed()
    assert scheduler.waiting_for(first) is None


def test_jobs_that_nobody_waits_for_any_more_are_given_up_and_can_be_forgotten(
    scheduler: Scheduler, workspace: ExperimentWorkspace
) -> None:
    first = live(make(workspace, "1"))
    second = make(workspace, "2", first)
    scheduler.submit(first)
    scheduler.submit(second)
    scheduler.catch_up()
    scheduler.withdraw([first, second])
    assert second.wait(10) is JobState.UNSCHEDULED
    assert scheduler.find(second.path) is second
    scheduler.forget([first, second])
    scheduler.catch_up()
    assert scheduler.find(second.path) is None
    assert scheduler.find(first.path) is first  # it runs: it is followed to its end


def test_a_job_that_cannot_be_started_fails_with_the_reason(
    scheduler: Scheduler, workspace: ExperimentWorkspace
) -> None:
    job = make(workspace, "1")  # without a task: its parameters cannot be written
    scheduler.submit(job)
    assert job.wait(10) is JobState.ERROR
    assert job.failure_reason is FailureReason.FAILED
    failure = Failure.read(job.folder)
    assert failure is not None
    assert "could not be started" in (failure.message or "")
    assert FileLock(job.folder.lock).acquire(0)


def test_a_job_whose_lock_is_held_waits_and_can_be_given_up(
    scheduler: Scheduler, workspace: ExperimentWorkspace
) -> None:
    job = make(workspace, "1")
    with FileLock(job.folder.lock):
        scheduler.submit(job)
        scheduler.catch_up()
        scheduler.withdraw([job])
        assert job.wait(10) is JobState.UNSCHEDULED


def test_a_job_that_another_scheduler_has_done_while_we_waited_for_its_lock_is_done(
    scheduler: Scheduler, workspace: ExperimentWorkspace
) -> None:
    job = make(workspace, "1")
    with FileLock(job.folder.lock):
        scheduler.submit(job)
        scheduler.catch_up()
        job.folder.done.touch()
    assert job.wait(10) is JobState.DONE


def test_listeners_are_told_in_order_on_the_callback_thread(
    scheduler: Scheduler, workspace: ExperimentWorkspace
) -> None:
    told: list[tuple[str, bool]] = []

    class Tell(Listener):
        def on_job_submitted(self, job: Job) -> None:
            told.append(("submitted", scheduler.callbacks.is_current))

        def on_job_state_changed(self, job: Job) -> None:
            told.append((job.state.value, scheduler.callbacks.is_current))

    listener = Tell()
    scheduler.addlistener(listener)
    job = make(workspace, "1")
    job.folder.done.touch()
    scheduler.submit(job)
    job.wait(10)
    assert told == [("submitted", True), ("done", True)]
    scheduler.removelistener(listener)
    scheduler.submit(job)
    job.wait(10)
    assert len(told) == 2

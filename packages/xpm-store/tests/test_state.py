"""The reducer."""

from __future__ import annotations

import copy
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.events import (
    ActionAdded,
    CarbonMeasured,
    Event,
    JobChanged,
    JobInRunChanged,
    JobProgressed,
    RunCompleted,
    ServiceAdded,
)
from xpm_store.records import DiskState, Failure, JobStatus, LevelProgress, RunState, SubmittedJob
from xpm_store.state import JobView, Reducer, RunView, fold, observe, settle, start_job, start_run
from xpm_store.states import FailureReason, JobState, RunStatus

JOBS = ["a", "b", "c"]
times = st.floats(0, 100)
names = st.sampled_from(JOBS)
runs = st.sampled_from(["r", "", "other"])
reasons = st.none() | st.sampled_from(FailureReason)
optional_times = st.none() | times
run_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        JobInRunChanged,
        times,
        st.just("x"),
        runs,
        names,
        st.just("t"),
        st.none() | st.sampled_from(JobState),
        reasons,
        st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    ),
    st.builds(ActionAdded, times, st.just("x"), runs, names, st.text(), st.text()),
    st.builds(ServiceAdded, times, st.just("x"), runs, names, st.text(), st.text()),
    st.builds(RunCompleted, times, st.just("x"), runs, st.sampled_from(RunStatus), optional_times),
)
job_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        JobChanged,
        times,
        names,
        st.just("t"),
        st.sampled_from(JobState),
        reasons,
        optional_times,
        optional_times,
        st.none() | st.integers(0, 255),
        st.integers(0, 3),
    ),
    st.builds(JobProgressed, times, names, st.just("t"), st.integers(0, 4), st.floats(0, 1)),
    st.builds(CarbonMeasured, times, names, st.just("t"), times),
)
histories = st.lists(run_events | job_events, max_size=30)


@given(histories, st.integers(0, 30))
def test_folding_in_two_steps_gives_the_same_as_in_one(history: list[Event], cut: int) -> None:
    start = RunView("x", "r")
    assert fold(history, start) == fold(history[cut:], fold(history[:cut], start))


@given(histories, histories)
def test_folding_does_not_change_what_it_starts_from(first: list[Event], more: list[Event]) -> None:
    start = fold(first, RunView("x", "r"))
    before = copy.deepcopy(start)
    fold(more, start)
    assert start == before


@given(histories)
def test_a_reducer_shows_what_fold_gives_and_its_views_do_not_change(history: list[Event]) -> None:
    reducer = Reducer(RunView("x", "r"))
    views = [copy.deepcopy(reducer.view)]
    shown = [reducer.view]
    for event in history:
        reducer.add([event])
        shown.append(reducer.view)
        views.append(copy.deepcopy(shown[-1]))
    assert shown == views
    assert shown[-1] == fold(history, RunView("x", "r"))


@given(histories)
def test_a_job_alone_is_the_same_as_in_its_run(history: list[Event]) -> None:
    history = [event for event in history if getattr(event, "run_id", "r") in ("r", "")]
    start = {name: JobView(name, "t") for name in JOBS}
    run = fold(history, RunView("x", "r", jobs=dict(start)))
    assert run.jobs == {name: fold(history, view) for name, view in start.items()}


@given(histories)
def test_an_error_has_no_state_but_its_own_and_progress_is_numbered(history: list[Event]) -> None:
    for job in fold(history, RunView("x", "r")).jobs.values():
        assert job.state in (job.scheduler_state, job.execution_state)
        assert [item.level for item in job.progress] == list(range(len(job.progress)))


def said(at: float, state: JobState | None, reason: FailureReason | None = None) -> Event:
    return JobInRunChanged(at, "x", "r", "a", "t", state, reason)


def ran(at: float, state: JobState, reason: FailureReason | None = None) -> Event:
    return JobChanged(at, "a", "t", state, reason, at if state is JobState.RUNNING else None)


@pytest.mark.parametrize(
    ("history", "state", "reason"),
    [
        ([said(1, None)], JobState.UNSCHEDULED, None),
        ([said(1, JobState.TRANSIENT)], JobState.TRANSIENT, None),
        ([said(1, JobState.SCHEDULED), ran(2, JobState.RUNNING)], JobState.RUNNING, None),
        # the process was faster than its scheduler
        ([ran(1, JobState.RUNNING), said(2, JobState.SCHEDULED)], JobState.RUNNING, None),
        ([said(1, JobState.SCHEDULED), ran(2, JobState.DONE)], JobState.DONE, None),
        # a new try after a failure
        ([ran(1, JobState.ERROR), said(2, JobState.WAITING)], JobState.WAITING, None),
        (
            [ran(1, JobState.ERROR), said(2, JobState.ERROR), ran(3, JobState.RUNNING)],
            JobState.RUNNING,
            None,
        ),
        # killed: the process said nothing more
        (
            [ran(1, JobState.RUNNING), said(2, JobState.ERROR, FailureReason.MEMORY)],
            JobState.ERROR,
            FailureReason.MEMORY,
        ),
        # the one that knows the reason
        (
            [ran(1, JobState.ERROR, FailureReason.TIMEOUT), said(2, JobState.ERROR)],
            JobState.ERROR,
            FailureReason.TIMEOUT,
        ),
        (
            [said(1, JobState.ERROR, FailureReason.DEPENDENCY)],
            JobState.ERROR,
            FailureReason.DEPENDENCY,
        ),
        # an old failure, then a run that found it done
        ([ran(1, JobState.ERROR), said(2, JobState.DONE)], JobState.DONE, None),
    ],
)
def test_what_is_shown_of_two_views(
    history: list[Event], state: JobState, reason: FailureReason | None
) -> None:
    job = fold(history, RunView("x", "r", jobs={"a": JobView("a", "t")})).jobs["a"]
    assert (job.state, job.reason) == (state, reason)


def test_progress_of_a_level_ends_the_deeper_ones_and_keeps_its_description() -> None:
    def at(level: int, value: float, desc: str | None = None) -> Event:
        return JobProgressed(1.0, "a", "t", level, value, desc)

    job = fold([at(2, 0.5, "batch"), at(0, 0.1, "epoch"), at(0, 0.2)], JobView("a", "t"))
    assert job.progress == (LevelProgress(0, 0.2, "epoch"),)
    job = fold([at(1, 0.5, "batch")], job)
    assert job.progress == (LevelProgress(0, 0.2, "epoch"), LevelProgress(1, 0.5, "batch"))


def test_events_of_another_run_are_skipped() -> None:
    other: list[Event] = [
        JobInRunChanged(1.0, "x", "other", "a", "t", JobState.DONE),
        ActionAdded(1.0, "x", "other", "act", "", ""),
        RunCompleted(1.0, "x", "other", RunStatus.DONE),
    ]
    assert fold(other, RunView("x", "r")) == RunView("x", "r")


def test_a_job_that_starts_again_forgets_how_it_ended() -> None:
    first: list[Event] = [
        JobChanged(1.0, "a", "t", JobState.RUNNING, None, 1.0),
        JobProgressed(2.0, "a", "t", 0, 0.5),
        JobChanged(3.0, "a", "t", JobState.ERROR, FailureReason.FAILED, 1.0, 3.0, 2),
    ]
    job = fold(first, JobView("a", "t"))
    assert (job.exit_code, job.ended_at) == (2, 3.0)
    job = fold([JobChanged(4.0, "a", "t", JobState.RUNNING, None, 4.0)], job)
    assert (job.state, job.exit_code, job.ended_at, job.progress) == (
        JobState.RUNNING,
        None,
        None,
        (),
    )


def test_a_record_gives_the_start_of_a_run() -> None:
    state = RunState("x", "r", job_states={"a": (JobState.ERROR, FailureReason.TIMEOUT)})
    state.dependencies = {"b": ("a",)}
    run = start_run(state, [SubmittedJob("a", "t"), SubmittedJob("b", "t", {"k": 1})])
    assert (run.jobs["a"].state, run.jobs["a"].reason) == (JobState.ERROR, FailureReason.TIMEOUT)
    assert run.jobs["b"].depends_on == ("a",)
    assert run.counts() == {JobState.ERROR: 1, JobState.UNSCHEDULED: 1}


def test_a_dependency_failure_told_by_the_scheduler_only_is_an_error() -> None:
    status = JobStatus("a", "t", scheduler_state=JobState.ERROR)
    status.scheduler_reason = FailureReason.DEPENDENCY
    job = start_job(status)
    assert (job.state, job.reason) == (JobState.ERROR, FailureReason.DEPENDENCY)


@pytest.mark.parametrize("state", JobState)
def test_a_marker_outweighs_whatever_was_said(state: JobState) -> None:
    job = JobView("a", "t", state)
    assert observe(job, DiskState(JobState.DONE, is_marked=True)).state is JobState.DONE
    failure = Failure(137, FailureReason.MEMORY)
    failed = DiskState(JobState.ERROR, FailureReason.MEMORY, True, failure=failure)
    seen = observe(job, failed)
    assert (seen.state, seen.reason, seen.exit_code) == (JobState.ERROR, FailureReason.MEMORY, 137)


@pytest.mark.parametrize(
    ("status", "is_locked", "jobs", "shown", "is_interrupted"),
    [
        (RunStatus.RUNNING, True, [JobState.ERROR], RunStatus.RUNNING, False),
        (RunStatus.RUNNING, False, [], RunStatus.FAILED, True),
        (RunStatus.DONE, False, [JobState.DONE, JobState.TRANSIENT], RunStatus.DONE, False),
        (RunStatus.DONE, False, [JobState.DONE, JobState.ERROR], RunStatus.FAILED, False),
        (RunStatus.DETACHED, False, [JobState.RUNNING], RunStatus.DETACHED, False),
        (RunStatus.FAILED, False, [], RunStatus.FAILED, False),
    ],
)
def test_a_killed_run_and_one_whose_jobs_failed_are_failed(
    status: RunStatus,
    is_locked: bool,
    jobs: list[JobState],
    shown: RunStatus,
    is_interrupted: bool,
) -> None:
    views = {
        str(n): JobView(str(n), "t", state)
        for n, state in zip(itertools.count(), jobs, strict=False)
    }
    run = settle(RunView("x", "r", status, jobs=views), is_locked=is_locked)
    assert (run.status, run.is_interrupted) == (shown, is_interrupted)


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("transient", [0, 1, 2])
@pytest.mark.parametrize("has_folder", [True, False])
def test_only_a_done_job_that_should_have_a_folder_is_deleted(
    state: JobState, transient: int, has_folder: bool
) -> None:
    view = JobView("a", "t", state, transient=transient)
    shown = observe(view, DiskState(None), has_folder=has_folder)
    if state is JobState.DONE and transient != 2 and not has_folder:
        assert (shown.state, shown.reason) == (JobState.ERROR, FailureReason.DELETED)
        assert view.state is JobState.DONE  # it is not changed
    else:
        assert shown == view


def test_a_run_whose_jobs_were_deleted_later_is_done() -> None:
    deleted = JobView("a", "t", JobState.ERROR, FailureReason.DELETED)
    run = RunView("x", "r", RunStatus.DONE, jobs={"a": deleted})
    assert settle(run, is_locked=False).status is RunStatus.DONE
    run.jobs["b"] = JobView("b", "t", JobState.ERROR, FailureReason.MISSING_OUTPUTS)
    assert settle(run, is_locked=False).status is RunStatus.FAILED

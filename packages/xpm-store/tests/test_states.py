"""Names and predicates of states."""

from __future__ import annotations

import pytest
from xpm_store.states import FailureReason, JobState, RunStatus, state_name


@pytest.mark.parametrize("state", JobState)
def test_a_state_reads_back_from_its_name_in_any_case(state: JobState) -> None:
    assert JobState.read(state.value) is state
    assert JobState.read(state.value.upper()) is state
    assert str(state) == state.value


def test_submitted_is_read_as_unscheduled() -> None:
    assert JobState.read("submitted") is JobState.UNSCHEDULED


@pytest.mark.parametrize("name", [None, 3, "", "lost", ["done"]])
def test_what_is_no_state_reads_as_none(name: object) -> None:
    assert JobState.read(name) is None
    assert JobState.read_with_reason(name) is None
    assert FailureReason.read(name) is None
    assert RunStatus.read(name if isinstance(name, str) else None) is None


@pytest.mark.parametrize(
    ("state", "predicates"),
    [
        (JobState.UNSCHEDULED, {"is_unscheduled", "notstarted"}),
        (JobState.TRANSIENT, {"is_unscheduled", "notstarted"}),
        (JobState.WAITING, {"notstarted"}),
        (JobState.READY, {"notstarted"}),
        (JobState.SCHEDULED, {"running"}),
        (JobState.RUNNING, {"running"}),
        (JobState.DONE, {"finished"}),
        (JobState.ERROR, {"finished", "is_error"}),
    ],
)
def test_predicates_are_those_of_the_contract(state: JobState, predicates: set[str]) -> None:
    names = {"is_unscheduled", "notstarted", "running", "finished", "is_error"}
    assert {name for name in names if getattr(state, name)()} == predicates


@pytest.mark.parametrize("reason", [None, *FailureReason])
def test_an_error_keeps_its_reason_in_its_name(reason: FailureReason | None) -> None:
    name = state_name(JobState.ERROR, reason)
    assert JobState.read_with_reason(name) == (JobState.ERROR, reason)


def test_all_reasons_are_distinct_deleted_and_missing_outputs_included() -> None:
    assert len({reason.value for reason in FailureReason}) == len(FailureReason) == 9
    assert {"DELETED", "MISSING_OUTPUTS"} <= {reason.value for reason in FailureReason}


def test_every_state_has_an_icon_and_a_rank() -> None:
    assert all(state.icon for state in JobState)
    assert all(reason.icon for reason in FailureReason)
    assert [state.rank for state in JobState] == [0, 0, 1, 2, 3, 4, 5, 5]


@pytest.mark.parametrize("status", RunStatus)
def test_a_run_status_is_read_in_both_vocabularies(status: RunStatus) -> None:
    assert RunStatus.read(status.value) is status
    if status.environment_name:
        assert RunStatus.read(status.environment_name) is status
    assert RunStatus.read("active") is RunStatus.RUNNING

"""Lines of events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    decode,
    encode,
    event_of,
)
from xpm_store.layout import Workspace
from xpm_store.states import FailureReason, JobState, RunStatus

EVENTS: list[Event] = [
    JobInRunChanged(1.5, "x", "r", "a", "t", None, None, {"lr": 0.1}, ("b",), 1.7e9),
    JobInRunChanged(1.5, "x", "r", "a", "t", JobState.ERROR, FailureReason.DELETED),
    ActionAdded(1.5, "x", "r", "act", "d", "pkg.A.XPMConfig"),
    ServiceAdded(1.5, "x", "r", "s", "d", "pkg.S", {"p": 1}),
    RunCompleted(1.5, "x", "r", RunStatus.DETACHED, 1.7e9),
    JobChanged(1.5, "a", "t", JobState.ERROR, FailureReason.MEMORY, 1.7e9, 1.7e9 + 1, 137, 2),
    JobProgressed(1.5, "a", "t", 1, 0.5, "epoch"),
    CarbonMeasured(1.5, "a", "t", 0.1, 0.2, 3.0, 4.0, 5.0, 60.0, "FRA", True, False, "g"),
]
FIELDS = {
    "ExperimentJobStateEvent": "experiment_id run_id job_id task_id scheduler_state "
    "failure_reason tags depends_on submitted_time",
    "ActionAddedEvent": "experiment_id run_id action_id description action_class",
    "ServiceAddedEvent": "experiment_id run_id service_id description service_class state_dict",
    "RunCompletedEvent": "experiment_id run_id status ended_at",
    "JobStateChangedEvent": "job_id task_id state failure_reason started_time ended_time "
    "exit_code retry_count progress",
    "JobProgressEvent": "job_id task_id level progress desc",
    "CarbonMetricsEvent": "job_id task_id co2_kg energy_kwh cpu_power_w gpu_power_w ram_power_w "
    "duration_s region is_final written run_group_id",
}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_its_line_and_has_the_fields_of_the_contract(event: Event) -> None:
    line = encode(event)
    assert line.endswith("\n") and line.count("\n") == 1
    assert decode(line.encode()) == event
    value = json.loads(line)
    assert set(value) == {*FIELDS[value["event_type"]].split(), "timestamp", "event_type"}


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
damaged = st.dictionaries(
    st.sampled_from(sorted({n for f in FIELDS.values() for n in f.split()})), junk
)


@given(st.sampled_from([*FIELDS, "JobSubmittedEvent", "Later"]), damaged)
def test_damaged_fields_never_stop_a_reader(kind: str, value: dict[str, Any]) -> None:
    event = event_of({**value, "event_type": kind})
    if event is not None:
        encode(event)


def test_unknown_kinds_and_fields_are_skipped_and_missing_ones_have_defaults() -> None:
    assert decode(b'{"event_type": "WarningEvent"}') is None
    assert decode(b'{"event_type": ["x"]}') is None
    assert decode(b"{}") is None
    line = b'{"event_type": "JobProgressEvent", "job_id": "a", "colour": 3}'
    assert decode(line) == JobProgressed(0.0, "a", "", 0, 0.0)


def test_a_line_that_is_no_object_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="an object was expected"):
        decode(b"[]")


def test_a_submission_of_2_1_is_read() -> None:
    line = b'{"event_type":"JobSubmittedEvent","job_id":"a","task_id":"t","tags":{"k":1}}'
    assert decode(line) == JobInRunChanged(0.0, "", "", "a", "t", None, None, {"k": 1})


def test_every_event_written_by_2_7_0_is_read(golden_workspace: Workspace) -> None:
    count = 0
    for path in sorted(Path(golden_workspace.root).rglob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            value = json.loads(line)
            if "event_type" in value:
                assert decode(line) is not None
                count += 1
    assert count > 150

"""The records of a job."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.errors import DamagedRecord
from xpm_store.layout import JobFolder, Workspace
from xpm_store.records import (
    CarbonTotals,
    Failure,
    JobStatus,
    LevelProgress,
    ProcessRecord,
    read_params,
    write_params,
)
from xpm_store.states import FailureReason, JobState


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = Workspace(tmp_path).job("pkg.fit", "a" * 64)
    folder.path.mkdir(parents=True)
    return folder


def test_a_status_survives_its_file(folder: JobFolder) -> None:
    status = JobStatus(
        folder.job_id,
        folder.task_id,
        str(folder.path),
        JobState.ERROR,
        FailureReason.TIMEOUT,
        JobState.WAITING,
        None,
        1.7e9,
        1.7e9 + 0.123456,
        124,
        2,
        True,
        [LevelProgress(0, 0.5, "x"), LevelProgress(1, 0.25)],
        ProcessRecord.local(os.getpid()),
        CarbonTotals(1.0, region="FRA"),
        CarbonTotals(0.5),
        "20260101-000000.01",
        3,
        {"later": True},
    )
    status.write(folder)
    assert JobStatus.read(folder) == status


junk = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(sorted(JobStatus("a", "t").to_json())), junk))
def test_mistyped_fields_of_a_status_count_as_missing(value: dict[str, Any]) -> None:
    status = JobStatus.from_json(value)
    assert isinstance(status.state, JobState)
    assert JobStatus.from_json(status.to_json()) == status


def test_a_missing_status_is_none_and_a_damaged_one_says_so(folder: JobFolder) -> None:
    assert JobStatus.read(folder) is None
    folder.private.mkdir()
    folder.status.write_text("{")
    with pytest.raises(DamagedRecord, match="not JSON"):
        JobStatus.read(folder)
    assert JobStatus.read_or_new(folder).job_id == folder.job_id


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        ('{"code": 1, "reason": "failed"}', Failure(1, FailureReason.FAILED)),
        (
            '{"code": 2, "reason": "Timeout", "message": "m"}',
            Failure(2, FailureReason.TIMEOUT, "m"),
        ),
        ('{"failure_status": "MEMORY", "reason": "failed"}', Failure(1, FailureReason.MEMORY)),
        ("3", Failure(3)),
        ("", Failure()),
        ('{"code": "x", "reason": 4}', Failure()),
        ("[", Failure()),
    ],
)
def test_a_failure_is_read_whatever_wrote_it(
    folder: JobFolder, content: str, failure: Failure
) -> None:
    folder.failed.write_text(content)
    assert Failure.read(folder) == failure


@pytest.mark.parametrize("reason", FailureReason)
def test_a_failure_survives_its_file(folder: JobFolder, reason: FailureReason) -> None:
    failure = Failure(139, reason, "it fell", 11)
    failure.write(folder)
    assert Failure.read(folder) == failure
    assert json.loads(folder.failed.read_text())["reason"] == reason.value.lower()


def test_no_marker_is_no_failure(folder: JobFolder) -> None:
    assert Failure.read(folder) is None


def test_a_process_record_keeps_what_it_does_not_know(folder: JobFolder) -> None:
    slurm = {"type": "slurm", "pid": "123", "options": [["binpath", "/b"]], "host": "h"}
    folder.pid.write_text(json.dumps(slurm))
    record = ProcessRecord.read(folder)
    assert record is not None
    assert record.to_json() == slurm
    assert record.owner is None


def test_a_local_process_record_tells_its_process_from_a_later_one(folder: JobFolder) -> None:
    ProcessRecord.local(os.getpid()).write(folder)
    record = ProcessRecord.read(folder)
    assert record is not None and record.owner is not None
    assert record.owner.is_alive() is True
    assert set(record.to_json()) >= {"type", "pid", "host"}


def test_a_pid_file_without_number_is_damaged(folder: JobFolder) -> None:
    assert ProcessRecord.read(folder) is None
    folder.pid.write_text('{"type": "local"}')
    with pytest.raises(DamagedRecord, match="no process number"):
        ProcessRecord.read(folder)


def test_params_survive_their_file_with_numbers_of_any_size(folder: JobFolder) -> None:
    write_params(folder, {"version": 3, "objects": [{"fields": {"n": 2**100}}]})
    assert read_params(folder)["objects"] == [{"fields": {"n": 2**100}}]
    assert read_params(folder.params)["version"] == 3


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "never started"),
        ("{", "not JSON"),
        ("[]", "object was expected"),
        ('{"version": 4}', "newer version"),
        ('{"version": "x"}', "not known"),
    ],
)
def test_params_that_cannot_be_used_say_why(
    folder: JobFolder, content: str | None, problem: str
) -> None:
    if content is not None:
        folder.params.write_text(content)
    with pytest.raises(DamagedRecord, match=problem):
        read_params(folder)

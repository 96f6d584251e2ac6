"""Dynamic outputs, as they are written and followed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xpm_store import task_outputs
from xpm_store.layout import JobFolder, Workspace
from xpm_store.task_outputs import TaskOutput


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return Workspace(tmp_path).job("lab.learn", "1" * 64)


def test_outputs_are_followed_from_where_one_stands(job: JobFolder) -> None:
    assert task_outputs.read(job).outputs == []
    first, second = TaskOutput("abc/checkpoint", [1]), TaskOutput("abc/checkpoint", [], {"n": 2})
    task_outputs.append(job, first)
    read = task_outputs.read(job)
    assert read.outputs == [first] and read.problems == []
    task_outputs.append(job, second)
    after = task_outputs.read(job, read.next_offset)
    assert after.outputs == [second]
    assert task_outputs.read(job, after.next_offset).outputs == []
    assert task_outputs.read(job).outputs == [first, second]
    assert job.task_outputs == job.path / ".experimaestro" / "task-outputs.jsonl"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50)
@given(args=st.lists(JSON, max_size=3), kwargs=st.dictionaries(st.text(), JSON, max_size=3))
def test_arguments_survive_the_file(
    tmp_path_factory: pytest.TempPathFactory,
    args: list[object],
    kwargs: dict[str, object],
) -> None:
    job = Workspace(tmp_path_factory.mktemp("ws")).job("lab.learn", "1" * 64)
    output = TaskOutput("abc/done", args, kwargs)
    task_outputs.append(job, output)
    assert task_outputs.read(job).outputs == [output]


def test_numbers_of_any_size_come_back_as_they_were(job: JobFolder) -> None:
    task_outputs.append(job, TaskOutput("abc/done", [10**40, math.inf, 0.1]))
    [output] = task_outputs.read(job).outputs
    assert output.args == [10**40, math.inf, 0.1]
    assert isinstance(output.args[0], int)


def test_a_torn_line_is_left_until_it_is_whole_and_damage_is_told(job: JobFolder) -> None:
    job.private.mkdir(parents=True)
    job.task_outputs.write_bytes(b'{"key": "a/b"}\n{"args": []}\nnot json\n{"key": "a/')
    read = task_outputs.read(job)
    assert [output.key for output in read.outputs] == ["a/b"]
    assert len(read.problems) == 3
    # the next execution repairs it
    task_outputs.append(job, TaskOutput("a/c"))
    assert [output.key for output in task_outputs.read(job, read.next_offset).outputs] == ["a/c"]


def test_the_outputs_written_by_2_7_0_are_read(golden_workspace: Workspace) -> None:
    [job] = [one for one in golden_workspace.job_folders() if one.task_outputs.exists()]
    read = task_outputs.read(job)
    assert len(read.outputs) == 2
    assert read.problems == []

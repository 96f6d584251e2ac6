"""Each output once to each of those who wait for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from xpm_config.config import Config
from xpm_config.fields import Param
from xpm_scheduler.dynamic_outputs import OutputWatch, WatchedJob
from xpm_store import task_outputs
from xpm_store.layout import JobFolder, Workspace
from xpm_store.task_outputs import TaskOutput


class Checkpoint(Config):
    step: Param[int]


class Validation(Config):
    def checkpoint(self, dep: Any, *, step: int) -> Any:
        return dep(Checkpoint.C(step=step))


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return Workspace(tmp_path).job("pkg.fit", "1")


VALIDATION = Validation.C()
KEY = f"{VALIDATION.__xpm__.identifier}/checkpoint"


def watch(run: object = None, told: list[Any] | None = None) -> OutputWatch:
    told = [] if told is None else told
    task = Checkpoint.C(step=-1)  # any configuration can stand for the task
    return OutputWatch(cast(Any, run), task, VALIDATION, "checkpoint", told.append)


def emit(folder: JobFolder, *steps: int) -> None:
    for step in steps:
        task_outputs.append(folder, TaskOutput(KEY, [], {"step": step}))


def test_what_was_announced_before_and_after_is_told_once(folder: JobFolder) -> None:
    told: list[tuple[OutputWatch, int]] = []
    job = WatchedJob(folder, lambda one, output: told.append((one, output.kwargs["step"])))
    first, second = watch(), watch()
    job.add(first)
    emit(folder, 0, 1, 0)
    job.read()
    job.add(second)
    emit(folder, 1, 2)
    job.read()
    job.read()
    assert [step for one, step in told if one is first] == [0, 1, 2]
    assert [step for one, step in told if one is second] == [0, 1, 2]


def test_other_kinds_of_outputs_are_not_told(folder: JobFolder) -> None:
    told: list[TaskOutput] = []
    job = WatchedJob(folder, lambda _, output: told.append(output))
    job.add(watch())
    task_outputs.append(folder, TaskOutput("else/checkpoint", [], {"step": 1}))
    job.read()
    assert told == []


def test_a_run_that_is_left_is_told_nothing_more(folder: JobFolder) -> None:
    told: list[object] = []
    job = WatchedJob(folder, lambda one, _: told.append(one.run))
    left, other = SimpleNamespace(), SimpleNamespace()
    for run in (left, other):
        job.add(watch(run))
    job.drop(cast(Any, left))
    emit(folder, 1)
    job.read()
    assert told == [other]


def test_a_callback_gets_the_configuration_that_the_method_describes() -> None:
    told: list[Any] = []
    watch(told=told).deliver(TaskOutput(KEY, [], {"step": 3}))
    (found,) = told
    assert found.step == 3
    assert found.__xpm__.soft

"""What the job of a task waits for, and must hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xpm_config.fields import Meta, Param, PathGenerator, field, partial
from xpm_config.graph import TaskDependency
from xpm_config.tasks import Task
from xpm_scheduler.dependencies import demands_of, dependencies_of, merge_demands
from xpm_scheduler.errors import SchedulerError
from xpm_scheduler.shared import PartialDemand, TokenDemand
from xpm_scheduler.tokens import CounterToken
from xpm_store.errors import NotEnoughUnits
from xpm_store.layout import Workspace


class Fit(Task):
    epochs: Param[int] = field(groups=["budget"])
    shared = partial(exclude_groups=["budget"])
    path: Meta[Path] = field(default_factory=PathGenerator("a", partial=shared))

    def execute(self) -> None: ...


class FitMore(Fit):
    size: Param[int]


def paths(task: Any, root: Path) -> list[Path]:
    return [demand.path for demand in demands_of(task, Workspace(root))]


def test_the_partials_of_a_class_and_of_its_parents_are_needed(tmp_path: Path) -> None:
    (one,) = paths(Fit.C(epochs=1), tmp_path)
    assert one.parent == tmp_path / "partials" / str(Fit.C.__xpmtype__.name) / "shared"
    assert paths(Fit.C(epochs=2), tmp_path) == [one]
    (more,) = paths(FitMore.C(epochs=1, size=2), tmp_path)
    assert "fitmore" in str(more)
    assert paths(FitMore.C(epochs=2, size=3), tmp_path) != [more]


def test_the_units_of_one_token_add_up_and_demands_have_one_order(tmp_path: Path) -> None:
    first = CounterToken("a", 3, path=tmp_path / "a")
    second = CounterToken("b", 3, path=tmp_path / "b")
    merged = merge_demands([second.dependency(1), first.dependency(1), second.dependency(2)])
    counts = [(one.path, one.count) for one in merged if isinstance(one, TokenDemand)]
    assert counts == [(tmp_path / "a", 1), (tmp_path / "b", 3)]
    with pytest.raises(NotEnoughUnits):
        merge_demands([first.dependency(2), first.dependency(2)])


def test_tokens_and_partials_are_no_jobs_to_wait_for(tmp_path: Path) -> None:
    token = CounterToken("a", 3, path=tmp_path / "a")
    task = token(2, Fit.C(epochs=1))
    assert dependencies_of(task) == ()
    kinds = {type(demand) for demand in demands_of(task, Workspace(tmp_path))}
    assert kinds == {TokenDemand, PartialDemand}


def test_what_is_no_dependency_is_refused_with_what_is(tmp_path: Path) -> None:
    task = Fit.C(epochs=1)
    task.add_dependencies(3)
    with pytest.raises(SchedulerError, match=r"3 \(int\) is not a dependency"):
        dependencies_of(task)


def test_a_task_without_job_is_no_dependency() -> None:
    task = Fit.C(epochs=1)
    task.add_dependencies(TaskDependency(Fit.C(epochs=2), soft=False))
    with pytest.raises(SchedulerError, match="has no job"):
        dependencies_of(task)

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xpm_config.config import Config
from xpm_config.errors import SubmitError
from xpm_config.fields import Param, field
from xpm_config.graph import task_dependencies
from xpm_config.outputs import DependentMarker, OutputMarker, dynamic_output, register_task_output
from xpm_config.runtime import set_runtime
from xpm_config.tasks import ResumableTask, Task


class Weights(Config):
    step: Param[int]


class Validation(Config):
    size: Param[int]

    def checkpoint(self, dep: DependentMarker, *, step: int) -> Weights:
        return dep(Weights.C(step=step))

    def report(self, step: int) -> None:
        register_task_output(self.checkpoint, step=step)


class Learn(ResumableTask):
    validation: Param[Validation | None] = field(default=None)
    weights: Param[Weights | None] = field(default=None)

    def execute(self) -> None: ...


class Evaluate(Task):
    weights: Param[Weights]

    def execute(self) -> None: ...


class Recorder:
    task_path: Path | None = Path("/job")

    def __init__(self) -> None:
        self.outputs: list[tuple[str, list[Any], dict[str, Any]]] = []

    def progress(self, value: float, level: int, desc: str | None) -> None: ...
    def remaining_time(self) -> float | None:
        return None

    def task_output(self, key: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.outputs.append((key, args, kwargs))

    def report(self, values: dict[str, Any]) -> None: ...


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    runtime = Recorder()
    set_runtime(runtime)
    yield runtime
    set_runtime(None)


def test_an_output_has_another_identifier_than_the_same_configuration_alone() -> None:
    alone, output = Weights.C(step=1), Weights.C(step=1)
    task = Learn.C()
    assert OutputMarker(task)(output) is output
    assert output.__xpm__.task is task
    assert str(output.__xpm__.identifier) != str(alone.__xpm__.identifier)


def test_marking_twice_by_the_same_task_changes_nothing() -> None:
    output, dep = Weights.C(step=1), OutputMarker(Learn.C())
    assert dep(dep(output)) is output


def test_an_output_of_two_tasks_is_refused() -> None:
    output = OutputMarker(Learn.C())(Weights.C(step=1))
    with pytest.raises(SubmitError, match="copy"):
        OutputMarker(Learn.C())(output)


def test_a_task_is_no_output() -> None:
    with pytest.raises(SubmitError, match="task"):
        OutputMarker(Learn.C())(Learn.C())


@pytest.mark.parametrize("value", [3, None, Weights, "text"])
def test_what_is_no_configuration_is_refused(value: Any) -> None:
    with pytest.raises(SubmitError, match="configuration object"):
        OutputMarker(Learn.C())(value)


def test_a_parameter_of_the_task_may_be_its_output() -> None:
    weights = Weights.C(step=1)
    task = Learn.C(weights=weights)
    before = str(task.seal().__xpm__.identifier)
    OutputMarker(task)(weights)
    assert weights.__xpm__.task is task
    assert str(task.__xpm__.identifier) == before


def test_a_dynamic_output_is_a_soft_dependency(experiment: Any) -> None:
    validation = Validation.C(size=1)
    learn = Learn.C(validation=validation)
    learn.submit()
    weights = dynamic_output(learn, validation, "checkpoint", [], {"step": 3})
    assert weights.step == 3
    (dependency,) = task_dependencies(Evaluate.C(weights=weights))
    assert dependency.task is learn
    assert dependency.soft


def test_an_announced_output_is_named_by_the_identifier_and_the_method(recorder: Recorder) -> None:
    validation = Validation.C(size=1).instance()
    validation.__xpmidentifier__ = "ab"  # type: ignore[attr-defined]
    validation.report(4)
    assert recorder.outputs == [("ab/checkpoint", [], {"step": 4})]


def test_outside_a_job_an_announced_output_is_harmless() -> None:
    Validation.C(size=1).instance().report(4)


def test_in_a_job_only_methods_of_loaded_objects_can_be_announced(recorder: Recorder) -> None:
    with pytest.raises(TypeError, match="method of an object"):
        register_task_output(lambda: None)

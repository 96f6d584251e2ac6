import json
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from xpm_config.config import Config
from xpm_config.errors import SerializationError
from xpm_config.fields import DataPath, Meta, Param, PathGenerator, field
from xpm_config.serialization import ObjectStream, load_task, task_definitions
from xpm_config.tasks import LightweightTask, Task
from xpm_config.values import value_class


class Norm(str, Enum):  # noqa: UP042 - as users write it
    L1 = "l1"
    L2 = "l2"


class Optimizer(Config):
    lr: Param[float]

    def __post_init__(self) -> None:
        self.ready = True


class Output(Config):
    x: Param[int]


class Seed(LightweightTask):
    seed: Param[int]

    def execute(self) -> None: ...


class Make(Task):
    x: Param[int]
    path: Meta[Path] = field(default_factory=PathGenerator("made.json"))

    def task_outputs(self, dep: Any) -> Any:
        return dep(Output.C(x=self.x))

    def execute(self) -> None: ...


class Fit(Task):
    optimizers: Param[list[Optimizer]]
    norm: Param[Norm] = field(default=Norm.L1)
    table: Param[dict[int, str]] = field(default_factory=dict)
    ids: Param[set[int]] = field(default_factory=set)
    pair: Meta[tuple[int, str]] = field(default=(1, "a"))
    output: Param[Output | None] = field(default=None)
    made: Param[Make | None] = field(default=None)
    note: Param[str | None] = field(default=None)
    model: Meta[Path] = field(default_factory=PathGenerator("model.json"))

    def execute(self) -> None: ...


class Train(Task):
    data: DataPath

    def execute(self) -> None: ...


class Plain(Task):
    x: Param[int]

    def execute(self) -> None: ...


@value_class(Plain)
class PlainValue(Plain):
    pass


def reload(task: Any, experiment: Any) -> Any:
    """What the job of a submitted task builds, through JSON."""
    definitions = task_definitions(task, job=task.jobpath, workspace=experiment.workspace_path)
    stored = json.loads(json.dumps(definitions))
    return load_task(stored, job=task.jobpath, workspace=experiment.workspace_path)


def fit(**values: Any) -> Fit:
    task = Fit.C(optimizers=[Optimizer.C(lr=0.1), Optimizer.C(lr=0.5)], **values)
    task.submit(init_tasks=[Seed.C(seed=3)])
    return task


def test_a_job_gets_its_task_as_value_objects(experiment: Any) -> None:
    submitted = fit(norm=Norm.L2, table={1: "a"}, ids={1, 2}, pair=(3, "b"))
    loaded = reload(submitted, experiment)
    task = loaded.task
    assert type(task) is Fit
    assert [optimizer.lr for optimizer in task.optimizers] == [0.1, 0.5]
    assert all(optimizer.ready for optimizer in task.optimizers)
    assert (task.norm, task.table, task.ids, task.pair) == (Norm.L2, {1: "a"}, {1, 2}, (3, "b"))
    assert isinstance(task.norm, Norm)
    assert task.note is None
    assert task.model == submitted.jobpath / "model.json"


def test_a_job_knows_its_identifier_and_its_streams(experiment: Any) -> None:
    submitted = fit()
    loaded = reload(submitted, experiment)
    assert loaded.identifier == str(submitted.__xpm__.identifier)
    assert loaded.type_name == submitted.__xpm__.xpmtype.name
    assert loaded.task.__xpmidentifier__ == loaded.identifier
    assert loaded.task.__xpmtypename__.endswith("Fit")
    assert loaded.task.__xpm_stdout__ == submitted.stdout()
    assert loaded.task.__xpm_stderr__ == submitted.stderr()


def test_a_value_class_does_not_change_the_type_name(experiment: Any) -> None:
    submitted = Plain.C(x=1)
    submitted.submit()
    loaded = reload(submitted, experiment)
    assert type(loaded.task) is PlainValue
    assert loaded.type_name == submitted.__xpm__.xpmtype.name


def test_init_tasks_are_loaded_in_order(experiment: Any) -> None:
    assert [task.seed for task in reload(fit(), experiment).init_tasks] == [3]


def test_objects_are_shared_as_the_configurations_were(experiment: Any) -> None:
    shared = Optimizer.C(lr=0.1)
    task = Fit.C(optimizers=[shared, shared])
    task.submit()
    first, second = reload(task, experiment).task.optimizers
    assert first is second


def test_paths_are_relative_to_the_job_or_the_workspace(experiment: Any) -> None:
    make = Make.C(x=1)
    make.submit()
    task = fit(made=make)
    definitions = task_definitions(task, job=task.jobpath, workspace=experiment.workspace_path)
    assert definitions[-1]["fields"]["model"] == {
        "type": "path",
        "value": "model.json",
        "base": "job",
    }
    (stored,) = (d for d in definitions if d["type"] == "Make")
    assert stored["fields"]["path"]["base"] == "workspace"
    moved = load_task(definitions, job=Path("/moved/jobs/t/h"), workspace=Path("/moved"))
    assert moved.task.model == Path("/moved/jobs/t/h/model.json")
    assert moved.task.made.path.is_relative_to("/moved/jobs")


def test_what_a_task_only_comes_from_is_not_built(experiment: Any) -> None:
    output: Any = Make.C(x=4).submit()
    loaded = reload(fit(output=output), experiment)
    assert loaded.task.output.x == 4


def test_the_definition_of_a_task_comes_last_and_names_itself(experiment: Any) -> None:
    task = fit()
    definitions = task_definitions(task, job=task.jobpath, workspace=experiment.workspace_path)
    last = definitions[-1]
    assert last["type"] == "Fit"
    assert last["task"] == last["id"]
    assert last["identifier"] == str(task.__xpm__.identifier)
    assert len(last["init-tasks"]) == 1
    assert {"id", "module", "type", "typename", "identifier", "fields"} <= last.keys()


def test_a_data_path_stays_where_it_is_and_is_a_path(experiment: Any, tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    data.write_text("x")
    task = Train.C(data=data)
    task.submit()
    assert reload(task, experiment).task.data == data


def test_a_parameter_that_the_class_has_no_more_is_refused_in_a_job(experiment: Any) -> None:
    task = fit()
    definitions = task_definitions(task, job=task.jobpath, workspace=experiment.workspace_path)
    definitions[-1]["fields"]["gone"] = 1
    with pytest.raises(SerializationError, match=r"params\.json: .*Fit\) has a value for gone"):
        load_task(definitions, job=task.jobpath, workspace=experiment.workspace_path)


def test_a_parameter_added_since_gets_its_default(experiment: Any) -> None:
    task = fit()
    definitions = task_definitions(task, job=task.jobpath, workspace=experiment.workspace_path)
    del definitions[-1]["fields"]["pair"]
    loaded = load_task(definitions, job=task.jobpath, workspace=experiment.workspace_path)
    assert loaded.task.pair == (1, "a")


def test_a_parameter_added_since_without_default_is_told(experiment: Any) -> None:
    task = fit()
    definitions = task_definitions(task, job=task.jobpath, workspace=experiment.workspace_path)
    del definitions[0]["fields"]["lr"]
    with pytest.raises(SerializationError, match=r"Optimizer\): there is no value for lr"):
        load_task(definitions, job=task.jobpath, workspace=experiment.workspace_path)


def test_a_reference_to_nothing_is_told(experiment: Any) -> None:
    task = fit()
    definitions = task_definitions(task, job=task.jobpath, workspace=experiment.workspace_path)
    with pytest.raises(SerializationError, match="refers to the object"):
        load_task(definitions[1:], job=task.jobpath, workspace=experiment.workspace_path)


def test_no_definition_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(SerializationError, match="no object"):
        load_task([], job=tmp_path, workspace=tmp_path)


def test_a_run_defines_each_object_once(experiment: Any) -> None:
    stream, shared = ObjectStream(), Optimizer.C(lr=0.1)
    first, second = Fit.C(optimizers=[shared]), Fit.C(optimizers=[shared, Optimizer.C(lr=0.2)])
    first.submit()
    second.submit()
    one, two = stream.definitions(first), stream.definitions(second)
    assert [d["type"] for d in one] == ["Optimizer", "Fit"]
    assert [d["type"] for d in two] == ["Optimizer", "Fit"]
    assert stream.definitions(first) == []
    numbers = [d["id"] for d in one + two]
    assert len(set(numbers)) == 4
    assert two[-1]["fields"]["optimizers"][0]["value"] == one[0]["id"]
    assert "base" not in json.dumps(one + two)


def test_a_class_of_an_interactive_session_is_refused(experiment: Any, tmp_path: Path) -> None:
    code = """
from pathlib import Path
from xpm_config.fields import Param
from xpm_config.modes import RunMode
from xpm_config.serialization import task_definitions
from xpm_config.tasks import Task
class Train(Task):
    x: Param[int]
    def execute(self): pass
task = Train.C(x=1)
task.submit(run_mode=RunMode.DRY_RUN)
try:
    task_definitions(task, job=Path("/j"), workspace=Path("/w"))
except ValueError as error:
    print(error)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "interactive session" in result.stdout

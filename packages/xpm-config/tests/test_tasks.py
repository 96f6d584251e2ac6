import pytest
from xpm_config.config import Config
from xpm_config.fields import Param
from xpm_config.tasks import (
    LightweightTask,
    PathSerializationLWTask,
    ResumableTask,
    SerializationLWTask,
    Task,
)


class Train(Task):
    epochs: Param[int]

    def execute(self) -> str:
        return f"training for {self.epochs} epochs"


class Patient(ResumableTask):
    def execute(self) -> float | None:
        return self.remaining_time()


class Nothing(Task):
    pass


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (LightweightTask, "experimaestro.core.objects.config.lightweighttask"),
        (Task, "experimaestro.core.objects.config.task"),
        (ResumableTask, "experimaestro.core.objects.config.resumabletask"),
        (SerializationLWTask, "experimaestro.core.serializers.serializationlwtask"),
        (PathSerializationLWTask, "experimaestro.core.serializers.pathserializationlwtask"),
    ],
)
def test_the_type_names_are_those_of_2_x(cls: type[Config], name: str) -> None:
    assert str(cls.__getxpmtype__().name) == name


def test_a_task_can_be_executed_without_an_experiment() -> None:
    assert Train.C(epochs=2).instance().execute() == "training for 2 epochs"


def test_there_is_no_time_limit_outside_a_job() -> None:
    assert Patient.C().instance().execute() is None


def test_a_task_without_execute_says_so_when_it_is_executed() -> None:
    with pytest.raises(TypeError, match=r"Nothing has no method execute"):
        Nothing.C().instance().execute()


def test_a_task_has_no_job_before_it_is_submitted() -> None:
    assert Train.C(epochs=1).job is None


class Reporting(Task):
    def execute(self) -> None:
        self.report(accuracy=0.5)


def test_a_task_may_report_outside_a_job_where_nothing_is_kept() -> None:
    Reporting.C().instance().execute()

from typing import Any

import pytest
from xpm_config.fields import Param
from xpm_config.graph import task_dependencies
from xpm_config.prepare import Prepare, PrepareJob, preparations
from xpm_config.tasks import Task


class Download(Prepare):
    url: Param[str]

    def prepare(self) -> str:
        return f"downloaded {self.url}"


class Unpack(Prepare):
    archive: Param[Download]
    done = False

    def prepare(self) -> None:
        type(self).done = True

    def is_prepared(self) -> bool:
        return self.done


class Read(Task):
    data: Param[list[Unpack]]

    def execute(self) -> None: ...


class After(Task):
    read: Param[Read]

    def execute(self) -> None: ...


class Undefined(Prepare):
    pass


def unpack() -> Unpack:
    return Unpack.C(archive=Download.C(url="u"))


def test_the_type_names_are_those_of_2_x() -> None:
    assert str(Prepare.__getxpmtype__().name) == "experimaestro.core.objects.config.prepare"
    assert str(PrepareJob.__getxpmtype__().name) == "experimaestro.prepare"


def test_preparations_are_found_below_a_task_those_needed_by_others_first(experiment: Any) -> None:
    task = Read.C(data=[unpack()])
    assert [type(p).__name__.partition(".")[0] for p in preparations(task)] == [
        "Download",
        "Unpack",
    ]
    task.submit()
    assert preparations(After.C(read=task)) == []


def test_a_preparation_can_be_done_by_hand() -> None:
    assert Download.C(url="u").instance().prepare() == "downloaded u"


def test_a_preparation_without_prepare_says_so() -> None:
    with pytest.raises(TypeError, match="prepare"):
        Undefined.C().instance().prepare()


def test_a_preparation_that_cannot_tell_whether_it_is_done_is_not_submitted(
    experiment: Any,
) -> None:
    with pytest.raises(ValueError, match="is_prepared"):
        Download.C(url="u").submit()


def test_those_that_need_a_submitted_preparation_wait_for_its_job(experiment: Any) -> None:
    data = unpack()
    assert data.submit() is data
    (dependency,) = task_dependencies(Read.C(data=[data]))
    assert isinstance(dependency.task, PrepareJob)


def test_the_job_of_a_preparation_prepares_unless_it_is_done() -> None:
    job = PrepareJob.C(target=unpack()).instance()
    job.execute()
    assert Unpack.done
    job.execute()

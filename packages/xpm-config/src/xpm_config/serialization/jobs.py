"""The objects of a job: those of `params.json`, and those of a run's `objects.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.errors import SerializationError
from xpm_config.paths import script_name
from xpm_config.serialization.loader import Loader, Paths
from xpm_config.serialization.modules import MAIN
from xpm_config.serialization.writer import Writer, relative_paths

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = ["LoadedTask", "ObjectStream", "load_task", "task_definitions"]


class ObjectStream:
    """The definitions of the objects of a run, each given once: the lines of `objects.jsonl`.

    Concurrency: one thread at a time.
    """

    def __init__(self) -> None:
        self._writer = Writer()

    def definitions(self, root: Config) -> list[dict[str, Any]]:
        """The definitions that were not given before: dependencies first, `root` last.

        Raises:
            SerializationError: A parameter has a value without JSON form.

        Complexity: linear in the number of configurations not given before.
        """
        return self._writer.definitions(root)


def task_definitions(task: Config, *, job: Path, workspace: Path) -> list[dict[str, Any]]:
    """The definitions for the `params.json` of a job; the last one is the task.

    Args:
        task: The submitted task.
        job: The folder of the job, to which its paths become relative.
        workspace: The root of the workspace, to which other paths become relative.

    Raises:
        SerializationError: A parameter has a value without JSON form, or a class was defined
            where no job can find it.
    """
    definitions = Writer(relative_paths(job, workspace)).definitions(task)
    for definition in definitions:
        if definition["module"] == MAIN and "file" not in definition:
            raise SerializationError(
                f"The class {definition['type']} is defined in an interactive session: a job, "
                "which is another process, cannot find it. Define it in a file that is imported."
            )
    return definitions


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """The value objects of a job.

    Attributes:
        task: The task; its `execute` is to be called after those of the init tasks.
        init_tasks: The init tasks, in order.
        identifier: The 64 hexadecimal digits of the task's identifier.
        type_name: The lower-case type name of the task.
    """

    task: Any
    init_tasks: list[Any]
    identifier: str
    type_name: str


def load_task(objects: Sequence[Mapping[str, Any]], *, job: Path, workspace: Path) -> LoadedTask:
    """Build the value objects of a job, `__post_init__` called.

    Args:
        objects: The definitions of `params.json`; the last one is the task.
        job: The folder of the job.
        workspace: The root of the workspace.

    Raises:
        SerializationError: The definitions do not fit the present code.
        ModuleNotFoundError: A module cannot be imported.
    """
    if not objects:
        raise SerializationError(f"{job / 'params.json'} defines no object")
    definition = objects[-1]
    loader = Loader(job / "params.json", as_instance=True, paths=Paths(job, workspace), strict=True)
    loader.load(objects, roots=[definition["id"]])
    task = loader.object(definition["id"])
    type_name = loader.type_name(definition)
    name = script_name(type_name)
    task.__xpm_stdout__ = job / f"{name}.out"
    task.__xpm_stderr__ = job / f"{name}.err"
    return LoadedTask(
        task=task,
        init_tasks=[loader.object(number) for number in definition.get("init-tasks", ())],
        identifier=task.__xpmidentifier__,
        type_name=type_name,
    )

"""`task-outputs.jsonl`: the dynamic outputs of a task, a line each, kept for later runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from xpm_store import jsontext
from xpm_store.atomic import LineAppender, read_lines
from xpm_store.errors import DamagedRecord
from xpm_store.layout import JobFolder
from xpm_store.records.fields import object_of, text

__all__ = ["OutputsRead", "TaskOutput", "append", "read"]


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """A dynamic output.

    Attributes:
        key: What was watched: `{identifier of the configuration}/{method}`.
        args: Positional arguments of the method, JSON values.
        kwargs: Named ones.
    """

    key: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutputsRead:
    """What `read` found.

    Attributes:
        outputs: In the order they were emitted.
        next_offset: Where to go on, in bytes.
        problems: Lines that are no output.
    """

    outputs: list[TaskOutput]
    next_offset: int
    problems: list[DamagedRecord]


def append(job: JobFolder, output: TaskOutput) -> None:
    """Adds an output; called in the process of the job.

    Durability: survives the end of the process.
    Concurrency: one process at a time, that which holds `N.lock`.

    Raises:
        StorageError: The file system refused; the file is as before.
    """
    # opened each time: outputs are rare, and a task may fork, or close what it finds open
    with LineAppender(job.task_outputs) as file:
        file.append([{"key": output.key, "args": output.args, "kwargs": output.kwargs}])


def read(job: JobFolder, offset: int = 0) -> OutputsRead:
    """The outputs of a job from an offset; a missing file has none.

    Numbers of any size come back as they were. A last line that is being written is left for the
    next read. Lines repeat when the task is tried again and emits them again.

    Raises:
        StorageError: The file cannot be read.
    """
    lines = read_lines(job.task_outputs, offset, decode=jsontext.decode)
    outputs: list[TaskOutput] = []
    for value in lines.objects:
        key, args = text(value.get("key")), value.get("args")
        if not key:
            problem = DamagedRecord(job.task_outputs, "skipped a line that has no `key`")
            lines.problems.append(problem)
            continue
        outputs.append(
            TaskOutput(key, args if isinstance(args, list) else [], object_of(value.get("kwargs")))
        )
    return OutputsRead(outputs, lines.next_offset, lines.problems)

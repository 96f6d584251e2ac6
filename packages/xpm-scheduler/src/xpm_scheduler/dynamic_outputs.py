"""What tasks announce as they run, and who wants to know: each output once to each callback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xpm_store import jsontext, task_outputs
from xpm_store.task_outputs import TaskOutput

if TYPE_CHECKING:
    from xpm_config.config import Config
    from xpm_store.layout import JobFolder

    from xpm_scheduler.experiment import experiment

__all__ = ["OutputWatch", "WatchedJob"]

logger = logging.getLogger("xpm.scheduler")


@dataclass(frozen=True, slots=True, eq=False)
class OutputWatch:
    """A callback that waits for the outputs that one method of a configuration describes.

    Attributes:
        run: The experiment that wants to know, and waits until it has been told.
        task: The task that announces them.
        config: The configuration, somewhere below it.
        method: The name of its method.
        callback: Gets the configuration that the method returns.
    """

    run: experiment
    task: Config
    config: Config
    method: str
    callback: Callable[[Any], object]

    @property
    def key(self) -> str:
        """How the task names this kind of output."""
        return f"{self.config.__xpm__.identifier}/{self.method}"

    def deliver(self, output: TaskOutput) -> None:
        """Makes the configuration of an output, and calls back; raises what the callback raises."""
        from xpm_config.outputs import dynamic_output  # lazy: few tasks have such outputs

        self.callback(
            dynamic_output(self.task, self.config, self.method, output.args, output.kwargs)
        )


class WatchedJob:
    """The outputs of one job, and those who wait for them.

    An output is told once to each callback, however often the task announces it: tasks that are
    started again repeat themselves.

    Concurrency: used in the thread of the scheduler's loop.
    """

    def __init__(self, folder: JobFolder, call: Callable[[OutputWatch, TaskOutput], None]) -> None:
        """Reads nothing yet; `call` is given each watch and output, once."""
        self._folder = folder
        self._call = call
        self._offset = 0
        self._outputs: dict[str, dict[str, TaskOutput]] = {}
        self._watches: dict[str, list[OutputWatch]] = {}

    def add(self, watch: OutputWatch) -> None:
        """Tells `watch` of the outputs that there are, and of those to come."""
        key = watch.key
        self._watches.setdefault(key, []).append(watch)
        for output in self._outputs.get(key, {}).values():
            self._call(watch, output)
        self.read()

    def drop(self, run: experiment) -> None:
        """Tells a run nothing more."""
        for key, watches in self._watches.items():
            self._watches[key] = [watch for watch in watches if watch.run is not run]

    def read(self) -> None:
        """Reads what the task has added to its file.

        Complexity: linear in what was added.
        """
        read = task_outputs.read(self._folder, self._offset)
        self._offset = read.next_offset
        for output in read.outputs:
            known = self._outputs.setdefault(output.key, {})
            content = jsontext.encode([output.args, dict(sorted(output.kwargs.items()))])
            if content in known:
                continue
            known[content] = output
            for watch in self._watches.get(output.key, ()):
                self._call(watch, output)

    def tell_problems(self) -> None:
        """Says which lines could not be read; called once the task is over."""
        for problem in task_outputs.read(self._folder).problems:
            logger.warning("%s", problem)

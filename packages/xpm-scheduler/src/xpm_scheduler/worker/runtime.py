"""What a task may ask of its surroundings while it runs in a job: progress, time left, outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xpm_config.reporting import RESULTS_FILE
from xpm_store.atomic import LineAppender, read_json_object, replace_json
from xpm_store.errors import DamagedRecord
from xpm_store.layout import JobFolder
from xpm_store.recorders import JobRecorder

from xpm_scheduler.deadline import seconds_left

__all__ = ["JobRuntime"]


class JobRuntime:
    """The runtime of a job.

    Args:
        folder: The folder of the job.
        recorder: Where progress goes; None in the secondary processes of a distributed job, which
            record nothing.
    """

    def __init__(self, folder: JobFolder, recorder: JobRecorder | None) -> None:
        self.task_path: Path | None = folder.path
        self._outputs_path = folder.task_outputs
        self._results_path = folder.path / RESULTS_FILE
        self._results: dict[str, Any] | None = None
        self._recorder = recorder

    def progress(self, value: float, level: int, desc: str | None) -> None:
        """Record that a level of the progress is at `value`, from 0 to 1."""
        if self._recorder is not None:
            self._recorder.progress(level, value, desc)

    def remaining_time(self) -> float | None:
        """Return the seconds left before the job is stopped; None when no launcher said."""
        return seconds_left()

    def task_output(self, key: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Announce a dynamic output to the scheduler.

        Durability: the line is in the file when it returns, and survives the death of the process.
        """
        if self._recorder is not None:
            # Opened each time: outputs are rare, and a task may fork or close what it finds open
            with LineAppender(self._outputs_path) as outputs:
                outputs.append([{"key": key, "args": args, "kwargs": kwargs}])

    def report(self, values: dict[str, Any]) -> None:
        """Keep values in `results.json`; a task that is resumed goes on with what it had reported.

        Durability: the file holds the values when it returns, and survives the death of the
        process; it is replaced at once, so that a reader sees all of a report or nothing of it.
        """
        if self._recorder is None:
            return
        if self._results is None:
            self._results = self._reported_before() if self._recorder.status.resumable else {}
        self._results.update(values)
        # Not flushed to the disk (9 ms): a task may report at each step
        replace_json(self._results_path, self._results, durable=False)

    def _reported_before(self) -> dict[str, Any]:
        try:
            return read_json_object(self._results_path) or {}
        except DamagedRecord:
            return {}

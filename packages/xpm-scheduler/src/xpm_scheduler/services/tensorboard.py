"""TensorBoard on the results of an experiment; needs the extra `tensorboard`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_scheduler.services.errors import ServiceFailed
from xpm_scheduler.services.process import ProcessWebService

if TYPE_CHECKING:
    from xpm_scheduler.experiment import experiment

__all__ = ["TensorBoardService"]


class TensorBoardService(ProcessWebService):
    """TensorBoard, on a folder of event files; by default the results of the run.

    Args:
        path: The folder; `None`: `resultspath` of the experiment that it is added to.
        log_directory: Where its logs go; chosen by the experiment by default.

    Example:
        >>> with experiment(workdir, "sweep") as xp:  # doctest: +SKIP
        ...     print(xp.add_service(TensorBoardService()).get_url())
    """

    id = "tensorboard"

    def __init__(self, path: Path | None = None, log_directory: Path | None = None) -> None:
        super().__init__(log_directory)
        self.path = path

    def set_experiment(self, xp: experiment) -> None:
        """Uses the results of the run, unless it has a folder."""
        super().set_experiment(xp)
        if self.path is None:
            self.path = xp.resultspath

    def description(self) -> str:
        """One line for the user."""
        return f"TensorBoard on {self.path}"

    def state_dict(self) -> dict[str, Any]:
        """The folder."""
        return {"path": self.path}

    def sync_include_patterns(self) -> list[str]:
        """Event files."""
        return ["**/events.out.tfevents.*"]

    def _build_command(self) -> Sequence[str | Path]:
        if importlib.util.find_spec("tensorboard") is None:
            raise ServiceFailed(
                self.id, "TensorBoard is not installed: pip install 'xpm-scheduler[tensorboard]'"
            )
        if self.path is None:
            raise ServiceFailed(self.id, "it has no folder to show: give it one")
        self.path.mkdir(parents=True, exist_ok=True)
        where = ["--logdir", str(self.path), "--host", "127.0.0.1", "--port", "0"]
        return [sys.executable, "-m", "tensorboard.main", *where]

    def _wait_for_ready(self) -> str:
        return self.wait_for_output(r"TensorBoard \S+ at (http://\S+)")[1]

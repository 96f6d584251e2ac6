"""What goes on around the jobs of one run: its log, its services, energy, and what it leaves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_store.errors import StoreError
from xpm_store.history import prune_history
from xpm_store.settings import load_settings

from xpm_scheduler.carbon.watch import EnergyWatch, energy_watch
from xpm_scheduler.scheduler_log import log_folder, logging_to
from xpm_scheduler.services.of_run import RunServices

if TYPE_CHECKING:
    from xpm_store.layout import RunFolder

    from xpm_scheduler.job import Job
    from xpm_scheduler.workspace import ExperimentWorkspace

__all__ = ["RunSurroundings"]

logger = logging.getLogger("xpm")


class RunSurroundings:
    """What goes on around the jobs of one run.

    Nothing here makes a run fail: what goes wrong is told in the log.

    Attributes:
        services: The services of the run.
    """

    def __init__(self, workspace: ExperimentWorkspace) -> None:
        self.services = RunServices()
        self._workspace = workspace
        self._energy: EnergyWatch | None = None

    def enter(self, stack: ExitStack, *, measures_energy: bool) -> None:
        """The run begins.

        Args:
            stack: Takes what is to be undone at its end.
            measures_energy: Unless the settings say no.
        """
        layout = self._workspace.layout
        folder = stack.enter_context(logging_to(layout.scheduler_logs))
        if measures_energy:
            self._energy = energy_watch(layout, folder, load_settings())
        self._workspace.energy = self._energy

    def service_folder(self, id: str) -> Path:
        """Where the logs of a service go."""
        return log_folder(self._workspace.layout.scheduler_logs) / "services" / id

    def leave(self, jobs: Sequence[Job]) -> dict[str, Any] | None:
        """The jobs are over, the record of the run is still open.

        Returns:
            What the jobs have used, for the record; None when nothing was measured.
        """
        self.services.leave()
        energy, self._energy = self._energy, None
        if energy is None:
            return None
        ended = [job.folder for job in jobs if job.state.finished()]
        try:
            if not energy.finish(ended):
                return None
            from xpm_store.carbon import totals  # lazy: only for runs that measure

            return totals(self._workspace.layout, [job.identifier for job in jobs]).to_json()
        except (OSError, StoreError) as error:
            logger.warning("the energy of the run is not summed up: %s", error)
            return None

    def prune(self, run: RunFolder) -> None:
        """Removes runs of the experiment that need not be kept; its lock is held."""
        try:
            history = self._workspace.history or load_settings().history
            for gone in prune_history(run.experiment, run.run_id, history):
                logger.info("the run %s of %s was removed", gone.run_id, gone.experiment_id)
        except StoreError as error:
            logger.warning("earlier runs of %s are not removed: %s", run.experiment_id, error)

"""A launcher chosen for each job among several, by their priorities."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from xpm_scheduler.launchers.base import JobLaunch, Launcher, Process
from xpm_scheduler.launchers.errors import UnknownProcess

if TYPE_CHECKING:
    from xpm_store.records import ProcessRecord

    from xpm_scheduler.connectors.base import Connector

__all__ = ["DynamicLauncher", "choose_launcher"]


class DynamicLauncher(Launcher):
    """Chooses a launcher for each job when it is submitted; nothing of the choice is kept here.

    The job then belongs to the launcher that was chosen: its capacity, its environment (on top of
    this one's) and its listeners count.

    Args:
        launchers: Those to choose from.
        sample: Draw one, with probabilities in proportion to the priorities, instead of taking
            the one of the highest priority (drawn among equals).
        connector: That of the first launcher, by default.
        priority: For those who choose among launchers, this one included.

    Raises:
        ValueError: There is none to choose from.

    Example:
        >>> from xpm_scheduler import DirectLauncher
        >>> fast, slow = DirectLauncher(priority=2), DirectLauncher(priority=1)
        >>> DynamicLauncher([slow, fast]).select_launcher() is fast
        True
    """

    def __init__(
        self,
        launchers: Iterable[Launcher],
        *,
        sample: bool = False,
        connector: Connector | None = None,
        priority: float = 0,
    ) -> None:
        self._launchers = list(launchers)
        if not self._launchers:
            raise ValueError("DynamicLauncher needs at least one launcher to choose from")
        super().__init__(connector or self._launchers[0].connector, priority=priority)
        self.sample = sample

    @property
    def launchers(self) -> Sequence[Launcher]:
        """Those to choose from, the highest priority first."""
        return sorted(self._launchers, key=lambda launcher: -launcher.priority)

    def add_launcher(self, launcher: Launcher) -> None:
        """Adds one to choose from."""
        self._launchers = [*self._launchers, launcher]

    def remove_launcher(self, launcher: Launcher) -> None:
        """Chooses that one no more; its jobs go on.

        Raises:
            ValueError: It is not among them, or it is the last one.
        """
        kept = [one for one in self._launchers if one is not launcher]
        if len(kept) == len(self._launchers):
            raise ValueError(f"{launcher!r} is not one of the launchers to choose from")
        if not kept:
            raise ValueError("the last launcher to choose from cannot be removed")
        self._launchers = kept

    def update(self) -> None:
        """Called before each choice; override it to set priorities by the load of the moment."""

    def select_launcher(self) -> Launcher:
        """Chooses a launcher.

        Raises:
            ValueError: One is to be drawn, and a priority is not above 0.
        """
        self.update()
        launchers = self._launchers
        if self.sample:
            for launcher in launchers:
                if launcher.priority <= 0:
                    raise ValueError(
                        "DynamicLauncher(sample=True) draws in proportion to priorities: expected "
                        f"numbers above 0, found {launcher.priority!r} for {launcher!r}"
                    )
            return random.choices(launchers, [one.priority for one in launchers])[0]
        highest = max(launcher.priority for launcher in launchers)
        return random.choice([one for one in launchers if one.priority == highest])

    async def start(self, launch: JobLaunch) -> Process:
        """Starts a job with a launcher chosen now; see `Launcher.start`."""
        return await choose_launcher(self).start(launch)

    async def attach(self, record: ProcessRecord) -> Process | None:
        """Finds again a process that any of the launchers has started; see `Launcher.attach`."""
        launchers = self.launchers
        for launcher in launchers[:-1]:
            try:
                return await launcher.attach(record)
            except UnknownProcess:
                continue  # of another kind: one of the others has started it
        return await launchers[-1].attach(record)


def choose_launcher(launcher: Launcher) -> Launcher:
    """The launcher of one job: itself, unless it is one that chooses."""
    while isinstance(launcher, DynamicLauncher):
        launcher = launcher.select_launcher()
    return launcher

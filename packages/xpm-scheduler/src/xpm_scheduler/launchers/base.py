"""What a launcher is: the only way in which the scheduler starts, finds again and ends a process.

The scheduler knows nothing of how a job is started. It hands a `JobLaunch` to a `Launcher` and
gets a `Process` back, which ends with an `Exit`. `launchers.conformance` is the suite that every
implementation passes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_scheduler.processes import Exit

if TYPE_CHECKING:
    from xpm_store.layout import JobFolder
    from xpm_store.records import ProcessRecord

    from xpm_scheduler.connectors.base import Connector

__all__ = ["Exit", "JobLaunch", "Launcher", "Process"]


@dataclass(frozen=True, slots=True)
class JobLaunch:
    """All that a launcher needs to know to start one job.

    Attributes:
        folder: The folder of the job; `params.json` is already in it.
        environment: Variables to set on top of the inherited ones, already merged
            (see `Launcher.environment_for`).
        python_path: Folders to put first in the job's `sys.path`, in this order.
        resumable: Whether the task may be started again where it stopped.
    """

    folder: JobFolder
    environment: Mapping[str, str]
    python_path: tuple[Path, ...]
    resumable: bool


class Process(ABC):
    """A started job, a child of this scheduler or one adopted from a former scheduler.

    Attributes:
        record: What `N.pid` holds: enough for any scheduler to find the process again.
    """

    record: ProcessRecord

    @abstractmethod
    async def wait(self) -> Exit:
        """Return how the process ended, once it has.

        Concurrency: any number of coroutines of one loop may wait; cancelling one changes nothing
        for the process nor for the others. Once over, it returns the same `Exit` at once.
        """

    @abstractmethod
    def is_alive(self) -> bool:
        """Return whether the process still runs; a zombie and a recycled number do not count."""

    @abstractmethod
    def kill(self, signal: int) -> None:
        """Send a signal to the job; nothing happens when it is over.

        SIGKILL goes to all the processes of the job, other signals to its main one, which decides
        what becomes of its children.
        """


class Launcher(ABC):
    """How jobs are started. One launcher serves any number of jobs and keeps no state of a job.

    Attributes:
        connector: Where the jobs run.
        environment: Variables for all the jobs of this launcher.
        capacity: How many jobs may run at once; None when there is no limit.
        priority: Used by those who choose among launchers; the highest is preferred.
    """

    connector: Connector
    environment: dict[str, str]
    capacity: int | None
    priority: float

    def __init__(
        self, connector: Connector, *, priority: float = 0, capacity: int | None = None
    ) -> None:
        self.connector = connector
        self.environment = {}
        self.capacity = capacity
        self.priority = priority
        self._listeners: list[Callable[[Any], None]] = []

    @abstractmethod
    async def start(self, launch: JobLaunch) -> Process:
        """Write the script of the job, start it, and write `N.pid`.

        The caller holds `N.lock`: the job's process waits for it before it does anything, so that
        it always finds `N.pid` written, or finds that its scheduler died (see
        `xpm_scheduler.worker.claim`).

        Durability: when it returns, `N.pid` names the process, whatever becomes of the scheduler.
        If the scheduler dies before, the process writes it itself, or leaves without having done
        anything.

        Raises:
            LaunchError: The process could not be started; nothing runs.
        """

    @abstractmethod
    async def attach(self, record: ProcessRecord) -> Process | None:
        """Find again a process started by a former scheduler.

        Returns:
            None when the process is gone.

        Raises:
            LaunchError: This launcher cannot tell (another type of process, or another host).
        """

    def environment_for(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        workspace: Mapping[str, str] | None = None,
        job: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Merge variables: those of the job win, then this launcher's, then the workspace's."""
        return {**(settings or {}), **(workspace or {}), **self.environment, **(job or {})}

    # The names that users of launchers know.

    @property
    def environ(self) -> dict[str, str]:
        """Variables for all the jobs of this launcher (the same dictionary as `environment`)."""
        return self.environment

    def setenv(self, key: str, value: str) -> None:
        """Set a variable for all the jobs of this launcher that start from now on."""
        self.environment[key] = value

    def addListener(self, listener: Callable[[Any], None]) -> None:
        """Call `listener(job)` for each job submitted to this launcher (to ask for a token…)."""
        self._listeners.append(listener)

    def onSubmit(self, job: Any) -> None:
        """Tell the listeners, in the order in which they were added, that a job is submitted."""
        for listener in self._listeners:
            listener(job)

"""Runs the tasks of an experiment, each at most once.

    from xpm_scheduler import experiment

    with experiment("workdir", "sweep") as xp:
        Train.C(lr=1e-3).submit()

Everything is loaded when it is asked for: the process of a job needs little of it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_scheduler.environment import DirtyGitAction as DirtyGitAction
    from xpm_scheduler.errors import DirtyGitError as DirtyGitError
    from xpm_scheduler.errors import ExperimentLocked as ExperimentLocked
    from xpm_scheduler.errors import ExperimentStopped as ExperimentStopped
    from xpm_scheduler.errors import FailedExperiment as FailedExperiment
    from xpm_scheduler.errors import GracefulExperimentExit as GracefulExperimentExit
    from xpm_scheduler.errors import SchedulerError as SchedulerError
    from xpm_scheduler.experiment import experiment as experiment
    from xpm_scheduler.job import Job as Job
    from xpm_scheduler.launchers.base import Launcher as Launcher
    from xpm_scheduler.launchers.dynamic import DynamicLauncher as DynamicLauncher
    from xpm_scheduler.launchers.local import DirectLauncher as DirectLauncher
    from xpm_scheduler.listeners import Listener as Listener
    from xpm_scheduler.loop import Scheduler as Scheduler
    from xpm_scheduler.tokens import CounterToken as CounterToken

__version__ = "0.1.0"

__all__ = [
    "CounterToken",
    "DirectLauncher",
    "DirtyGitAction",
    "DirtyGitError",
    "DynamicLauncher",
    "ExperimentLocked",
    "ExperimentStopped",
    "FailedExperiment",
    "GracefulExperimentExit",
    "Job",
    "Launcher",
    "Listener",
    "Scheduler",
    "SchedulerError",
    "experiment",
]

_HOMES = {
    "CounterToken": "tokens",
    "DirectLauncher": "launchers.local",
    "DirtyGitAction": "environment",
    "DirtyGitError": "errors",
    "DynamicLauncher": "launchers.dynamic",
    "ExperimentLocked": "errors",
    "ExperimentStopped": "errors",
    "FailedExperiment": "errors",
    "GracefulExperimentExit": "errors",
    "Job": "job",
    "Launcher": "launchers.base",
    "Listener": "listeners",
    "Scheduler": "loop",
    "SchedulerError": "errors",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


class _Package(ModuleType):
    """`xpm_scheduler.experiment` is the class, also once the submodule of that name is loaded."""

    @property
    def experiment(self) -> Any:
        return import_module(f"{self.__name__}.experiment").experiment

    @experiment.setter
    def experiment(self, module: ModuleType) -> None:
        """The import system puts the submodule here when it has loaded it: it is not wanted."""


sys.modules[__name__].__class__ = _Package

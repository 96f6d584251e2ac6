"""The context manager that runs an experiment."""

from xpm_scheduler.environment import DirtyGitAction
from xpm_scheduler.errors import DirtyGitError, FailedExperiment, GracefulExperimentExit
from xpm_scheduler.experiment import experiment

__all__ = [
    "DirtyGitAction",
    "DirtyGitError",
    "FailedExperiment",
    "GracefulExperimentExit",
    "experiment",
]

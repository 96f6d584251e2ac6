"""The live objects of an experiment."""

from xpm_scheduler.job import Job
from xpm_scheduler.listeners import Listener
from xpm_scheduler.loop import Scheduler
from xpm_scheduler.workspace import ExperimentWorkspace as Workspace
from xpm_store.states import FailureReason as JobFailureStatus
from xpm_store.states import JobState

# the submodule first: later imports of it then leave the name to the context manager
from experimaestro.scheduler.experiment import (
    DirtyGitAction,
    DirtyGitError,
    FailedExperiment,
    GracefulExperimentExit,
    experiment,
)

__all__ = [
    "DirtyGitAction",
    "DirtyGitError",
    "FailedExperiment",
    "GracefulExperimentExit",
    "Job",
    "JobFailureStatus",
    "JobState",
    "Listener",
    "Scheduler",
    "Workspace",
    "experiment",
]

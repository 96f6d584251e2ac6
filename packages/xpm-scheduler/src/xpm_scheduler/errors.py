"""What can go wrong with an experiment: the tree of errors of this wheel's deciding half.

::

    HandledException (xpm_config)
    ├── SchedulerError              anything this half reports
    │   ├── InvalidExperimentName   the name cannot be that of a folder
    │   ├── WorkspaceUnusable       the workspace is a file, or may not be written: `path`
    │   ├── ExperimentLocked        another run of it goes on: `path`, `owner`
    │   ├── ExperimentStopped       a task was submitted to an experiment that was left
    │   ├── NoExperiment            there is no current experiment
    │   ├── DirtyGitError           the project has changes that are not committed: `projects`
    │   ├── FailedExperiment        jobs failed, and it was asked to be told so: `jobs`
    │   ├── WaitInCallback          a callback waited for what waits for it
    │   ├── NothingSaved            what is to be loaded was never saved
    │   ├── UnknownToken            `tokens.yaml` does not declare a token: `name`
    │   └── NotInThisMode           what is asked has no sense in a dry run
    └── …                           see `launchers.errors`

    GracefulExperimentExit          not an error: leave now, the jobs go on
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from xpm_config.errors import HandledException

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_store.locks import Owner

    from xpm_scheduler.job import Job

__all__ = [
    "DirtyGitError",
    "ExperimentLocked",
    "ExperimentStopped",
    "FailedExperiment",
    "GracefulExperimentExit",
    "HandledException",
    "InvalidExperimentName",
    "NoExperiment",
    "NotInThisMode",
    "NothingSaved",
    "SchedulerError",
    "UnknownToken",
    "WaitInCallback",
    "WorkspaceUnusable",
]


class SchedulerError(HandledException):
    """Anything this wheel reports; its message is meant to be shown alone."""


class InvalidExperimentName(SchedulerError):
    """The name of an experiment is that of a folder: it must be a plain one."""

    def __init__(self, name: object, problem: str) -> None:
        self.name = name
        super().__init__(
            f"{name!r} cannot be the name of an experiment: {problem}. "
            "Use letters, digits, '-', '_' and '.', for instance 'sweep-2'."
        )


class WorkspaceUnusable(SchedulerError):
    """The folder given as a workspace cannot be one."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(
            f"{path} cannot be used as a workspace: {problem}. "
            "Give a folder that you may write in; it is created if it does not exist."
        )


class ExperimentLocked(SchedulerError):
    """Another run of the experiment goes on.

    Attributes:
        path: The lock file.
        owner: Who holds it, when its holder said so.
    """

    def __init__(self, name: str, path: Path, owner: Owner | None, advice: str) -> None:
        self.name = name
        self.path = path
        self.owner = owner
        super().__init__(
            f"the experiment {name!r} is being run by {describe_owner(owner)} (lock {path}); "
            f"{advice}"
        )


class ExperimentStopped(SchedulerError):
    """A task was submitted to an experiment that was left, or that is being left."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the experiment {name!r} has ended: it takes no more tasks. Submit them inside its "
            "`with experiment(...)` block, or in an on_completed callback of one of its tasks."
        )


class NoExperiment(SchedulerError, AssertionError):
    """There is no current experiment."""

    def __init__(self) -> None:
        super().__init__("there is no current experiment: use `with experiment(...) as xp:`")


class DirtyGitError(SchedulerError):
    """A project has changes that are not committed, and the experiment refuses that.

    Attributes:
        projects: Their folders.
    """

    def __init__(self, projects: Sequence[Path]) -> None:
        self.projects = tuple(projects)
        names = ", ".join(str(path) for path in projects)
        super().__init__(
            f"changes are not committed in {names}: the run could not be traced to a commit. "
            "Commit them, or use dirty_git='warn' (or 'ignore')."
        )


class FailedExperiment(SchedulerError):
    """Some jobs of the experiment failed.

    Attributes:
        jobs: Those that failed by themselves, not because of another one.
    """

    def __init__(self, name: str, jobs: Sequence[Job], total: int, detail: str = "") -> None:
        self.jobs = tuple(jobs)
        message = f"the experiment {name!r} failed: {total} of its jobs did not succeed"
        if jobs:
            paths = ", ".join(str(job.stderr) for job in jobs[:3])
            message += f"; see {paths}{' …' if len(jobs) > 3 else ''}"
        super().__init__(message + detail)


class WaitInCallback(SchedulerError):
    """A callback of the scheduler waits for something that comes after it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} was waited for inside a callback of the scheduler: it would wait for ever, "
            "as callbacks run one after the other. Submit a task that depends on it instead."
        )


class NothingSaved(SchedulerError, FileNotFoundError):
    """What is to be loaded was never saved."""

    def __init__(self, problem: str, kind: str, known: Sequence[str]) -> None:
        there = f"{kind}: {', '.join(known[-10:])}" if known else f"there are no {kind}"
        super().__init__(f"nothing to load: {problem} ({there})")


class UnknownToken(SchedulerError, LookupError):
    """`tokens.yaml` does not declare a token of that name."""

    def __init__(self, name: str, path: Path, known: Sequence[str]) -> None:
        self.name = name
        close = get_close_matches(name, known, 1)
        advice = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known) or 'none'}"
        super().__init__(f"there is no token {name!r} in {path}: {advice}")


class NotInThisMode(SchedulerError, RuntimeError):
    """What is asked has no sense in a run that runs nothing."""

    def __init__(self, what: str, run_mode: str) -> None:
        super().__init__(
            f"{what} does not exist in the run mode {run_mode!r}: nothing is run. "
            "Test `xp.run_mode` first."
        )


class GracefulExperimentExit(Exception):
    """Raise it in the body of an experiment to leave it now: its running jobs go on."""


def describe_owner(owner: Owner | None) -> str:
    """Says who holds a lock, for a person."""
    if owner is None:
        return "another process, which left no name"
    return f"process {owner.pid} on {owner.host}"

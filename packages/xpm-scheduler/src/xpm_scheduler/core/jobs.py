"""What the core knows of a job: a few counters, and the reason why it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from xpm_config.modes import TransientMode
from xpm_store.states import FailureReason, JobState

JobKey = NewType("JobKey", int)
"""Names a job for as long as the scheduler follows it; handed out by the shell."""

LauncherKey = NewType("LauncherKey", int)
"""Names a launcher, that is a pool of slots."""

SharedKey = NewType("SharedKey", int)
"""Names what jobs share: a token, or a partial folder."""


@dataclass(frozen=True, slots=True)
class WaitingForDependency:
    """The job waits for another job, the first of `count` that are not done."""

    job: JobKey
    count: int


@dataclass(frozen=True, slots=True)
class WaitingForSlot:
    """All dependencies are done; the launcher runs as many jobs as it may."""

    launcher: LauncherKey


@dataclass(frozen=True, slots=True)
class WaitingForShared:
    """All dependencies are done; others hold too much of a token, or the partial folder."""

    shared: SharedKey


@dataclass(frozen=True, slots=True)
class WaitingForNeed:
    """The job is transient, and no job that has to run depends on it."""


WaitingReason = WaitingForDependency | WaitingForSlot | WaitingForShared | WaitingForNeed


class Line:
    """Where a job that needs what is shared stands; few jobs have one.

    Attributes:
        demands: What it needs.
        blocker: What it waits for now.
        ticket: Its rank: the time when its dependencies were done.
        refusals: How many times it was refused something.
        stands_in: The queues in which it stands.
        is_outdated: Something changed while it was being tried.
    """

    __slots__ = ("blocker", "demands", "is_outdated", "refusals", "stands_in", "ticket")

    def __init__(self, demands: tuple[SharedKey, ...]) -> None:
        self.demands = demands
        self.blocker: SharedKey | None = None
        self.ticket = 0
        self.refusals = 0
        self.stands_in: set[SharedKey] = set()
        self.is_outdated = False


class JobNode:
    """A job inside the core. Small: a hundred thousand of them may wait.

    `state` is `UNSCHEDULED` until the answer to `LookUp` is there. `height` is the length of the
    longest chain of jobs that are known to wait for this one, up to a limit.
    """

    __slots__ = (
        "dependencies",
        "dependents",
        "height",
        "is_needed",
        "is_withdrawn",
        "key",
        "launcher",
        "line",
        "max_retries",
        "reason",
        "resumable",
        "retries",
        "state",
        "transient",
        "unmet",
    )

    def __init__(
        self,
        key: JobKey,
        *,
        launcher: LauncherKey,
        dependencies: tuple[JobNode, ...],
        resumable: bool,
        max_retries: int,
        transient: TransientMode,
        demands: tuple[SharedKey, ...] = (),
    ) -> None:
        self.key = key
        self.launcher = launcher
        self.dependencies = dependencies
        self.dependents: list[JobNode] | None = None
        self.unmet = 0
        self.state = JobState.UNSCHEDULED
        self.reason: FailureReason | None = None
        self.resumable = resumable
        self.max_retries = max_retries
        self.retries = 0
        self.transient = transient
        self.is_needed = not transient.is_transient
        self.is_withdrawn = False
        self.height = 0
        self.line = Line(demands) if demands else None

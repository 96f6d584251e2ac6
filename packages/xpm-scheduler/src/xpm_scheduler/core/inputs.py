"""What the core is told: one small record per fact of the outside world."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from xpm_config.modes import TransientMode
from xpm_store.states import FailureReason

from xpm_scheduler.core.jobs import JobKey, LauncherKey, SharedKey


class OnDisk(Enum):
    """What a look at the job's folder told."""

    NOT_DONE = "not done"
    """Nothing, a failure, or a process that died: the job has to run."""
    RUNNING = "running"
    """A live process of this job, started by an earlier run or by another scheduler."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class CapacityChanged:
    """The launcher may run `capacity` jobs at once (None: as many as there are)."""

    launcher: LauncherKey
    capacity: int | None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job is to be followed. Its dependencies and its launcher were declared before.

    A dependency that is not followed any more was done when it was forgotten.
    """

    job: JobKey
    launcher: LauncherKey
    dependencies: tuple[JobKey, ...] = ()
    resumable: bool = False
    max_retries: int = 0
    transient: TransientMode = TransientMode.NONE
    demands: tuple[SharedKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Resubmitted:
    """An equal task was submitted again while its job is followed: the two wishes are merged."""

    job: JobKey
    max_retries: int = 0
    transient: TransientMode = TransientMode.NONE


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to `LookUp`."""

    job: JobKey
    what: OnDisk
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """The answer to `Start`: the job's process is there."""

    job: JobKey


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer to `Start` when others hold too much of what is shared: the job holds nothing."""

    job: JobKey
    shared: SharedKey


@dataclass(frozen=True, slots=True)
class SharedChanged:
    """Some of it may be free again, or there is more or less of it."""

    shared: SharedKey


@dataclass(frozen=True, slots=True)
class StartAbandoned:
    """The answer to `Start` when the job was withdrawn before it had a process."""

    job: JobKey


@dataclass(frozen=True, slots=True)
class Ended:
    """The job's process is gone (or could not be started); no `reason` means that it is done."""

    job: JobKey
    reason: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The answer to `Attach` when the process was gone before it could be followed."""

    job: JobKey


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Nobody waits for this job any more: it is not started; if it has a process, that goes on."""

    job: JobKey


@dataclass(frozen=True, slots=True)
class Forgotten:
    """No job will depend on this finished job any more, unless it is done."""

    job: JobKey


Input = (
    CapacityChanged
    | Submitted
    | Resubmitted
    | Found
    | Started
    | Refused
    | SharedChanged
    | StartAbandoned
    | Ended
    | Lost
    | Withdrawn
    | Forgotten
)

"""What is to be done with submitted tasks: run modes and transient modes."""

from __future__ import annotations

from enum import IntEnum, StrEnum

__all__ = ["RunMode", "TransientMode"]


class RunMode(StrEnum):
    """What submitting a task does."""

    NORMAL = "normal"
    """Run the task."""

    GENERATE_ONLY = "generate"
    """Write the files of the job, run nothing."""

    DRY_RUN = "dry-run"
    """Tell what would be run, write nothing."""

    PREPARE = "prepare"
    """Run the `Prepare` configurations only."""


class TransientMode(IntEnum):
    """Whether a task is run, and kept, for its own sake.

    The lower mode is the more conservative one: `min` of two modes serves both.
    """

    NONE = 0
    """Run it, keep it."""

    TRANSIENT = 1
    """Run it only if another task that runs needs it."""

    REMOVE = 2
    """As `TRANSIENT`, and remove its folder when the experiment ends cleanly."""

    @property
    def is_transient(self) -> bool:
        """True when the task is run only if it is needed."""
        return self is not TransientMode.NONE

    @property
    def should_remove(self) -> bool:
        """True when the folder of the job is removed once nothing needs it."""
        return self is TransientMode.REMOVE

"""What the core asks for: one small record per thing to do.

Those about a job are answered by an input, but for `StateChanged`.
"""

from __future__ import annotations

from dataclasses import dataclass

from xpm_store.states import FailureReason, JobState

from xpm_scheduler.core.jobs import JobKey, SharedKey


@dataclass(frozen=True, slots=True)
class LookUp:
    """Look at the job's folder; answered by `Found`."""

    job: JobKey


@dataclass(frozen=True, slots=True)
class Start:
    """Take what the job shares with others, all or nothing, and start a process.

    Answered by `Started` then `Ended`, by `Ended`, by `Refused`, or by `StartAbandoned`.

    `retry` counts from 0; above it, the job resumes after that many timeouts.
    """

    job: JobKey
    retry: int = 0


@dataclass(frozen=True, slots=True)
class Attach:
    """Follow the live process found in the job's folder; answered by `Ended` or `Lost`."""

    job: JobKey


@dataclass(frozen=True, slots=True)
class StateChanged:
    """Record and tell the job's new state."""

    job: JobKey
    state: JobState
    reason: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """Jobs wait for what is shared: tell `SharedChanged` once it is watched, then each time."""

    shared: SharedKey


@dataclass(frozen=True, slots=True)
class Unwatch:
    """Nobody waits for it any more."""

    shared: SharedKey


Effect = LookUp | Start | Attach | StateChanged | Watch | Unwatch

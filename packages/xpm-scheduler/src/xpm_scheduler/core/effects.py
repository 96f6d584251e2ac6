"""What the core asks for: one small record per thing to do. Each but `StateChanged` is answered."""

from __future__ import annotations

from dataclasses import dataclass

from xpm_store.states import FailureReason, JobState

from xpm_scheduler.core.jobs import JobKey


@dataclass(frozen=True, slots=True)
class LookUp:
    """Look at the job's folder; answered by `Found`."""

    job: JobKey


@dataclass(frozen=True, slots=True)
class Start:
    """Start a process; answered by `Started` then `Ended`, by `Ended`, or by `StartAbandoned`.

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


Effect = LookUp | Start | Attach | StateChanged

"""The states of jobs and runs, why jobs fail, and the names that the files use for them."""

from __future__ import annotations

from enum import Enum, StrEnum

__all__ = ["FailureReason", "JobState", "RunStatus", "state_name"]


class FailureReason(Enum):
    """Why a job is in error. All are distinct, `DELETED` and `MISSING_OUTPUTS` included."""

    DEPENDENCY = "DEPENDENCY"
    FAILED = "FAILED"
    MEMORY = "MEMORY"
    TIMEOUT = "TIMEOUT"
    CANCELLED = "CANCELLED"
    REJECTED_TIMELIMIT = "REJECTED_TIMELIMIT"
    REJECTED_OTHER = "REJECTED_OTHER"
    MISSING_OUTPUTS = "MISSING_OUTPUTS"
    DELETED = "DELETED"

    @property
    def icon(self) -> str:
        """One symbol to show instead of that of the error state."""
        return _REASON_ICONS.get(self, "❌")

    @classmethod
    def read(cls, name: object) -> FailureReason | None:
        """The reason of this name in any case; None when there is no such reason."""
        return _REASONS.get(name.upper()) if isinstance(name, str) else None


class JobState(StrEnum):
    """Where a job stands; the value is the name used in files."""

    UNSCHEDULED = "unscheduled"
    TRANSIENT = "transient"
    WAITING = "waiting"
    READY = "ready"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    DONE = "done"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """How far the job has gone (0 to 5): of two views, the farther one is shown."""
        return _RANKS[self]

    @property
    def icon(self) -> str:
        """One symbol for the state."""
        return _ICONS[self]

    def notstarted(self) -> bool:
        """Nothing was launched yet."""
        return _RANKS[self] < 3

    def running(self) -> bool:
        """It was handed to a launcher and has not ended."""
        return 3 <= _RANKS[self] < 5

    def finished(self) -> bool:
        """It ended, well or not."""
        return self is JobState.DONE or self is JobState.ERROR

    def is_error(self) -> bool:
        """It ended badly."""
        return self is JobState.ERROR

    def is_unscheduled(self) -> bool:
        """Nothing asks for it to be run."""
        return _RANKS[self] == 0

    @classmethod
    def read(cls, name: object) -> JobState | None:
        """The state of this name in any case (`submitted` is unscheduled); None if unknown."""
        if not isinstance(name, str):
            return None
        state = _STATES.get(name)
        return state if state is not None else _STATES.get(name.lower())

    @classmethod
    def read_with_reason(cls, name: object) -> tuple[JobState, FailureReason | None] | None:
        """`error:TIMEOUT` and the like, as `job_states` of a run writes them; None if unknown."""
        if not isinstance(name, str):
            return None
        head, _, tail = name.partition(":")
        state = cls.read(head)
        return None if state is None else (state, FailureReason.read(tail))


class RunStatus(StrEnum):
    """Where a run of an experiment stands.

    `DETACHED`: the experiment left its jobs running on purpose.
    """

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DETACHED = "detached"

    @property
    def environment_name(self) -> str | None:
        """The name used in `environment.json` and in events; None while the run lasts."""
        return _ENVIRONMENT_NAMES[self]

    @classmethod
    def read(cls, name: object) -> RunStatus | None:
        """The status of this name, in either vocabulary; None when unknown."""
        return _RUN_STATUSES.get(name) if isinstance(name, str) else None


def state_name(state: JobState, reason: FailureReason | None) -> str:
    """The name of a state in `job_states`: `done`, `error`, `error:TIMEOUT`."""
    if state is JobState.ERROR and reason is not None:
        return f"error:{reason.value}"
    return state.value


_RANKS = {
    JobState.UNSCHEDULED: 0,
    JobState.TRANSIENT: 0,
    JobState.WAITING: 1,
    JobState.READY: 2,
    JobState.SCHEDULED: 3,
    JobState.RUNNING: 4,
    JobState.DONE: 5,
    JobState.ERROR: 5,
}
_ICONS = {
    JobState.UNSCHEDULED: "👻",
    JobState.TRANSIENT: "💤",
    JobState.WAITING: "⌛",
    JobState.READY: "⏳",
    JobState.SCHEDULED: "🕐",
    JobState.RUNNING: "🏃",
    JobState.DONE: "✅",
    JobState.ERROR: "❌",
}
_REASON_ICONS = {
    FailureReason.DEPENDENCY: "🔗",
    FailureReason.MEMORY: "💾",
    FailureReason.TIMEOUT: "⏱",
    FailureReason.REJECTED_TIMELIMIT: "🚫",
    FailureReason.REJECTED_OTHER: "🚫",
    FailureReason.DELETED: "🗑",
}
_STATES = {state.value: state for state in JobState} | {"submitted": JobState.UNSCHEDULED}
_REASONS = {reason.value: reason for reason in FailureReason}
_ENVIRONMENT_NAMES = {
    RunStatus.RUNNING: None,
    RunStatus.DONE: "completed",
    RunStatus.FAILED: "failed",
    RunStatus.DETACHED: "detached",
}
_RUN_STATUSES = {status.value: status for status in RunStatus} | {
    "completed": RunStatus.DONE,
    "active": RunStatus.RUNNING,
}

"""The kinds of events: one frozen record each; times are in seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from xpm_store.states import FailureReason, JobState, RunStatus

__all__ = [
    "ActionAdded",
    "CarbonMeasured",
    "Event",
    "JobChanged",
    "JobEvent",
    "JobInRunChanged",
    "JobProgressed",
    "RunCompleted",
    "RunEvent",
    "ServiceAdded",
    "Tags",
]

Tags: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobInRunChanged:
    """`ExperimentJobStateEvent`: the scheduler says where a job of a run stands.

    Attributes:
        timestamp: When, in seconds since 1970.
        state: None for `submitted`, the first event of a job, which has tags and dependencies.
    """

    timestamp: float
    experiment_id: str
    run_id: str
    job_id: str
    task_id: str
    state: JobState | None
    reason: FailureReason | None = None
    tags: Tags = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    submitted_at: float | None = None


@dataclass(frozen=True, slots=True)
class ActionAdded:
    """`ActionAddedEvent`: a run offers an action."""

    timestamp: float
    experiment_id: str
    run_id: str
    action_id: str
    description: str
    action_class: str


@dataclass(frozen=True, slots=True)
class ServiceAdded:
    """`ServiceAddedEvent`: a run offers a service; again, when the service is in another state.

    Attributes:
        state: `STOPPED`, `STARTING`, `RUNNING`, `STOPPING` or `ERROR`; empty: not told (2.x).
        url: Where it is served, while it runs.
        error: What went wrong, in the state `ERROR`.
    """

    timestamp: float
    experiment_id: str
    run_id: str
    service_id: str
    description: str
    service_class: str
    state_dict: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    url: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RunCompleted:
    """`RunCompletedEvent`: a run ended; nothing follows."""

    timestamp: float
    experiment_id: str
    run_id: str
    status: RunStatus
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class JobChanged:
    """`JobStateChangedEvent`: the job's process says where it stands."""

    timestamp: float
    job_id: str
    task_id: str
    state: JobState
    reason: FailureReason | None = None
    started_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    retry_count: int = 0


@dataclass(frozen=True, slots=True)
class JobProgressed:
    """`JobProgressEvent`: how far a level of a job is (`progress` between 0 and 1)."""

    timestamp: float
    job_id: str
    task_id: str
    level: int
    progress: float
    desc: str | None = None


@dataclass(frozen=True, slots=True)
class CarbonMeasured:
    """`CarbonMetricsEvent`: what an execution has used until now, earlier executions included."""

    timestamp: float
    job_id: str
    task_id: str
    co2_kg: float = 0.0
    energy_kwh: float = 0.0
    cpu_power_w: float = 0.0
    gpu_power_w: float = 0.0
    ram_power_w: float = 0.0
    duration_s: float = 0.0
    region: str = ""
    is_final: bool = False
    written: bool = False
    run_group_id: str = ""


RunEvent: TypeAlias = JobInRunChanged | ActionAdded | ServiceAdded | RunCompleted
JobEvent: TypeAlias = JobChanged | JobProgressed | CarbonMeasured
Event: TypeAlias = RunEvent | JobEvent

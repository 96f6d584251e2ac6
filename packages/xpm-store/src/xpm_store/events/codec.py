"""The lines of events in files, both ways.

`decode` never fails on a line that is a JSON object: an unknown kind gives None, unknown fields
are ignored, missing or mistyped ones take their default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xpm_store import jsontext
from xpm_store.events.kinds import (
    ActionAdded,
    CarbonMeasured,
    Event,
    JobChanged,
    JobInRunChanged,
    JobProgressed,
    RunCompleted,
    ServiceAdded,
    Tags,
)
from xpm_store.states import FailureReason, JobState, RunStatus
from xpm_store.times import from_iso, to_iso

__all__ = ["decode", "encode", "event_of"]


def encode(event: Event) -> str:
    """The line of an event, with its newline."""
    return jsontext.encode(_WRITERS[event.__class__](event)) + "\n"


def decode(line: bytes) -> Event | None:
    """The event of a line; None for a kind that this version does not know.

    Raises:
        ValueError: The line is not a JSON object.
    """
    value = jsontext.decode_line(line)
    if value.__class__ is not dict:
        raise ValueError(f"an object was expected, found {type(value).__name__}")
    return event_of(value)


def event_of(value: dict[str, Any]) -> Event | None:
    """The event of a decoded line; None for an unknown kind, or one without its subject."""
    kind = value.get("event_type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return None if reader is None else reader(value)


# --- reading -------------------------------------------------------------------------------------
# Written out rather than derived from the fields: these lines are read by the hundred thousand.


def _text(value: Any) -> str:
    return value if value.__class__ is str else ""


def _number(value: Any) -> float:
    return value if value.__class__ is float else float(value) if value.__class__ is int else 0.0


def _integer(value: Any) -> int:
    return value if value.__class__ is int else 0


def _tags(value: Any) -> Tags:
    """Tags as `[{"key", "value"}]` (2.x) or as an object (2.1)."""
    if value.__class__ is dict:
        return dict(value)
    if value.__class__ is not list:
        return {}
    return {
        item["key"]: item.get("value")
        for item in value
        if item.__class__ is dict and item.get("key").__class__ is str
    }


def _texts(value: Any) -> tuple[str, ...]:
    if value.__class__ is not list:
        return ()
    return tuple(item for item in value if item.__class__ is str)


def _read_job_in_run(value: dict[str, Any]) -> JobInRunChanged | None:
    get = value.get
    job_id = _text(get("job_id"))
    name = get("scheduler_state")
    state = None if name == "submitted" else JobState.read(name)
    if not job_id or (state is None and name not in ("submitted", None)):
        return None
    reason, tags, depends_on = get("failure_reason"), get("tags"), get("depends_on")
    submitted = get("submitted_time")
    return JobInRunChanged(
        _number(get("timestamp")),
        _text(get("experiment_id")),
        _text(get("run_id")),
        job_id,
        _text(get("task_id")),
        state,
        FailureReason.read(reason) if reason else None,
        _tags(tags) if tags else {},
        _texts(depends_on) if depends_on else (),
        from_iso(submitted) if submitted else None,
    )


def _read_action(value: dict[str, Any]) -> ActionAdded | None:
    get = value.get
    action_id = _text(get("action_id"))
    return (
        ActionAdded(
            _number(get("timestamp")),
            _text(get("experiment_id")),
            _text(get("run_id")),
            action_id,
            _text(get("description")),
            _text(get("action_class")),
        )
        if action_id
        else None
    )


def _read_service(value: dict[str, Any]) -> ServiceAdded | None:
    get = value.get
    service_id, state_dict = _text(get("service_id")), get("state_dict")
    return (
        ServiceAdded(
            _number(get("timestamp")),
            _text(get("experiment_id")),
            _text(get("run_id")),
            service_id,
            _text(get("description")),
            _text(get("service_class")),
            state_dict if isinstance(state_dict, dict) else {},
            _text(get("state")),
            _text(get("url")) or None,
            _text(get("error")) or None,
        )
        if service_id
        else None
    )


def _read_completed(value: dict[str, Any]) -> RunCompleted | None:
    get = value.get
    status = RunStatus.read(get("status"))
    return (
        RunCompleted(
            _number(get("timestamp")),
            _text(get("experiment_id")),
            _text(get("run_id")),
            status,
            from_iso(get("ended_at")),
        )
        if status
        else None
    )


def _read_job_changed(value: dict[str, Any]) -> JobChanged | None:
    get = value.get
    job_id, state = _text(get("job_id")), JobState.read(get("state"))
    if not job_id or state is None:
        return None
    reason, exit_code = get("failure_reason"), get("exit_code")
    return JobChanged(
        _number(get("timestamp")),
        job_id,
        _text(get("task_id")),
        state,
        FailureReason.read(reason) if reason else None,
        from_iso(get("started_time")),
        from_iso(get("ended_time")),
        exit_code if exit_code.__class__ is int else None,
        _integer(get("retry_count")),
    )


def _read_progress(value: dict[str, Any]) -> JobProgressed | None:
    get = value.get
    job_id, level, desc = _text(get("job_id")), get("level", 0), get("desc")
    if not job_id or level.__class__ is not int or not 0 <= level < _MAX_LEVELS:
        return None
    return JobProgressed(
        _number(get("timestamp")),
        job_id,
        _text(get("task_id")),
        level,
        _number(get("progress")),
        desc if desc.__class__ is str else None,
    )


def _read_carbon(value: dict[str, Any]) -> CarbonMeasured | None:
    get = value.get
    job_id = _text(get("job_id"))
    if not job_id:
        return None
    return CarbonMeasured(
        _number(get("timestamp")),
        job_id,
        _text(get("task_id")),
        _number(get("co2_kg")),
        _number(get("energy_kwh")),
        _number(get("cpu_power_w")),
        _number(get("gpu_power_w")),
        _number(get("ram_power_w")),
        _number(get("duration_s")),
        _text(get("region")),
        get("is_final") is True,
        get("written") is True,
        _text(get("run_group_id")),
    )


_MAX_LEVELS = 1000
"""More levels of progress than that are damage, not progress: the list is as long as the level."""

_READERS: dict[str, Callable[[dict[str, Any]], Event | None]] = {
    "ExperimentJobStateEvent": _read_job_in_run,
    "JobSubmittedEvent": _read_job_in_run,  # until 2.1: no state, so a submission
    "ActionAddedEvent": _read_action,
    "ServiceAddedEvent": _read_service,
    "RunCompletedEvent": _read_completed,
    "JobStateChangedEvent": _read_job_changed,
    "JobProgressEvent": _read_progress,
    "CarbonMetricsEvent": _read_carbon,
}


# --- writing -------------------------------------------------------------------------------------


def _write_job_in_run(event: Any) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "job_id": event.job_id,
        "task_id": event.task_id,
        "experiment_id": event.experiment_id,
        "scheduler_state": "submitted" if event.state is None else event.state.value,
        "failure_reason": event.reason.value if event.reason else None,
        "run_id": event.run_id,
        "tags": [{"key": key, "value": value} for key, value in event.tags.items()],
        "depends_on": list(event.depends_on),
        "submitted_time": to_iso(event.submitted_at),
        "event_type": "ExperimentJobStateEvent",
    }


def _write_action(event: Any) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "experiment_id": event.experiment_id,
        "run_id": event.run_id,
        "action_id": event.action_id,
        "description": event.description,
        "action_class": event.action_class,
        "event_type": "ActionAddedEvent",
    }


def _write_service(event: Any) -> dict[str, Any]:
    # what 2.x does not know is only there when it is told
    told = {name: getattr(event, name) for name in ("state", "url", "error")}
    return {
        **{name: value for name, value in told.items() if value},
        "timestamp": event.timestamp,
        "experiment_id": event.experiment_id,
        "run_id": event.run_id,
        "service_id": event.service_id,
        "description": event.description,
        "service_class": event.service_class,
        "state_dict": event.state_dict,
        "event_type": "ServiceAddedEvent",
    }


def _write_completed(event: Any) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "experiment_id": event.experiment_id,
        "run_id": event.run_id,
        "status": event.status.environment_name,
        "ended_at": to_iso(event.ended_at),
        "event_type": "RunCompletedEvent",
    }


def _write_job_changed(event: Any) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "job_id": event.job_id,
        "task_id": event.task_id,
        "state": event.state.value,
        "failure_reason": event.reason.value if event.reason else None,
        "started_time": to_iso(event.started_at),
        "ended_time": to_iso(event.ended_at),
        "exit_code": event.exit_code,
        "retry_count": event.retry_count,
        "progress": [],
        "event_type": "JobStateChangedEvent",
    }


def _write_progress(event: Any) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "job_id": event.job_id,
        "task_id": event.task_id,
        "level": event.level,
        "progress": event.progress,
        "desc": event.desc,
        "event_type": "JobProgressEvent",
    }


def _write_carbon(event: Any) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "job_id": event.job_id,
        "task_id": event.task_id,
        "co2_kg": event.co2_kg,
        "energy_kwh": event.energy_kwh,
        "cpu_power_w": event.cpu_power_w,
        "gpu_power_w": event.gpu_power_w,
        "ram_power_w": event.ram_power_w,
        "duration_s": event.duration_s,
        "region": event.region,
        "is_final": event.is_final,
        "written": event.written,
        "run_group_id": event.run_group_id,
        "event_type": "CarbonMetricsEvent",
    }


_WRITERS: dict[type[Event], Callable[[Any], dict[str, Any]]] = {
    JobInRunChanged: _write_job_in_run,
    ActionAdded: _write_action,
    ServiceAdded: _write_service,
    RunCompleted: _write_completed,
    JobChanged: _write_job_changed,
    JobProgressed: _write_progress,
    CarbonMeasured: _write_carbon,
}

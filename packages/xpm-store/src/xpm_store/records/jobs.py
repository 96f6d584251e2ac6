"""The records of a job: its status, its process, its failure, its parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xpm_store import atomic
from xpm_store.errors import DamagedRecord, StorageError
from xpm_store.layout import JobFolder
from xpm_store.processes import Owner
from xpm_store.records.fields import integer, number, object_of, optional_text, text
from xpm_store.states import FailureReason, JobState
from xpm_store.times import read_time, to_iso

__all__ = [
    "CarbonTotals",
    "Failure",
    "JobStatus",
    "LevelProgress",
    "ProcessRecord",
    "read_params",
    "write_params",
]

PARAMS_VERSION = 3
"""The version of `params.json` that is written, and the greatest that is read."""


@dataclass(frozen=True, slots=True)
class LevelProgress:
    """How far one level of a job is: between 0 and 1, with what is being done."""

    level: int
    progress: float
    desc: str | None = None


@dataclass(frozen=True, slots=True)
class CarbonTotals:
    """What the executions of a job have used; powers are those of the last one."""

    co2_kg: float = 0.0
    energy_kwh: float = 0.0
    cpu_power_w: float = 0.0
    gpu_power_w: float = 0.0
    ram_power_w: float = 0.0
    duration_s: float = 0.0
    region: str = ""
    is_final: bool = False
    written: bool = False

    def to_json(self) -> dict[str, Any]:
        """Its fields, for a file."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: Any) -> CarbonTotals | None:
        """The totals of a decoded file; None when it holds no object."""
        if not isinstance(value, dict):
            return None
        numbers = {
            name: number(value.get(name))
            for name in (
                "co2_kg",
                "energy_kwh",
                "cpu_power_w",
                "gpu_power_w",
                "ram_power_w",
                "duration_s",
            )
        }
        return cls(
            **numbers,
            region=text(value.get("region")),
            is_final=value.get("is_final") is True,
            written=value.get("written") is True,
        )


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """`N.pid`: the process of a job, whatever launched it.

    Attributes:
        type: A name of the entry point group `experimaestro.process`: `local`, `slurm`…
        pid: The number of a local process, or what the launcher calls it.
        host: The machine that can tell whether it lives; None: written by 2.6 or before.
        boot_id: The boot of that machine, and
        start_time: seconds from boot to the start of the process: they tell it from a later
            process of the same number.
        extra: Other fields (`options` of SLURM), kept as they are.
    """

    type: str
    pid: int | str
    host: str | None = None
    boot_id: str | None = None
    start_time: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def local(cls, pid: int) -> ProcessRecord:
        """The record of a process of this machine, which must be there (a child, for instance)."""
        owner = Owner.of(pid)
        return cls("local", pid, owner.host, owner.boot_id, owner.start_time)

    @property
    def owner(self) -> Owner | None:
        """The process, if it is a local one: it can say whether it lives."""
        if self.type != "local" or not isinstance(self.pid, int):
            return None
        return Owner(self.host, self.boot_id, self.pid, self.start_time)

    def to_json(self) -> dict[str, Any]:
        """Its fields, for a file; our additions are ignored by 2.x readers."""
        value: dict[str, Any] = {"type": self.type, "pid": self.pid, **self.extra}
        for name in ("host", "boot_id", "start_time"):
            if getattr(self, name) is not None:
                value[name] = getattr(self, name)
        return value

    @classmethod
    def from_json(cls, value: Any) -> ProcessRecord | None:
        """The process of a decoded file; None when it names none."""
        if not isinstance(value, dict):
            return None
        pid, start = value.get("pid"), value.get("start_time")
        if not isinstance(pid, (int, str)) or isinstance(pid, bool):
            return None
        known = {"type", "pid", "host", "boot_id", "start_time"}
        return cls(
            text(value.get("type")) or "local",
            pid,
            optional_text(value.get("host")),
            optional_text(value.get("boot_id")),
            float(start) if isinstance(start, (int, float)) else None,
            {name: item for name, item in value.items() if name not in known},
        )

    @classmethod
    def read(cls, folder: JobFolder) -> ProcessRecord | None:
        """The process of a job; None when there is none.

        Raises:
            DamagedRecord: The file names no process.
        """
        value = atomic.read_json_object(folder.pid)
        if value is None:
            return None
        record = cls.from_json(value)
        if record is None:
            raise DamagedRecord(folder.pid, "no process number (`pid`) in it")
        return record

    def write(self, folder: JobFolder) -> None:
        """Replaces `N.pid`; its caller holds the lock of the job."""
        atomic.replace_json(folder.pid, self.to_json(), durable=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """`N.failed`: why a job failed, written for good.

    Attributes:
        code: The exit code of the process.
        reason: Why.
        message: One line for the user.
        signal: The signal that ended the process, if one did.
    """

    code: int = 1
    reason: FailureReason = FailureReason.FAILED
    message: str | None = None
    signal: int | None = None

    @classmethod
    def read(cls, folder: JobFolder) -> Failure | None:
        """The failure of a job; None when there is no marker.

        Never fails on the content: the marker alone is evidence. In v1 it holds a number only.
        """
        try:
            data = folder.failed.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError("read", folder.failed, error) from error
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return cls()
        if isinstance(value, int):
            return cls(code=int(value))
        fields = object_of(value)
        named = fields.get("failure_status") or fields.get("reason")
        code = integer(fields.get("code"))
        return cls(
            1 if code is None else code,
            FailureReason.read(named) or FailureReason.FAILED,
            optional_text(fields.get("message")),
            integer(fields.get("signal")),
        )

    def write(self, folder: JobFolder) -> None:
        """Replaces `N.failed`, durably."""
        value: dict[str, Any] = {"code": self.code, "reason": self.reason.value.lower()}
        if self.message is not None:
            value["message"] = self.message
        if self.signal is not None:
            value["signal"] = self.signal
        atomic.replace_json(folder.failed, value)


@dataclass(slots=True)
class JobStatus:
    """`.experimaestro/status.json` of a job; times in seconds since 1970.

    Attributes:
        state: What the process of the job has said (the *execution* state).
        scheduler_state: What its last scheduler has said.
        events_count: Events of files of this number and above are not in the record; None: all
            are.
        extra: Unknown fields, kept as they are.
    """

    job_id: str
    task_id: str
    path: str = ""
    state: JobState = JobState.UNSCHEDULED
    reason: FailureReason | None = None
    scheduler_state: JobState = JobState.UNSCHEDULED
    scheduler_reason: FailureReason | None = None
    started_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    retry_count: int = 0
    resumable: bool = False
    progress: list[LevelProgress] = field(default_factory=list)
    process: ProcessRecord | None = None
    carbon: CarbonTotals | None = None
    previous_carbon: CarbonTotals | None = None
    run_group_id: str | None = None
    events_count: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: JobFolder) -> JobStatus | None:
        """The record of a job; None when there is none.

        Raises:
            DamagedRecord: The file holds something else; markers and events still say the state.
        """
        value = atomic.read_json_object(folder.status)
        if value is None:
            return None
        status = cls.from_json(value)
        status.job_id, status.task_id = folder.job_id, folder.task_id
        return status

    @classmethod
    def read_or_new(cls, folder: JobFolder) -> JobStatus:
        """The record of a job, or an empty one when it is missing or damaged."""
        try:
            status = cls.read(folder)
        except DamagedRecord:
            status = None
        return status or cls(folder.job_id, folder.task_id, str(folder.path))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> JobStatus:
        """The record of a decoded file; mistyped fields count as missing."""
        get = value.get
        return cls(
            job_id=text(get("job_id")),
            task_id=text(get("task_id")),
            path=text(get("path")),
            state=JobState.read(get("state")) or JobState.UNSCHEDULED,
            reason=FailureReason.read(get("failure_reason")),
            scheduler_state=JobState.read(get("scheduler_state")) or JobState.UNSCHEDULED,
            scheduler_reason=FailureReason.read(get("scheduler_failure_reason")),
            started_at=read_time(value, "started_time"),
            ended_at=read_time(value, "ended_time"),
            exit_code=integer(get("exit_code")),
            retry_count=integer(get("retry_count")) or 0,
            resumable=get("resumable") is True,
            progress=_read_progress(get("progress")),
            process=ProcessRecord.from_json(get("process")),
            carbon=CarbonTotals.from_json(get("carbon_metrics")),
            previous_carbon=CarbonTotals.from_json(get("previous_carbon_metrics")),
            run_group_id=optional_text(get("run_group_id")),
            events_count=integer(get("events_count")),
            extra={name: item for name, item in value.items() if name not in _STATUS_FIELDS},
        )

    def to_json(self) -> dict[str, Any]:
        """The fields of the file."""
        value: dict[str, Any] = {
            **self.extra,
            "job_id": self.job_id,
            "task_id": self.task_id,
            "path": self.path,
            "state": self.state.value,
            "failure_reason": self.reason.value if self.reason else None,
            "scheduler_state": self.scheduler_state.value,
            "scheduler_failure_reason": (
                self.scheduler_reason.value if self.scheduler_reason else None
            ),
            "started_time": to_iso(self.started_at),
            "ended_time": to_iso(self.ended_at),
            "started_time_s": self.started_at,
            "ended_time_s": self.ended_at,
            "exit_code": self.exit_code,
            "retry_count": self.retry_count,
            "resumable": self.resumable,
            "progress": [
                {"level": item.level, "desc": item.desc, "progress": item.progress}
                for item in self.progress
            ],
            "process": self.process.to_json() if self.process else None,
        }
        if self.carbon is not None:
            value["carbon_metrics"] = self.carbon.to_json()
        if self.previous_carbon is not None:
            value["previous_carbon_metrics"] = self.previous_carbon.to_json()
        if self.run_group_id is not None:
            value["run_group_id"] = self.run_group_id
        if self.events_count is not None:
            value["events_count"] = self.events_count
        return value

    def write(self, folder: JobFolder, *, durable: bool = True) -> None:
        """Replaces the record; its caller holds the lock of the job."""
        try:
            atomic.replace_json(folder.status, self.to_json(), durable=durable)
        except StorageError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            folder.private.mkdir(parents=True, exist_ok=True)
            atomic.replace_json(folder.status, self.to_json(), durable=durable)


_STATUS_FIELDS = frozenset(
    [
        "job_id",
        "task_id",
        "path",
        "state",
        "failure_reason",
        "scheduler_state",
        "scheduler_failure_reason",
        "started_time",
        "ended_time",
        "started_time_s",
        "ended_time_s",
        "exit_code",
        "retry_count",
        "resumable",
        "progress",
        "process",
        "carbon_metrics",
        "previous_carbon_metrics",
        "run_group_id",
        "events_count",
    ]
)


def _read_progress(value: Any) -> list[LevelProgress]:
    if not isinstance(value, list):
        return []
    return [
        LevelProgress(
            level if (level := integer(item.get("level"))) is not None else index,
            number(item.get("progress")),
            optional_text(item.get("desc")),
        )
        for index, item in enumerate(value)
        if isinstance(item, dict)
    ]


def read_params(folder: JobFolder | Path) -> dict[str, Any]:
    """The content of `params.json`, numbers of any size included.

    Raises:
        DamagedRecord: It is missing, no JSON object, or of a version that is not known.
    """
    path = folder.params if isinstance(folder, JobFolder) else folder
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise DamagedRecord(path, "missing: the job was never started") from None
    except OSError as error:
        raise StorageError("read", path, error) from error
    except (ValueError, RecursionError) as error:
        raise DamagedRecord(path, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise DamagedRecord(path, f"a JSON object was expected, found {type(value).__name__}")
    version = integer(value.get("version", 0))
    if version is None or version > PARAMS_VERSION:
        raise DamagedRecord(
            path,
            f"version {value.get('version')!r} is not known here (at most {PARAMS_VERSION}): "
            "it was written by a newer version; upgrade experimaestro",
        )
    return value


def write_params(folder: JobFolder, value: dict[str, Any]) -> None:
    """Replaces `params.json`; its caller holds the lock of the job."""
    atomic.replace_json(folder.params, value)

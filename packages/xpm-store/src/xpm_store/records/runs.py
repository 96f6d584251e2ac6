"""The records of a run: its state, its jobs, its surroundings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from xpm_store import atomic
from xpm_store.errors import DamagedRecord
from xpm_store.layout import RunFolder
from xpm_store.locks import FileLock
from xpm_store.records.fields import integer, number, object_of, optional_text, text, texts
from xpm_store.states import FailureReason, JobState, RunStatus, state_name
from xpm_store.times import read_time, to_iso

__all__ = [
    "Action",
    "Environment",
    "RunState",
    "Service",
    "SubmittedJob",
    "read_submitted_jobs",
]

LOCK_TIMEOUT_S = 10.0
"""How long a writer waits for another one: they hold the lock for milliseconds."""


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """A line of `jobs.jsonl`: a job of a run.

    Attributes:
        depends_on: Identifiers of the jobs it waits for; our addition, ignored by 2.x readers.
        transient: 0 none, 1 transient, 2 removed after the run.
        timestamp: When it was submitted, in seconds since 1970.
    """

    job_id: str
    task_id: str
    tags: dict[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    transient: int = 0
    timestamp: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The fields of the line."""
        value: dict[str, Any] = {
            "job_id": self.job_id,
            "task_id": self.task_id,
            "tags": self.tags,
            "timestamp": self.timestamp,
        }
        if self.depends_on:
            value["depends_on"] = list(self.depends_on)
        if self.transient:
            value["transient"] = self.transient
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> SubmittedJob | None:
        """The job of a decoded line; None when it names none."""
        job_id, task_id = text(value.get("job_id")), text(value.get("task_id"))
        if not job_id or not task_id:
            return None
        return cls(
            job_id,
            task_id,
            object_of(value.get("tags")),
            texts(value.get("depends_on")),
            integer(value.get("transient")) or 0,
            number(value.get("timestamp")),
        )


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a user may do with the results of a run."""

    action_id: str
    description: str
    action_class: str

    def to_json(self) -> dict[str, Any]:
        """The fields of its entry in `status.json`."""
        return {
            "action_id": self.action_id,
            "description": self.description,
            "class": self.action_class,
        }


@dataclass(frozen=True, slots=True)
class Service:
    """Something that a run offers while it lasts, or that can be started again after it."""

    service_id: str
    description: str
    service_class: str
    state_dict: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The fields of its entry in `status.json`."""
        return {
            **self.extra,
            "service_id": self.service_id,
            "description": self.description,
            "class": self.service_class,
            "state_dict": self.state_dict,
        }


@dataclass(slots=True)
class RunState:
    """`status.json` of a run, as it is written: the raw record, times in seconds since 1970.

    What to *show* for a run (killed, failed jobs…) is computed by `xpm_store.state`.

    Attributes:
        job_states: State and reason of each job when the record was written.
        dependencies: Jobs that each job waits for: written where 2.x readers look for them.
        events_count: Events of files of this number and above are not in the record; None: all
            are, the run ended (or never wrote one).
        extra: Unknown fields, kept as they are.
    """

    experiment_id: str
    run_id: str
    status: RunStatus = RunStatus.RUNNING
    hostname: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    job_states: dict[str, tuple[JobState, FailureReason | None]] = field(default_factory=dict)
    dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    run_tags: list[str] = field(default_factory=list)
    carbon_impact: dict[str, Any] | None = None
    events_count: int | None = None
    last_updated: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, run: RunFolder) -> RunState | None:
        """The record of a run; None when there is none.

        Raises:
            DamagedRecord: The file holds something else; `jobs.jsonl` and events remain.
        """
        value = atomic.read_json_object(run.status)
        if value is None:
            return None
        state = cls.from_json(value)
        # a folder that was copied or renamed is what its name says
        state.experiment_id, state.run_id = run.experiment_id, run.run_id
        return state

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> RunState:
        """The record of a decoded file; mistyped fields count as missing."""
        get = value.get
        ended_at = read_time(value, "ended_at")
        status = RunStatus.read(get("status")) or RunStatus.RUNNING
        if status is RunStatus.RUNNING and ended_at is not None:
            status = RunStatus.DETACHED  # that is how it is told in this file
        return cls(
            experiment_id=text(get("experiment_id")),
            run_id=text(get("run_id")),
            status=status,
            hostname=optional_text(get("hostname")),
            started_at=read_time(value, "started_at"),
            ended_at=ended_at,
            job_states=dict(_job_states(get("job_states"))),
            dependencies={
                job: texts(needed) for job, needed in object_of(get("dependencies")).items()
            },
            services=dict(_services(get("services"))),
            actions=dict(_actions(get("actions"))),
            run_tags=list(texts(get("run_tags"))),
            carbon_impact=object_of(get("carbon_impact")) or None,
            events_count=integer(get("events_count")),
            last_updated=read_time(value, "last_updated"),
            extra={name: item for name, item in value.items() if name not in _STATE_FIELDS},
        )

    def to_json(self) -> dict[str, Any]:
        """The fields of the file."""
        detached = self.status is RunStatus.DETACHED
        value: dict[str, Any] = {
            **self.extra,
            "version": 1,
            "experiment_id": self.experiment_id,
            "run_id": self.run_id,
            "status": RunStatus.RUNNING.value if detached else self.status.value,
            "hostname": self.hostname,
            "started_at": to_iso(self.started_at),
            "ended_at": to_iso(self.ended_at),
            "started_at_s": self.started_at,
            "ended_at_s": self.ended_at,
            "job_states": {
                job: state_name(state, reason) for job, (state, reason) in self.job_states.items()
            },
            "dependencies": {
                job: list(needed) for job, needed in self.dependencies.items() if needed
            },
            "services": {name: item.to_json() for name, item in self.services.items()},
            "actions": {name: item.to_json() for name, item in self.actions.items()},
            "run_tags": self.run_tags,
        }
        if self.carbon_impact is not None:
            value["carbon_impact"] = self.carbon_impact
        if self.events_count is not None:
            value["events_count"] = self.events_count
        if self.last_updated is not None:
            value["last_updated"] = to_iso(self.last_updated)
        return value

    def write(self, run: RunFolder) -> None:
        """Replaces the record under its lock, durably.

        Raises:
            LockTimeout: Another process held the lock for 10 s.
            StorageError: The file system refused; the old record is intact.
        """
        with FileLock(run.status_lock).hold(LOCK_TIMEOUT_S):
            self.write_locked(run)

    def write_locked(self, run: RunFolder) -> None:
        """Replaces the record; its caller holds `run.status_lock` (to read, change and write)."""
        atomic.replace_json(run.status, self.to_json())


@dataclass(slots=True)
class Environment:
    """`environment.json`: with what, where and when a run was made.

    Attributes:
        content: `python_version`, `packages`, `editable_packages`, `projects`…, kept as given.
        status: None while the run lasts, or when it was killed.
    """

    content: dict[str, Any] = field(default_factory=dict)
    hostname: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    status: RunStatus | None = None

    @classmethod
    def read(cls, run: RunFolder) -> Environment | None:
        """The record of a run; None when there is none.

        Raises:
            DamagedRecord: The file holds something else.
        """
        value = atomic.read_json_object(run.environment)
        if value is None:
            return None
        part = object_of(value.pop("run", None))
        return cls(
            value,
            optional_text(part.get("hostname")),
            read_time(part, "started_at"),
            read_time(part, "ended_at"),
            RunStatus.read(part.get("status")),
        )

    def write(self, run: RunFolder) -> None:
        """Replaces the record."""
        part = {
            "hostname": self.hostname,
            "started_at": to_iso(self.started_at),
            "ended_at": to_iso(self.ended_at),
            "status": self.status.environment_name if self.status else None,
        }
        atomic.replace_json(run.environment, {**self.content, "run": part})


def read_submitted_jobs(
    run: RunFolder,
) -> tuple[dict[str, SubmittedJob], list[DamagedRecord]]:
    """The jobs of a run by identifier, in the order of their first submission.

    The last line of a job wins. Where `jobs.jsonl` is missing (v1 migrated) or damaged, the links
    in `R/jobs` tell the jobs that are not in it, without tags nor times.

    Returns:
        The jobs, and the lines that could not be understood.
    """
    read = atomic.read_lines(run.jobs_jsonl)
    jobs: dict[str, SubmittedJob] = {}
    for value in read.objects:
        job = SubmittedJob.from_json(value)
        if job is None:
            read.problems.append(DamagedRecord(run.jobs_jsonl, "skipped a line that names no job"))
        else:
            jobs[job.job_id] = job
    if not jobs or read.problems:
        for job in _linked_jobs(run):
            jobs.setdefault(job.job_id, job)
    return jobs, read.problems


def _linked_jobs(run: RunFolder) -> Iterable[SubmittedJob]:
    try:
        links = sorted(run.jobs_dir.glob("*/*"))
    except OSError:
        return []
    return [SubmittedJob(link.name, link.parent.name) for link in links]


def _job_states(value: Any) -> Iterator[tuple[str, tuple[JobState, FailureReason | None]]]:
    for job, name in object_of(value).items():
        read = JobState.read_with_reason(name)
        if read is not None:
            yield job, read


def _actions(value: Any) -> Iterator[tuple[str, Action]]:
    for name, item in object_of(value).items():
        fields = object_of(item)
        yield name, Action(name, text(fields.get("description")), text(fields.get("class")))


def _services(value: Any) -> Iterator[tuple[str, Service]]:
    """Services by identifier (2.2 and before: a list)."""
    items = value if isinstance(value, list) else object_of(value).values()
    for item in items:
        fields = object_of(item)
        name = text(fields.get("service_id"))
        if name:
            known = {"service_id", "description", "class", "state_dict"}
            extra = {key: other for key, other in fields.items() if key not in known}
            yield (
                name,
                Service(
                    name,
                    text(fields.get("description")),
                    text(fields.get("class")),
                    object_of(fields.get("state_dict")),
                    extra,
                ),
            )


_STATE_FIELDS = frozenset(
    [
        "version",
        "experiment_id",
        "run_id",
        "status",
        "hostname",
        "started_at",
        "ended_at",
        "started_at_s",
        "ended_at_s",
        "job_states",
        "dependencies",
        "services",
        "actions",
        "run_tags",
        "carbon_impact",
        "events_count",
        "last_updated",
    ]
)

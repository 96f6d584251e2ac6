"""Energy records: a line per execution of a job, kept when the job is removed, and their sums."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from xpm_store import atomic
from xpm_store.atomic import LineAppender
from xpm_store.errors import DamagedRecord
from xpm_store.layout import CarbonFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.records.fields import integer, number, text
from xpm_store.times import read_time, to_iso

__all__ = ["CarbonStats", "CarbonSum", "Measure", "RunCarbon", "measures", "record", "stats",
           "totals"]  # fmt: skip

RECORDS_PER_FILE = 32768
"""The figure of 2.x."""

LOCK_TIMEOUT_S = 10.0
"""How long a writer waits for others: they hold the lock for milliseconds."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What one execution of a job has used; times in seconds since 1970.

    Attributes:
        run_group_id: The same for all the executions of a job in a run of its scheduler.
    """

    job_id: str
    task_id: str
    started_at: float | None = None
    ended_at: float | None = None
    co2_kg: float = 0.0
    energy_kwh: float = 0.0
    cpu_power_w: float = 0.0
    gpu_power_w: float = 0.0
    ram_power_w: float = 0.0
    duration_s: float = 0.0
    region: str = ""
    run_group_id: str = ""

    def to_json(self) -> dict[str, Any]:
        """The fields of the line."""
        value = {name: getattr(self, name) for name in self.__slots__}
        for name in ("started_at", "ended_at"):
            value[name], value[f"{name}_s"] = to_iso(value[name]), value[name]
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Measure | None:
        """The measure of a decoded line; None when it names no job."""
        job_id = text(value.get("job_id"))
        if not job_id:
            return None
        return cls(
            job_id,
            text(value.get("task_id")),
            read_time(value, "started_at"),
            read_time(value, "ended_at"),
            **{name: number(value.get(name)) for name in _NUMBERS},
            region=text(value.get("region")),
            run_group_id=text(value.get("run_group_id")),
        )


_NUMBERS = (
    "co2_kg", "energy_kwh", "cpu_power_w", "gpu_power_w", "ram_power_w", "duration_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CarbonSum:
    """What several executions have used.

    Attributes:
        job_count: How many different jobs they are of.
    """

    co2_kg: float = 0.0
    energy_kwh: float = 0.0
    duration_s: float = 0.0
    job_count: int = 0

    def to_json(self) -> dict[str, Any]:
        """Its fields, for a file."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, found: Collection[Measure]) -> CarbonSum:
        """The sum of some measures."""
        return cls(
            sum(measure.co2_kg for measure in found),
            sum(measure.energy_kwh for measure in found),
            sum(measure.duration_s for measure in found),
            len({measure.job_id for measure in found}),
        )


@dataclass(frozen=True, slots=True)
class RunCarbon:
    """What the jobs of a run have used.

    Attributes:
        sum: All their executions, retries and those of earlier runs included.
        latest: The last execution of each.
    """

    sum: CarbonSum
    latest: CarbonSum

    def to_json(self) -> dict[str, Any]:
        """`carbon_impact` of the record of a run."""
        return {"sum": self.sum.to_json(), "latest": self.latest.to_json()}


@dataclass(frozen=True, slots=True)
class CarbonStats:
    """How much is kept."""

    records: int
    files: int
    size_bytes: int


def record(workspace: Workspace, measure: Measure) -> None:
    """Adds the measure of an execution that ended; called by the process of the job.

    Durability: survives the end of the process.
    Concurrency: any process.
    Complexity: constant; after a crash between line and index, or if the index is lost, the lines
    of the last file are counted again.

    Raises:
        LockTimeout: The lock was not free for 10 s.
        StorageError: The file system refused.
    """
    folder = CarbonFolder(workspace.carbon)
    with FileLock(folder.lock).hold(LOCK_TIMEOUT_S):
        place = _place(folder)
        with LineAppender(folder.measures(place.number)) as file:
            file.append([measure.to_json()])
            size_bytes = file.size_bytes
        value = {
            "current_file": place.number,
            "total_records": place.total + 1,
            "records_in_current": place.count + 1,
            "last_updated": time.time(),
            "size_bytes": size_bytes,  # our addition: tells whether the counts hold
        }
        atomic.replace_json(folder.index, value, durable=False)


def measures(
    workspace: Workspace, problems: list[DamagedRecord] | None = None
) -> Iterator[Measure]:
    """All the measures, oldest first; changes nothing.

    Args:
        workspace: The workspace.
        problems: Takes the lines that could not be understood.

    Complexity: one file of 32768 lines in memory at a time.
    """
    for _, path in CarbonFolder(workspace.carbon).all_measures():
        lines = atomic.read_lines(path)
        if problems is not None:
            problems += lines.problems
        for value in lines.objects:
            measure = Measure.from_json(value)
            if measure is not None:
                yield measure


def totals(workspace: Workspace, job_ids: Collection[str]) -> RunCarbon:
    """What some jobs (those of a run) have used: the sums for the record of the run."""
    wanted = frozenset(job_ids)
    found = [measure for measure in measures(workspace) if measure.job_id in wanted]
    latest = {measure.job_id: measure for measure in found}
    return RunCarbon(CarbonSum.of(found), CarbonSum.of(list(latest.values())))


def stats(workspace: Workspace) -> CarbonStats:
    """How many measures are kept, and what they take."""
    files = CarbonFolder(workspace.carbon).all_measures()
    return CarbonStats(
        sum(path.read_bytes().count(b"\n") for _, path in files),
        len(files),
        sum(path.stat().st_size for _, path in files),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the next measure goes: the number of the file, its lines, those of all files."""

    number: int
    count: int
    total: int


def _place(folder: CarbonFolder) -> _Place:
    place = _indexed_place(folder) or _counted_place(folder)
    if place.count >= RECORDS_PER_FILE:
        place = _Place(place.number + 1, 0, place.total)
    return place


def _indexed_place(folder: CarbonFolder) -> _Place | None:
    """What the index says, if it is up to date with the last file."""
    value = None
    with suppress(DamagedRecord):
        value = atomic.read_json_object(folder.index)
    if value is None:
        return None
    number, count = integer(value.get("current_file")), integer(value.get("records_in_current"))
    total, size_bytes = integer(value.get("total_records")), integer(value.get("size_bytes"))
    if number is None or count is None or total is None:
        return None
    try:
        actual = folder.measures(number).stat().st_size
    except FileNotFoundError:
        return None
    return _Place(number, count, total) if actual == size_bytes else None


def _counted_place(folder: CarbonFolder) -> _Place:
    """What the files say: they are the truth."""
    counts = [(number, path.read_bytes().count(b"\n")) for number, path in folder.all_measures()]
    if not counts:
        return _Place(0, 0, 0)
    number, count = counts[-1]
    return _Place(number, count, sum(lines for _, lines in counts))

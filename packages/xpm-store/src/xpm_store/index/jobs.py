"""Jobs into the index: their folders are looked at, their views folded, their rows written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xpm_store.events import Event, EventReader, Position
from xpm_store.index.folders import fingerprint, look_at, look_at_done
from xpm_store.index.rows import SyncReport
from xpm_store.index.views import ROW_COLUMNS, TAG_COLUMNS, base_view, row_values, tag_rows
from xpm_store.jsontext import encode
from xpm_store.layout import JobFolder, Workspace, task_hash
from xpm_store.records import DiskState
from xpm_store.state import JobView, fold, observe

__all__ = ["INSERT_JOB", "INSERT_ROW", "INSERT_TAG", "JobTables", "KnownJob", "LiveFiles"]

LiveFiles = Mapping[str, Sequence[tuple[int, Path, int]]]
"""Event files of the jobs that are going on: number, path, size by `hash8(T)-H`."""

INSERT_ROW = (
    f"INSERT INTO run_jobs (id, run, job, task, is_latest, {', '.join(ROW_COLUMNS)}) "
    f"VALUES ({', '.join('?' * (5 + len(ROW_COLUMNS)))})"
)
INSERT_TAG = (
    f"INSERT INTO tags ({', '.join(TAG_COLUMNS)}) VALUES ({', '.join('?' * len(TAG_COLUMNS))})"
)
_UPDATE_ROW = f"UPDATE run_jobs SET {', '.join(f'{name} = ?' for name in ROW_COLUMNS)} WHERE id = ?"
_JOB_COLUMNS = (
    "has_folder", "is_active", "has_process", "seen", "event_number", "event_offset"
)  # fmt: skip
INSERT_JOB = (
    f"INSERT INTO jobs (id, task, job_id, {', '.join(_JOB_COLUMNS)}) "
    f"VALUES ({', '.join('?' * (3 + len(_JOB_COLUMNS)))})"
)
_UPDATE_JOB = f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in _JOB_COLUMNS)} WHERE id = ?"
_SELECT_ROWS = f"""
    SELECT r.id, r.run, r.job, r.task, {", ".join(f"r.{name}" for name in ROW_COLUMNS)},
           j.job_id, t.task_id
    FROM run_jobs r JOIN jobs j ON j.id = r.job JOIN tasks t ON t.id = r.task
"""


@dataclass(slots=True)
class KnownJob:
    """A job of the index, and where the reading of its events stands.

    Attributes:
        path: Its folder.
        script_name: `JobFolder.name`.
        columns: What the table says of it; None: it is not in the table yet.
    """

    id: int
    task: int
    job_id: str
    path: str
    script_name: str
    position: Position | None = None
    columns: tuple[Any, ...] | None = None

    @property
    def folder(self) -> JobFolder:
        """Its folder; not kept, as making one costs as much as looking at the job."""
        return JobFolder(Path(self.path))


@dataclass(slots=True)
class _Look:
    """What the folder and the events of a job said."""

    disk: DiskState
    events: list[Event] = field(default_factory=list)
    position: Position | None = None
    seen: str = ""

    @property
    def has_folder(self) -> bool:
        return self.disk.is_marked or self.seen != ""


class JobTables:
    """The tables `jobs`, `run_jobs` and `tags`, inside the transaction of its caller."""

    def __init__(
        self, db: sqlite3.Connection, workspace: Workspace, live: LiveFiles, report: SyncReport
    ) -> None:
        self._db = db
        self._root = os.fspath(workspace.jobs)
        self._live = live
        self._report = report
        self._tasks: dict[str, int] = {}

    # --- identifiers

    def task(self, task_id: str) -> int:
        """The number of a task."""
        number = self._tasks.get(task_id)
        if number is None:
            self._db.execute("INSERT OR IGNORE INTO tasks (task_id) VALUES (?)", (task_id,))
            found = self._db.execute("SELECT id FROM tasks WHERE task_id = ?", (task_id,))
            number = self._tasks[task_id] = int(found.fetchone()[0])
        return number

    def known(self, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], KnownJob]:
        """The jobs of these `(task id, job id)`; the new ones have a number, but no row yet."""
        wanted = {(self.task(task), job): (task, job) for task, job in names}
        found: dict[tuple[str, str], KnownJob] = {}
        rows = self._db.execute(
            "SELECT j.* FROM json_each(?) w CROSS JOIN jobs j ON j.job_id = w.value",
            (encode([job for _, job in wanted]),),
        )
        for row in rows:
            name = wanted.get((row["task"], row["job_id"]))
            if name is not None:
                found[name] = self._known_job(row, name[0])
        number = int(self._db.execute("SELECT coalesce(max(id), 0) FROM jobs").fetchone()[0])
        for (task, job), name in wanted.items():
            if name not in found:
                number += 1
                found[name] = KnownJob(number, task, job, *self._place(*name))
        return found

    # --- views

    def write_new(self, run: int, views: Iterable[JobView]) -> None:
        """Adds the jobs of a run; one that is there already takes the new tags."""
        views = list(views)
        known = self.known((view.task_id, view.job_id) for view in views)
        there = {row["job"]: row for row in self._rows_of([k.id for k in known.values()], run)}
        number = int(self._db.execute("SELECT coalesce(max(id), 0) FROM run_jobs").fetchone()[0])
        rows, tags, looks = [], [], []
        latest = self._supersede(run, [(known[v.task_id, v.job_id].id, v) for v in views])
        for view in views:
            job = known[view.task_id, view.job_id]
            if job.id in there:
                self._resubmit(there[job.id], view)
                continue
            look = self._look(job)
            base = fold(look.events, view) if look.events else view
            shown = observe(base, look.disk, has_folder=look.has_folder)
            number += 1
            is_latest = job.id in latest
            rows.append((number, run, job.id, job.task, is_latest, *row_values(base, shown)))
            if view.tags:
                submitted_at, state = view.submitted_at or 0.0, shown.state.value
                tags += tag_rows(number, view.tags.items(), submitted_at, job.task, state)
            looks.append((job, look))
        self._write_jobs(looks)
        self._db.executemany(INSERT_ROW, rows)
        self._db.executemany(INSERT_TAG, tags)
        self._report.changes += len(rows)

    def views_of(self, run: int, job_ids: Iterable[str]) -> dict[str, tuple[sqlite3.Row, JobView]]:
        """The rows of these jobs in a run, and the views from which their events are folded."""
        rows = self._db.execute(
            f"{_SELECT_ROWS} JOIN json_each(?) w ON j.job_id = w.value WHERE r.run = ?",
            (encode(sorted(set(job_ids))), run),
        ).fetchall()
        return {row["job_id"]: (row, base_view(row)) for row in rows}

    def write_folded(self, changed: Sequence[tuple[sqlite3.Row, JobView]]) -> None:
        """Writes views that events of a run have changed, once their folders were looked at."""
        if changed:
            given = {row["id"]: view for row, view in changed}
            self.look_again(sorted({row["job"] for row, _ in changed}), given)

    def look_again(self, jobs: Sequence[int], given: Mapping[int, JobView] | None = None) -> None:
        """Looks at the folders and events of jobs, and writes what changed in all their rows.

        Args:
            jobs: Numbers of jobs.
            given: Views that are newer than those of their rows, by row.
        """
        given = given or {}
        rows: dict[int, list[sqlite3.Row]] = {}
        for row in self._rows_of(jobs):
            rows.setdefault(row["job"], []).append(row)
        looks = []
        for job in self._known_by_number(jobs):
            look = self._look(job)
            looks.append((job, look))
            for row in rows.get(job.id, ()):
                view = given.get(row["id"])
                base = base_view(row) if view is None else view
                if look.events:
                    base = fold(look.events, base)
                self._write_row(row, base, observe(base, look.disk, has_folder=look.has_folder))
        self._write_jobs(looks)

    def forget_gone(self, task_id: str) -> None:
        """Removes the jobs of a task that neither a run nor a folder knows."""
        gone = """SELECT j.id FROM jobs j JOIN tasks t ON t.id = j.task
                  WHERE t.task_id = ? AND NOT j.has_folder
                  AND NOT EXISTS (SELECT 1 FROM run_jobs r WHERE r.job = j.id AND r.run != 0)"""
        self._db.execute(f"DELETE FROM run_jobs WHERE job IN ({gone})", (task_id,))
        self._db.execute(f"DELETE FROM jobs WHERE id IN ({gone})", (task_id,))

    def active(self, run: int | None = None) -> list[sqlite3.Row]:
        """Jobs with a folder and no marker: what may change without the run saying so."""
        query = """SELECT j.*, t.task_id FROM jobs j JOIN tasks t ON t.id = j.task
                   WHERE j.is_active"""
        if run is None:
            return self._db.execute(query).fetchall()
        inside = " AND EXISTS (SELECT 1 FROM run_jobs r WHERE r.job = j.id AND r.run = ?)"
        return self._db.execute(query + inside, (run,)).fetchall()

    def _place(self, task_id: str, job_id: str) -> tuple[str, str]:
        """The folder of a job, and the name of its script."""
        return f"{self._root}/{task_id}/{job_id}", task_id.rpartition(".")[2]

    def _known_job(self, row: sqlite3.Row, task_id: str) -> KnownJob:
        number, job_id = row["event_number"], row["job_id"]
        position = None if number is None else Position(number, row["event_offset"])
        columns = tuple(row[name] for name in _JOB_COLUMNS)
        place = self._place(task_id, job_id)
        return KnownJob(row["id"], row["task"], job_id, *place, position, columns)

    # --- rows

    def _rows_of(self, jobs: Iterable[int], run: int | None = None) -> list[sqlite3.Row]:
        query = f"{_SELECT_ROWS} WHERE r.job IN (SELECT value FROM json_each(?))"
        numbers = encode(list(jobs))
        if run is None:
            return self._db.execute(query, (numbers,)).fetchall()
        return self._db.execute(f"{query} AND r.run = ?", (numbers, run)).fetchall()

    def _known_by_number(self, jobs: Iterable[int]) -> list[KnownJob]:
        rows = self._db.execute(
            """SELECT j.*, t.task_id FROM jobs j JOIN tasks t ON t.id = j.task
               WHERE j.id IN (SELECT value FROM json_each(?))""",
            (encode(list(jobs)),),
        )
        return [self._known_job(row, row["task_id"]) for row in rows]

    def _supersede(self, run: int, new: Sequence[tuple[int, JobView]]) -> set[int]:
        """The jobs of which the new row is the latest; the older rows no longer are."""
        times = {job: view.submitted_at or 0.0 for job, view in new}
        latest = set(times)
        older = self._db.execute(
            """SELECT id, run, job, submitted_at FROM run_jobs
               WHERE is_latest AND job IN (SELECT value FROM json_each(?))""",
            (encode(list(times)),),
        ).fetchall()
        for row in older:
            if row["run"] == run or row["submitted_at"] > times[row["job"]]:
                latest.discard(row["job"])
            else:
                self._db.execute("UPDATE run_jobs SET is_latest = 0 WHERE id = ?", (row["id"],))
        # a job that no run listed had a row of its own
        self._db.execute(
            "DELETE FROM run_jobs WHERE run = 0 AND job IN (SELECT value FROM json_each(?))",
            (encode(list(times) if run else []),),
        )
        if not run:
            latest.clear()
        return latest

    def _resubmit(self, row: sqlite3.Row, view: JobView) -> None:
        """Another line of the same job in the same run: the last one wins."""
        base = base_view(row)
        base.tags, base.depends_on = view.tags, view.depends_on or base.depends_on
        base.transient = view.transient
        base.submitted_at = view.submitted_at or base.submitted_at
        self._db.execute(
            "UPDATE run_jobs SET tags = ?, depends_on = ?, transient = ?, submitted_at = ? "
            "WHERE id = ?",
            (encode(base.tags), encode(base.depends_on), base.transient,
             base.submitted_at or 0.0, row["id"]),
        )  # fmt: skip
        self._write_tags(row, base, row["state"])
        self._report.changes += 1

    def _write_row(self, row: sqlite3.Row, base: JobView, shown: JobView) -> None:
        values = row_values(base, shown)
        old = tuple(row[name] for name in ROW_COLUMNS)
        if values == old:
            return
        self._db.execute(_UPDATE_ROW, (*values, row["id"]))
        self._report.changes += 1
        if values[0] != old[0] or values[7] != old[7]:  # submission time, tags
            self._write_tags(row, base, shown.state.value)

    def _write_tags(self, row: sqlite3.Row, view: JobView, state: str) -> None:
        self._db.execute("DELETE FROM tags WHERE row = ?", (row["id"],))
        tags = view.tags.items()
        self._db.executemany(
            INSERT_TAG, tag_rows(row["id"], tags, view.submitted_at or 0.0, row["task"], state)
        )

    def _write_jobs(self, looks: Iterable[tuple[KnownJob, _Look]]) -> None:
        """What the next sync needs to know of jobs."""
        new, changed = [], []
        for job, look in looks:
            disk, position = look.disk, look.position
            is_active = look.has_folder and not disk.is_marked
            values = (
                look.has_folder,
                is_active,
                is_active and disk.alive is True,
                look.seen,
                position.number if position else None,
                position.offset if position else None,
            )
            if job.columns is None:
                new.append((job.id, job.task, job.job_id, *values))
            elif values != job.columns:
                changed.append((*values, job.id))
        self._db.executemany(INSERT_JOB, new)
        self._db.executemany(_UPDATE_JOB, changed)

    # --- files

    def _look(self, job: KnownJob) -> _Look:
        """Reads what a job's folder says now, and the events that came since the last time."""
        self._report.jobs += 1
        disk = look_at_done(job.path, job.script_name)
        if disk is not None:
            return _Look(disk)
        folder = job.folder
        disk = look_at(folder)
        if disk.is_marked:
            return _Look(disk)
        seen = fingerprint(job.path)
        if not seen:
            return _Look(disk)
        if disk.problems:
            self._report.problems += disk.problems
        if disk.status is None and disk.process is None:
            return _Look(disk, seen=seen)
        first = disk.status.events_count if disk.status is not None else 0
        if first is None and job.position is None:
            return _Look(disk, seen=seen)
        live = self._live.get(f"{task_hash(folder.task_id)}-{folder.job_id}", ())
        files = [(number, path) for number, path, _ in live]
        if not files and job.position is None:
            files = folder.archived_events()
        position = _position(job.position, first or 0, live)
        reader = EventReader(lambda: files, position)
        read = reader.read()
        self._report.events += len(read.events)
        return _Look(disk, read.events, reader.position, seen)


def _position(
    known: Position | None, first: int, live: Sequence[tuple[int, Path, int]]
) -> Position:
    """Where to go on; at the first file of the record when the files were begun anew."""
    if known is None:
        return Position(first)
    sizes = {number: size for number, _, size in live}
    begun_anew = sizes and max(sizes) < known.number
    if begun_anew or sizes.get(known.number, known.offset) < known.offset:
        return Position(first)
    return known

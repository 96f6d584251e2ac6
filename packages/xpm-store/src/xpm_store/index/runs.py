"""Runs into the index: their jobs, their events and their record, as far as they are new."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from xpm_store.atomic import parse_lines, read_json_object
from xpm_store.errors import DamagedRecord
from xpm_store.events import Event, EventReader, JobInRunChanged, Position
from xpm_store.index.jobs import JobTables
from xpm_store.index.objects import dependencies_of
from xpm_store.index.rows import SyncReport
from xpm_store.jsontext import encode
from xpm_store.layout import RunFolder
from xpm_store.locks import is_locked
from xpm_store.records import Environment, RunState, SubmittedJob, read_submitted_jobs
from xpm_store.state import JobView, RunView, fold, settle, start_run
from xpm_store.states import JobState, RunStatus, state_name

__all__ = ["RunFiles", "RunTable"]

CHUNK_BYTES = 256 * 1024  # of `jobs.jsonl` in one transaction: some 1000 jobs, some 100 ms
EVENTS_AT_ONCE = 5000

Transaction = Callable[[], AbstractContextManager[None]]


class RunFiles:
    """The files of one run, as they are when a sync begins."""

    def __init__(
        self, folder: RunFolder, live: Sequence[tuple[int, Path, int]], *, is_current: bool
    ) -> None:
        self.folder = folder
        self.live = live if is_current else ()
        self.is_current = is_current
        status = _stat(folder.status)
        self.seen = f"{status.st_size}:{status.st_mtime_ns}" if status else ""
        jobs = _stat(folder.jobs_jsonl)
        self.jobs_size = jobs.st_size if jobs else 0

    def has_news(self, row: sqlite3.Row | None) -> bool:
        """Whether the index lacks something of these files."""
        if row is None or row["seen"] != self.seen or row["jobs_offset"] < self.jobs_size:
            return True
        if bool(row["is_current"]) != self.is_current:
            return True
        if not row["is_final"] and self.live:
            number, offset = row["event_number"], row["event_offset"]
            return any(n > number or (n == number and size > offset) for n, _, size in self.live)
        return False


class RunTable:
    """The table `runs`, and what it says of jobs, actions and services."""

    def __init__(
        self,
        db: sqlite3.Connection,
        jobs: JobTables,
        transaction: Transaction,
        report: SyncReport,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._transaction = transaction
        self._report = report

    def row(self, experiment_id: str, run_id: str) -> sqlite3.Row | None:
        """The row of a run."""
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM runs WHERE experiment_id = ? AND run_id = ?", (experiment_id, run_id)
        ).fetchone()
        return found

    def sync(self, files: RunFiles) -> None:
        """Brings a run up to date, in several short transactions."""
        self._report.runs += 1
        folder = files.folder
        state = self._record(folder)
        with self._transaction():
            number, is_new = self._begin(files, state)
        while self._next_jobs(number, folder, state):
            pass
        with self._transaction():
            row = self.row(folder.experiment_id, folder.run_id)
            if row is None:  # another process has seen it vanish
                return
            is_final = state.events_count is None and state.status is not RunStatus.RUNNING
            if is_final and not row["is_final"] and not is_new:
                self._apply_record(number, state)
            view = self._fold_events(row, files, state, is_final=is_final)
            self._write_parts(number, view)
            self._db.execute(
                """UPDATE runs SET seen = ?, is_final = ?, hostname = ?, started_at = ?,
                   ended_at = ?, run_tags = ?, recorded = ? WHERE id = ?""",
                (
                    files.seen,
                    is_final,
                    view.hostname,
                    view.started_at,
                    view.ended_at,
                    encode(list(view.run_tags)),
                    view.status.value,
                    number,
                ),
            )
            self._report.changes += 1

    def settle(self, number: int, folder: RunFolder) -> None:
        """Writes the status to show: a killed run, or one whose jobs failed, has failed."""
        row = self._db.execute("SELECT * FROM runs WHERE id = ?", (number,)).fetchone()
        if row is None:
            return
        view = RunView(row["experiment_id"], row["run_id"], RunStatus(row["recorded"]))
        if view.status is RunStatus.DONE:
            failed = self._db.execute(
                """SELECT 1 FROM run_jobs WHERE run = ? AND state = 'error'
                   AND reason IS NOT 'DELETED' LIMIT 1""",
                (number,),
            ).fetchone()
            if failed:
                view.jobs[""] = JobView("", "", JobState.ERROR)
        locked = (
            view.status is RunStatus.RUNNING
            and bool(row["is_current"])
            and is_locked(folder.experiment.lock)
        )
        settled = settle(view, is_locked=locked)
        if (settled.status.value, settled.is_interrupted) != (row["status"], row["is_interrupted"]):
            with self._transaction():
                self._db.execute(
                    "UPDATE runs SET status = ?, is_interrupted = ? WHERE id = ?",
                    (settled.status.value, settled.is_interrupted, number),
                )
            self._report.changes += 1

    def forget(self, number: int) -> None:
        """Removes a run whose folder is gone; its jobs go back to the run before it, if any."""
        jobs = [
            row[0] for row in self._db.execute("SELECT job FROM run_jobs WHERE run = ?", (number,))
        ]
        self._db.execute(
            "DELETE FROM tags WHERE row IN (SELECT id FROM run_jobs WHERE run = ?)", (number,)
        )
        for table in ("run_jobs", "actions", "services"):
            self._db.execute(f"DELETE FROM {table} WHERE run = ?", (number,))
        self._db.execute("DELETE FROM runs WHERE id = ?", (number,))
        self._db.execute(
            """UPDATE run_jobs SET is_latest = 1 WHERE id IN (
                 SELECT (SELECT id FROM run_jobs r WHERE r.job = w.value AND r.run != 0
                         ORDER BY submitted_at DESC, id DESC LIMIT 1)
                 FROM json_each(?) w)""",
            (encode(jobs),),
        )
        # those that no run lists any more: kept as orphans while they have a folder
        self._db.execute(
            """UPDATE tasks SET seen = 0 WHERE id IN (
                 SELECT j.task FROM jobs j JOIN json_each(?) w ON w.value = j.id
                 WHERE NOT EXISTS (SELECT 1 FROM run_jobs r WHERE r.job = j.id))""",
            (encode(jobs),),
        )
        self._db.execute(
            """DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))
               AND NOT EXISTS (SELECT 1 FROM run_jobs r WHERE r.job = jobs.id)""",
            (encode(jobs),),
        )
        self._report.changes += 1

    def add_dependencies(self, number: int, folder: RunFolder) -> None:
        """Takes the dependencies from the objects of a run, if its writer stored none (2.x)."""
        if not folder.objects_jsonl.exists() or "dependencies" in _raw(folder.status):
            return
        rows = self._db.execute(
            """SELECT r.id, r.depends_on, j.job_id FROM run_jobs r JOIN jobs j ON j.id = r.job
               WHERE r.run = ?""",
            (number,),
        ).fetchall()
        if any(row["depends_on"] != "[]" for row in rows):
            return
        needs = dependencies_of(folder.objects_jsonl, {row["job_id"] for row in rows})
        changed = [
            (encode(needs[row["job_id"]]), row["id"]) for row in rows if needs.get(row["job_id"])
        ]
        if changed:
            with self._transaction():
                self._db.executemany("UPDATE run_jobs SET depends_on = ? WHERE id = ?", changed)

    # --- steps of sync

    def _record(self, folder: RunFolder) -> RunState:
        """The record of a run, or what the other files tell of it."""
        try:
            state = RunState.read(folder)
            if state is not None:
                return state
        except DamagedRecord as problem:
            self._report.problems.append(problem)
        state = RunState(folder.experiment_id, folder.run_id, events_count=0)
        try:
            environment = Environment.read(folder)
        except DamagedRecord as problem:
            self._report.problems.append(problem)
            environment = None
        if environment is not None:
            state.status = environment.status or RunStatus.RUNNING
            state.hostname = environment.hostname
            state.started_at, state.ended_at = environment.started_at, environment.ended_at
        return state

    def _begin(self, files: RunFiles, state: RunState) -> tuple[int, bool]:
        folder = files.folder
        name = (folder.experiment_id, folder.run_id)
        row = self.row(*name)
        is_new = row is None
        if row is None:
            self._db.execute(
                "INSERT INTO runs (experiment_id, run_id, event_number) VALUES (?, ?, ?)",
                (*name, state.events_count or 0),
            )
            row = self.row(*name)
            assert row is not None
        elif files.jobs_size < row["jobs_offset"]:  # the list was replaced: take it again
            self._db.execute("UPDATE runs SET jobs_offset = 0 WHERE id = ?", (row["id"],))
        if files.is_current:
            self._db.execute(
                "UPDATE runs SET is_current = 0 WHERE experiment_id = ? AND is_current", name[:1]
            )
        self._db.execute(
            "UPDATE runs SET is_current = ? WHERE id = ?", (files.is_current, row["id"])
        )
        return int(row["id"]), is_new

    def _next_jobs(self, number: int, folder: RunFolder, state: RunState) -> bool:
        """Indexes the next lines of `jobs.jsonl`; False when there are no more."""
        with self._transaction():
            row = self._db.execute(
                "SELECT jobs_offset, seen FROM runs WHERE id = ?", (number,)
            ).fetchone()
            if row is None:
                return False
            start = row["jobs_offset"]
            data = _whole_lines(folder.jobs_jsonl, start)
            if data:
                lines = parse_lines(data, folder.jobs_jsonl, start)
                self._report.problems += lines.problems
                read = [SubmittedJob.from_json(value) for value in lines.objects]
                submitted = {job.job_id: job for job in read if job}
            elif start == 0 and row["seen"] == "":  # never listed: the links may tell
                submitted, _ = read_submitted_jobs(folder)
            else:
                submitted = {}
            views = start_run(state, submitted.values()).jobs.values()
            self._complete_times(views, state)
            self._jobs.write_new(number, views)
            self._db.execute(
                "UPDATE runs SET jobs_offset = ? WHERE id = ?", (start + len(data), number)
            )
        return bool(data)

    def _complete_times(self, views: Iterable[JobView], state: RunState) -> None:
        """A job without a time of its own (v1, links) was submitted when its run began."""
        for view in views:
            if view.submitted_at is None:
                view.submitted_at = state.started_at

    def _apply_record(self, number: int, state: RunState) -> None:
        """The final record of a run outweighs the events that were read while it lasted."""
        at = state.last_updated or state.ended_at or state.started_at or 0.0
        rows = self._db.execute(
            """SELECT j.job_id, t.task_id, r.scheduler_state, r.scheduler_reason
               FROM run_jobs r JOIN jobs j ON j.id = r.job JOIN tasks t ON t.id = r.task
               WHERE r.run = ?""",
            (number,),
        )
        said = []
        for job_id, task_id, *known in rows:
            job, reason = state.job_states.get(job_id, (JobState.UNSCHEDULED, None))
            # 2.x records what it does not tell apart as unscheduled: the events know better
            if job is not JobState.UNSCHEDULED and state_name(job, reason) != _name(*known):
                said.append(
                    JobInRunChanged(
                        at, state.experiment_id, state.run_id, job_id, task_id, job, reason
                    )
                )
        self._fold(number, said, RunView(state.experiment_id, state.run_id))

    def _fold_events(
        self, row: sqlite3.Row, files: RunFiles, state: RunState, *, is_final: bool
    ) -> RunView:
        """Folds the events that are new; returns the view of the run itself."""
        number = int(row["id"])
        folder = files.folder
        view = start_run(state, ())
        if view.status is RunStatus.RUNNING and row["recorded"] != view.status.value:
            # its last event was folded before, its final record is not written yet
            view.status, view.ended_at = RunStatus(row["recorded"]), row["ended_at"]
        if is_final:
            if not row["is_final"]:
                self._complete(number, folder)
            return view
        position = Position(row["event_number"], row["event_offset"])
        live = {n: path for n, path, _ in files.live}
        reader = EventReader(
            lambda: sorted({**live, **dict(folder.archived_events())}.items()), position
        )
        read = reader.read()
        self._report.problems += read.problems
        view = self._fold(number, read.events, view)
        if reader.position != position:
            self._db.execute(
                "UPDATE runs SET event_number = ?, event_offset = ? WHERE id = ?",
                (reader.position.number, reader.position.offset, number),
            )
        return view

    def _complete(self, number: int, folder: RunFolder) -> None:
        """What 2.x leaves out of the final record: dependency failures, transient jobs, graph."""
        vague = self._db.execute(
            "SELECT 1 FROM run_jobs WHERE run = ? AND scheduler_state = 'unscheduled' LIMIT 1",
            (number,),
        ).fetchone()
        if vague:
            read = EventReader(folder.archived_events).read()
            self._fold(number, read.events, RunView(folder.experiment_id, folder.run_id))

    def _fold(self, number: int, events: Sequence[Event], view: RunView) -> RunView:
        """Folds events over the jobs that they speak of, and over the run."""
        self._report.events += len(events)
        for some in _batches(events, EVENTS_AT_ONCE):
            named = {event.job_id for event in some if isinstance(event, JobInRunChanged)}
            known = self._jobs.views_of(number, named)
            view.jobs = {job_id: old for job_id, (_, old) in known.items()}
            view = fold(some, view)
            changed = [
                (row, view.jobs[job_id])
                for job_id, (row, old) in known.items()
                if view.jobs[job_id] is not old
            ]
            self._jobs.write_folded(changed)
            new = [job for job_id, job in view.jobs.items() if job_id not in known]
            if new:
                self._jobs.write_new(number, new)
            view.jobs = {}
        return view

    def _write_parts(self, number: int, view: RunView) -> None:
        """Actions and services are only added: the record of a killed run has lost them."""
        self._db.executemany(
            "INSERT OR REPLACE INTO actions VALUES (?, ?, ?, ?)",
            [
                (number, action.action_id, action.description, action.action_class)
                for action in view.actions.values()
            ],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO services VALUES (?, ?, ?)",
            [
                (number, service.service_id, encode(service.to_json()))
                for service in view.services.values()
            ],
        )


def _name(state: str, reason: str | None) -> str:
    return f"{state}:{reason}" if reason else state


def _whole_lines(path: Path, start: int) -> bytes:
    """Some whole lines of a file from an offset; empty at its end."""
    size = CHUNK_BYTES
    try:
        with path.open("rb") as file:
            while True:
                file.seek(start)
                data = file.read(size)
                whole = data.rfind(b"\n") + 1
                if whole or len(data) < size:
                    return data[:whole]
                size *= 2
    except FileNotFoundError:
        return b""


def _raw(path: Path) -> dict[str, object]:
    try:
        return read_json_object(path) or {}
    except DamagedRecord:
        return {}


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _batches(items: Sequence[Event], size: int) -> Iterable[Sequence[Event]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]

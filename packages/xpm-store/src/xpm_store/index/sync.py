"""One pass over a workspace: what changed since the last one is found cheaply, then indexed.

What is looked at, when nothing changed: two files per run, the two folders of live events, the
modification time of `jobs/T` per task, and three per job that has a folder but no marker. Jobs
that ended are not looked at, but for a handful: what makes one run again is told by the events of a
run, and what removes its folder by the time of `jobs/T`. A marker that was removed by hand is found
when its turn comes, or by a full sync.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xpm_store.atomic import parse_lines
from xpm_store.errors import DamagedRecord
from xpm_store.index.folders import fingerprint, is_marked
from xpm_store.index.jobs import JobTables, LiveFiles
from xpm_store.index.rows import SyncReport
from xpm_store.index.runs import RunFiles, RunTable
from xpm_store.index.schema import begin_filling, finish_filling
from xpm_store.jsontext import encode
from xpm_store.layout import ExperimentFolder, Workspace, task_hash
from xpm_store.records import ProcessRecord, process_is_alive
from xpm_store.state import JobView
from xpm_store.times import from_iso

__all__ = ["Sync"]

ENDED_AT_ONCE = 200  # jobs that ended, looked at by each sync: 0.5 ms
JOBS_AT_ONCE = 500  # looked at in one transaction: some 50 ms

FRESH_NS = 2_000_000_000
"""A folder that changed so little ago may change again within one tick of its clock."""

_Live = dict[str, list[tuple[int, Path, int]]]


class Sync:
    """A pass; made for one call of `Index.sync`.

    Concurrency: any number of processes at once. Where each reading stopped is read and written
    in the transaction that takes what was read.
    """

    def __init__(self, db: sqlite3.Connection, workspace: Workspace, *, full: bool = False) -> None:
        self._db = db
        self._workspace = workspace
        self._full = full
        self._is_filling = False
        self.report = SyncReport()
        self._live_jobs: LiveFiles = self._live_files(workspace.job_events)
        self._jobs = JobTables(db, workspace, self._live_jobs, self.report)
        self._runs = RunTable(db, self._jobs, self._transaction, self.report)

    def everything(self) -> SyncReport:
        """Brings all of the index up to date."""
        live = self._live_files(self._workspace.experiment_events)
        names = []
        with self._filling():
            for experiment in self._workspace.experiment_folders():
                names.append(experiment.experiment_id)
                self._experiment(experiment, live)
        self.report.listed += 1
        self._forget_experiments(names)
        self._active_jobs(None)
        self._ended_jobs()
        self._job_folders()
        self._carbon()
        self._settle(None)
        return self.report

    def one(self, experiment_id: str) -> SyncReport:
        """Brings an experiment up to date: its runs, and the jobs of the current one."""
        experiment = self._workspace.experiment(experiment_id)
        live = self._live_files(self._workspace.experiment_events)
        current = self._experiment(experiment, live)
        if current is not None:
            self._active_jobs(current)
        self._settle(experiment_id)
        return self.report

    # --- runs

    def _experiment(self, experiment: ExperimentFolder, live: _Live) -> int | None:
        """Syncs the runs that have news; returns the number of the current one."""
        name = experiment.experiment_id
        folders = experiment.runs()
        current = experiment.current_run()
        self.report.listed += 1
        known = {
            row["run_id"]: row
            for row in self._db.execute("SELECT * FROM runs WHERE experiment_id = ?", (name,))
        }
        for folder in folders:
            files = RunFiles(folder, live.get(name, ()), is_current=folder == current)
            self.report.looked_at += 2
            if self._full or files.has_news(known.get(folder.run_id)):
                self._runs.sync(files)
                row = self._runs.row(name, folder.run_id)
                if row is not None:
                    self._runs.add_dependencies(row["id"], folder)
        gone = known.keys() - {folder.run_id for folder in folders}
        for run_id in gone:
            with self._transaction():
                self._runs.forget(known[run_id]["id"])
        row = None if current is None else self._runs.row(name, current.run_id)
        return None if row is None else int(row["id"])

    def _forget_experiments(self, names: list[str]) -> None:
        gone = self._db.execute(
            "SELECT id FROM runs WHERE experiment_id NOT IN (SELECT value FROM json_each(?))",
            (encode(names),),
        ).fetchall()
        for row in gone:
            with self._transaction():
                self._runs.forget(row["id"])

    def _settle(self, experiment_id: str | None) -> None:
        """The status of runs to show: after changes, of all; else of those that may be killed."""
        clauses, values = ["1"], []
        if experiment_id is not None:
            clauses.append("experiment_id = ?")
            values.append(experiment_id)
        if not self.report.changes and not self._full:
            clauses.append("recorded = 'running'")
        rows = self._db.execute(f"SELECT * FROM runs WHERE {' AND '.join(clauses)}", values)
        for row in rows.fetchall():
            folder = self._workspace.experiment(row["experiment_id"]).run(row["run_id"])
            self._runs.settle(row["id"], folder)

    # --- jobs

    def _active_jobs(self, run: int | None) -> None:
        """Looks again at the jobs without marker whose folder, events or process changed."""
        changed = []
        for row in self._jobs.active(run):
            folder = self._workspace.job(row["task_id"], row["job_id"])
            self.report.looked_at += 3
            if (
                self._full
                or fingerprint(folder.path) != row["seen"]
                or self._has_events(row)
                or (row["has_process"] and self._has_died(row))
            ):
                changed.append(int(row["id"]))
        self._look_again(changed)

    def _look_again(self, jobs: list[int]) -> None:
        for start in range(0, len(jobs), JOBS_AT_ONCE):
            with self._transaction():
                self._jobs.look_again(jobs[start : start + JOBS_AT_ONCE])

    def _has_events(self, row: sqlite3.Row) -> bool:
        live = self._live_jobs.get(f"{task_hash(row['task_id'])}-{row['job_id']}")
        if not live:
            return False
        number, offset = row["event_number"], row["event_offset"]
        if number is None:
            return True
        return any(n > number or (n == number and size != offset) for n, _, size in live)

    def _has_died(self, row: sqlite3.Row) -> bool:
        folder = self._workspace.job(row["task_id"], row["job_id"])
        try:
            record = ProcessRecord.read(folder)
        except DamagedRecord:
            record = None
        return record is None or process_is_alive(record) is not True

    def _ended_jobs(self) -> None:
        """Looks for the markers of some jobs that ended: someone may have removed one by hand.

        A full sync looks at all of them, this at `ENDED_AT_ONCE` in a row, each time elsewhere.
        """
        if self._full:  # `_list_task` does
            return
        last = self._db.execute("SELECT coalesce(max(id), 0) FROM jobs").fetchone()[0]
        first = random.randint(1, last - ENDED_AT_ONCE + 1) if last > ENDED_AT_ONCE else 1
        rows = self._db.execute(
            """SELECT j.id, j.job_id, t.task_id FROM jobs j JOIN tasks t ON t.id = j.task
               WHERE j.id BETWEEN ? AND ? AND j.has_folder AND NOT j.is_active""",
            (first, first + ENDED_AT_ONCE - 1),
        ).fetchall()
        self.report.looked_at += len(rows)
        jobs = os.fspath(self._workspace.jobs)
        changed = {
            row["id"]: row["task_id"]
            for row in rows
            if not is_marked(f"{jobs}/{row['task_id']}/{row['job_id']}", row["task_id"])
        }
        self._look_again(list(changed))
        for task_id in set(changed.values()):
            with self._transaction():
                self._jobs.forget_gone(task_id)

    def _job_folders(self) -> None:
        """Finds job folders that came or went without an event: listed when `jobs/T` changed.

        A folder has a link for each folder in it (where the file system counts them; elsewhere it
        has one, and is listed): when that is what runs and events told, nothing is listed.
        """
        seen = {
            row["task_id"]: row
            for row in self._db.execute("SELECT task_id, seen, folders FROM tasks").fetchall()
        }
        there = set()
        self.report.listed += 1
        for name in _folder_names(self._workspace.jobs):
            there.add(name)
            row, path = seen.get(name), self._workspace.jobs / name
            stat = path.stat()
            self.report.looked_at += 1
            if not self._full and row is not None:
                if row["seen"] == stat.st_mtime_ns:
                    continue
                if stat.st_nlink - 2 == row["folders"]:
                    self._remember(name, stat.st_mtime_ns)
                    continue
            self._list_task(path)
            self._remember(name, stat.st_mtime_ns)
        for name in seen.keys() - there:
            if seen[name]["seen"]:
                self._list_task(self._workspace.jobs / name)
                self._remember(name, 0)

    def _remember(self, task_id: str, time_ns: int) -> None:
        if time.time_ns() - time_ns < FRESH_NS:
            return  # it may change again at the same time: it is looked at again
        with self._transaction():
            self._jobs.task(task_id)
            self._db.execute("UPDATE tasks SET seen = ? WHERE task_id = ?", (time_ns, task_id))

    def _list_task(self, path: Path) -> None:
        """Compares the folders of a task with those of the index."""
        self.report.listed += 1
        listed = set(_folder_names(path))
        query = """SELECT j.job_id, j.id FROM jobs j JOIN tasks t ON t.id = j.task
                   WHERE t.task_id = ?"""
        all_known = dict(self._db.execute(query, (path.name,)).fetchall())
        with_folder = dict(self._db.execute(f"{query} AND j.has_folder", (path.name,)).fetchall())
        changed = with_folder.keys() - listed
        changed |= (all_known.keys() & listed) - with_folder.keys()
        if self._full:
            changed = set(all_known)
        self._look_again([all_known[job_id] for job_id in changed])
        orphans = sorted(listed - all_known.keys())
        for start in range(0, len(orphans), JOBS_AT_ONCE):
            with self._transaction():
                some = orphans[start : start + JOBS_AT_ONCE]
                self._jobs.write_new(0, [JobView(job_id, path.name) for job_id in some])
        if changed:
            with self._transaction():
                self._jobs.forget_gone(path.name)

    # --- carbon

    def _carbon(self) -> None:
        """Takes the new lines of `carbon/measures-{n}.jsonl`."""
        offsets = dict(self._db.execute("SELECT number, offset FROM carbon_files").fetchall())
        for number, path, size in self._live_files(self._workspace.carbon).get("measures", ()):
            if size <= offsets.get(number, 0):
                continue
            with self._transaction():
                row = self._db.execute(
                    "SELECT offset FROM carbon_files WHERE number = ?", (number,)
                ).fetchone()
                start = row[0] if row else 0
                with path.open("rb") as file:
                    file.seek(start)
                    data = file.read()
                lines = parse_lines(data, path, start)
                self._db.executemany(
                    """INSERT INTO carbon (job_id, task_id, started_at, ended_at, co2_kg,
                       energy_kwh, duration_s, region) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                    [_carbon_values(value) for value in lines.objects],
                )
                self._db.execute(
                    "INSERT OR REPLACE INTO carbon_files VALUES (?, ?)", (number, lines.next_offset)
                )
                self.report.changes += len(lines.objects)

    # --- tools

    @contextmanager
    def _filling(self) -> Iterator[None]:
        """While the index is empty: all in one transaction, and the indexes after the rows.

        Others go on reading an empty index; those who want to sync wait, and find the work done.
        """
        if not self._is_empty():
            yield
            return
        with self._transaction():
            if not self._is_empty():  # another process was faster
                is_filling = False
            else:
                is_filling = True
                begin_filling(self._db)
            self._is_filling = True
            try:
                yield
            finally:
                self._is_filling = False
            if is_filling:
                finish_filling(self._db)

    def _is_empty(self) -> bool:
        found = self._db.execute("SELECT NOT EXISTS (SELECT 1 FROM runs)").fetchone()
        return bool(found[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._is_filling:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # SQLite ends it when the disk is full, for instance
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _live_files(self, folder: Path) -> _Live:
        """Files `{name}-{n}.jsonl` of a folder, with their sizes, by name and number."""
        found: _Live = {}
        self.report.listed += 1
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name, _, number = entry.name.removesuffix(".jsonl").rpartition("-")
                    if name and number.isdecimal() and entry.name.endswith(".jsonl"):
                        try:
                            size = entry.stat().st_size
                        except OSError:  # put away meanwhile
                            continue
                        self.report.looked_at += 1
                        found.setdefault(name, []).append((int(number), Path(entry.path), size))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        for files in found.values():
            files.sort()
        return found


def _folder_names(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.name[0] != "." and entry.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _carbon_values(value: dict[str, object]) -> tuple[object, ...]:
    numbers = [value.get(name) for name in ("co2_kg", "energy_kwh", "duration_s")]
    return (
        str(value.get("job_id", "")),
        str(value.get("task_id", "")),
        from_iso(value.get("started_at")),
        from_iso(value.get("ended_at")),
        *(number if isinstance(number, (int, float)) else 0.0 for number in numbers),
        str(value.get("region") or ""),
    )

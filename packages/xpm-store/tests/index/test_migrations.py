"""An index of an older version becomes one of this version, and is not read anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from xpm_store.index import Index
from xpm_store.index.migrations import STEPS, migrate
from xpm_store.index.schema import VERSION
from xpm_store.records import Failure

VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text()


@pytest.fixture
def filled(lab: Any) -> Any:
    """A workspace, whose index is deleted."""
    run = lab.begin("sweep")
    for number in range(6):
        job = lab.start(run, lab.submit(run, str(number), tags={"n": number, "kind": "x"}))
        if number < 4:
            lab.finish(run, job, failure=Failure() if number == 2 else None)
    lab.kill(run)
    return lab


def write_version_1(lab: Any) -> None:
    """The index of a workspace as version 1 would have it."""
    with Index.open(lab.workspace) as index:
        index.sync()
        tables = {
            name: [tuple(row) for row in index.connection.execute(f"SELECT {columns} FROM {name}")]
            for name, columns in COLUMNS.items()
        }
    for path in lab.workspace.index.parent.glob("index*"):
        path.unlink()
    db = sqlite3.connect(lab.workspace.index)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(VERSION_1)
    for name, rows in tables.items():
        places = ", ".join("?" * len(COLUMNS[name].split(", ")))
        db.executemany(f"INSERT INTO {name} ({COLUMNS[name]}) VALUES ({places})", rows)
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()


COLUMNS = {
    "tasks": "id, task_id, seen",
    "runs": "id, experiment_id, run_id, is_current, status, is_interrupted, hostname, started_at, "
    "ended_at, run_tags, recorded, seen, is_final, jobs_offset, event_number, event_offset",
    "jobs": "id, task, job_id, has_folder, is_active, has_process, seen, "
    "event_number, event_offset",
    "run_jobs": "id, run, job, task, is_latest, submitted_at, state, reason, started_at, ended_at, "
    "exit_code, retry_count, tags, depends_on, transient, progress, scheduler_state, "
    "scheduler_reason, scheduler_at, base",
    "tags": "row, name, key, text, submitted_at",
}


def schema_of(index: Index) -> set[tuple[str, str]]:
    rows = index.connection.execute(
        "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    )
    return {(row[0], row[1]) for row in rows}


def test_version_1_is_migrated_and_answers_without_reading_a_file(filled: Any) -> None:
    with Index.open(filled.workspace) as index:
        index.sync()
        wanted = index.jobs(), dict(index.counts()), schema_of(index)
        by_tag = index.jobs(where="n = 2 and @state = error")
    write_version_1(filled)
    with Index.open(filled.workspace) as index:
        assert (index.jobs(), dict(index.counts()), schema_of(index)) == wanted
        assert index.jobs(where="n = 2 and @state = error") == by_tag != []
        assert index.connection.execute("PRAGMA user_version").fetchone()[0] == VERSION
        report = index.sync()
        assert (report.jobs, report.changes) == (0, 0)


def test_there_is_a_step_from_every_version() -> None:
    assert sorted(STEPS) == list(range(1, VERSION))


@pytest.mark.parametrize("version", [0, VERSION, VERSION + 1])
def test_there_is_no_way_from_another_version(version: int) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    assert not migrate(db, version)
    db.close()


def test_a_file_that_only_says_it_is_of_version_1_is_made_again(filled: Any) -> None:
    with Index.open(filled.workspace) as index:
        index.sync()
        index.connection.execute("PRAGMA user_version = 1")  # its tables are those of today
    with Index.open(filled.workspace) as index:
        assert index.jobs() == []
        index.sync()
        assert len(index.jobs()) == 6

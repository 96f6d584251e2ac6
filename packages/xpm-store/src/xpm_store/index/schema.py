"""The tables of the index, and opening its file: made anew when there is none to be used."""

from __future__ import annotations

import logging
import re
import sqlite3
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from xpm_store.errors import IndexUnavailable, StorageError
from xpm_store.locks import FileLock

__all__ = ["VERSION", "connect", "is_damage"]

logger = logging.getLogger("xpm.store.index")

VERSION = 1
"""Changes with the tables, and with what is written in them."""

BUSY_TIMEOUT_S = 60.0
"""How long to wait for another process that writes: it holds the file for milliseconds."""

_SCHEMA = """
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE,
    seen INTEGER NOT NULL DEFAULT 0             -- mtime (ns) of jobs/T when it was listed
);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, experiment_id TEXT NOT NULL, run_id TEXT NOT NULL,
    is_current INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL DEFAULT 'running',
    is_interrupted INTEGER NOT NULL DEFAULT 0, hostname TEXT, started_at REAL, ended_at REAL,
    run_tags TEXT NOT NULL DEFAULT '[]',
    recorded TEXT NOT NULL DEFAULT 'running',   -- the status as the files say it
    seen TEXT NOT NULL DEFAULT '',              -- size and mtime of status.json
    is_final INTEGER NOT NULL DEFAULT 0,        -- the record tells everything
    jobs_offset INTEGER NOT NULL DEFAULT 0,     -- bytes of jobs.jsonl that are indexed
    event_number INTEGER NOT NULL DEFAULT 0, event_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (experiment_id, run_id)
);
CREATE INDEX runs_current ON runs (experiment_id) WHERE is_current;
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY, task INTEGER NOT NULL REFERENCES tasks, job_id TEXT NOT NULL,
    has_folder INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT 0,       -- a folder without marker: looked at by each sync
    has_process INTEGER NOT NULL DEFAULT 0,     -- a living one, of this machine
    seen TEXT NOT NULL DEFAULT '',              -- mtimes of the folder and of status.json
    event_number INTEGER, event_offset INTEGER,
    UNIQUE (job_id, task)
);
CREATE INDEX jobs_task ON jobs (task, has_folder, job_id);
CREATE INDEX jobs_active ON jobs (id) WHERE is_active;
CREATE TABLE run_jobs (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, job INTEGER NOT NULL REFERENCES jobs,
    task INTEGER NOT NULL, is_latest INTEGER NOT NULL,
    submitted_at REAL NOT NULL, state TEXT NOT NULL, reason TEXT,
    started_at REAL, ended_at REAL, exit_code INTEGER, retry_count INTEGER NOT NULL,
    tags TEXT NOT NULL, depends_on TEXT NOT NULL, transient INTEGER NOT NULL,
    progress TEXT NOT NULL,
    scheduler_state TEXT NOT NULL, scheduler_reason TEXT, scheduler_at REAL NOT NULL,
    base TEXT                                   -- the view before the folder was looked at
);
CREATE INDEX run_jobs_job ON run_jobs (job, run);
CREATE INDEX run_time ON run_jobs (run, submitted_at, id);
CREATE INDEX run_state ON run_jobs (run, state, submitted_at, id);
CREATE INDEX run_task ON run_jobs (run, task, submitted_at, id);
CREATE INDEX latest_time ON run_jobs (submitted_at, id) WHERE is_latest;
CREATE INDEX latest_state ON run_jobs (state, submitted_at, id) WHERE is_latest;
CREATE INDEX latest_task ON run_jobs (task, submitted_at, id) WHERE is_latest;
CREATE TABLE tags (
    row INTEGER NOT NULL, name TEXT NOT NULL,
    key,                                        -- a number if the value reads as one, else a text
    text TEXT NOT NULL, submitted_at REAL NOT NULL,
    PRIMARY KEY (row, name)
) WITHOUT ROWID;
CREATE INDEX tags_key ON tags (name, key, submitted_at, row);
CREATE TABLE actions (
    run INTEGER NOT NULL, action_id TEXT NOT NULL, description TEXT NOT NULL, class TEXT NOT NULL,
    PRIMARY KEY (run, action_id)
) WITHOUT ROWID;
CREATE TABLE services (
    run INTEGER NOT NULL, service_id TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (run, service_id)
) WITHOUT ROWID;
CREATE TABLE carbon (
    id INTEGER PRIMARY KEY, job_id TEXT NOT NULL, task_id TEXT NOT NULL, started_at REAL,
    ended_at REAL, co2_kg REAL NOT NULL, energy_kwh REAL NOT NULL, duration_s REAL NOT NULL,
    region TEXT NOT NULL
);
CREATE INDEX carbon_job ON carbon (job_id);
CREATE TABLE carbon_files (number INTEGER PRIMARY KEY, offset INTEGER NOT NULL);
-- for people: the same, joined and spread
CREATE VIEW dependencies AS
    SELECT r.run, r.job, d.value AS needs FROM run_jobs r, json_each(r.depends_on) d;
CREATE VIEW experiments AS
    SELECT experiment_id, run_id, status, hostname, started_at, ended_at FROM runs WHERE is_current;
CREATE VIEW job_list AS
    SELECT u.experiment_id, u.run_id, t.task_id, j.job_id, r.state, r.reason, r.submitted_at,
           r.started_at, r.ended_at, r.exit_code, r.retry_count, r.tags, r.progress, r.is_latest
    FROM run_jobs r JOIN jobs j ON j.id = r.job JOIN tasks t ON t.id = r.task
    LEFT JOIN runs u ON u.id = r.run;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Opens the index file, making it when there is none that can be used.

    Concurrency: any number of processes; one of them makes the file.

    Raises:
        IndexUnavailable: The folder cannot be written, or the file not be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _open_valid(path)
        if connection is not None:
            return connection
        with FileLock(path.with_suffix(".lock")):
            connection = _open_valid(path)  # another process may have made it meanwhile
            if connection is None:
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                connection = _create(path)
            return connection
    except (OSError, sqlite3.Error, StorageError) as error:
        raise IndexUnavailable(path, error) from error


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the error tells that the file is no good, rather than busy or full."""
    if isinstance(error, sqlite3.OperationalError):
        return "no such table" in str(error) or "no such column" in str(error)
    return not isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError))


def _open_valid(path: Path) -> sqlite3.Connection | None:
    """The index, if the file is one of this version."""
    if not path.exists():
        return None
    connection = _open(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            connection.execute("SELECT count(*) FROM (SELECT 1 FROM run_jobs LIMIT 1)")
            return connection
        logger.info("%s is made anew: it is of version %s, not %s", path, version, VERSION)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            connection.close()
            raise
        logger.warning("%s is made anew: %s", path, error)
    connection.close()
    return None


def _open(path: Path) -> sqlite3.Connection:
    # transactions are ours: autocommit until BEGIN IMMEDIATE
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.create_function("xpm_match", 2, _matches, deterministic=True)
    with suppress(sqlite3.DatabaseError):  # a damaged file is found by the first query
        # NORMAL: a power cut may lose the last transactions, the next sync makes them again
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16384")
    return connection


def _create(path: Path) -> sqlite3.Connection:
    connection = _open(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {VERSION};COMMIT;")
    return connection


def _matches(pattern: str, text: str | None) -> bool:
    return text is not None and _compiled(pattern).match(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)

"""The tables of the index, their indexes and the triggers that keep counts."""

from __future__ import annotations

import sqlite3

__all__ = ["VERSION", "begin_filling", "create_tables", "finish_filling"]

VERSION = 2
"""Changes with the tables, and with what is written in them: add a step to `migrations`."""

_TABLES = """
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE,
    seen INTEGER NOT NULL DEFAULT 0,            -- mtime (ns) of jobs/T when it was listed
    folders INTEGER NOT NULL DEFAULT 0          -- jobs of the task that have a folder: by triggers
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
-- what filling the tables needs; it is appended to, hence cheap
CREATE INDEX run_jobs_job ON run_jobs (job, run);
CREATE INDEX run_time ON run_jobs (run, submitted_at, id);
CREATE TABLE tags (
    row INTEGER NOT NULL, name TEXT NOT NULL,
    key,                                        -- a number if the value reads as one, else a text
    text TEXT NOT NULL, submitted_at REAL NOT NULL,
    task INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '', -- those of the row
    PRIMARY KEY (row, name)
) WITHOUT ROWID;
-- how many rows of a run are in a state; run -1: of the latest rows of all jobs. By triggers
CREATE TABLE counts (
    run INTEGER NOT NULL, state TEXT NOT NULL, jobs INTEGER NOT NULL, PRIMARY KEY (run, state)
) WITHOUT ROWID;
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

_INDEXES = {
    "jobs_task": "jobs (task, has_folder, job_id)",
    "jobs_active": "jobs (id) WHERE is_active",
    "run_state": "run_jobs (run, state, submitted_at, id)",
    "run_task": "run_jobs (run, task, state, submitted_at, id)",
    "latest_time": "run_jobs (submitted_at, id) WHERE is_latest",
    "latest_state": "run_jobs (state, submitted_at, id) WHERE is_latest",
    "latest_task": "run_jobs (task, state, submitted_at, id) WHERE is_latest",
    "tags_state": "tags (name, key, state, submitted_at, row)",
    "tags_task": "tags (name, key, task, submitted_at, row)",
}
"""Made once the tables are filled: that is three times as fast as while they are (`bench/run.py`).

Every equality is followed by the order of the pages: a page is read from one end, and two tests
that are true of many jobs, but not of the same ones, meet no row in vain.
"""

_ONE_MORE = "ON CONFLICT DO UPDATE SET jobs = jobs + 1"
_TRIGGERS = {
    "row_added": f"""AFTER INSERT ON run_jobs BEGIN
        INSERT INTO counts VALUES (NEW.run, NEW.state, 1) {_ONE_MORE};
        INSERT INTO counts SELECT -1, NEW.state, 1 WHERE NEW.is_latest {_ONE_MORE};
    END""",
    "row_removed": """AFTER DELETE ON run_jobs BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE run = OLD.run AND state = OLD.state;
        UPDATE counts SET jobs = jobs - OLD.is_latest WHERE run = -1 AND state = OLD.state;
        DELETE FROM counts WHERE run = OLD.run AND state = OLD.state AND jobs = 0;
    END""",
    "row_changed": f"""AFTER UPDATE OF state, is_latest ON run_jobs
        WHEN OLD.state != NEW.state OR OLD.is_latest != NEW.is_latest BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE run = OLD.run AND state = OLD.state;
        UPDATE counts SET jobs = jobs - OLD.is_latest WHERE run = -1 AND state = OLD.state;
        INSERT INTO counts VALUES (NEW.run, NEW.state, 1) {_ONE_MORE};
        INSERT INTO counts SELECT -1, NEW.state, 1 WHERE NEW.is_latest {_ONE_MORE};
    END""",
    "folder_added": """AFTER INSERT ON jobs WHEN NEW.has_folder BEGIN
        UPDATE tasks SET folders = folders + 1 WHERE id = NEW.task;
    END""",
    "folder_removed": """AFTER DELETE ON jobs WHEN OLD.has_folder BEGIN
        UPDATE tasks SET folders = folders - 1 WHERE id = OLD.task;
    END""",
    "folder_changed": """AFTER UPDATE OF has_folder ON jobs WHEN OLD.has_folder != NEW.has_folder
    BEGIN
        UPDATE tasks SET folders = folders + NEW.has_folder - OLD.has_folder WHERE id = NEW.task;
    END""",
}
"""Counts that are kept, so that none has to be made over all the jobs."""

_TAGS_FOLLOW = """CREATE TRIGGER IF NOT EXISTS tags_follow AFTER UPDATE OF state ON run_jobs
    WHEN OLD.state != NEW.state BEGIN
        UPDATE tags SET state = NEW.state WHERE row = NEW.id;
    END"""

_COUNT = """
DELETE FROM counts;
INSERT INTO counts SELECT run, state, count(*) FROM run_jobs GROUP BY 1, 2;
INSERT INTO counts SELECT -1, state, count(*) FROM run_jobs WHERE is_latest GROUP BY 2;
UPDATE tasks SET folders = (SELECT count(*) FROM jobs j WHERE j.task = tasks.id AND j.has_folder);
"""


def create_tables(db: sqlite3.Connection) -> None:
    """Makes the tables in an empty file; inside the transaction of its caller."""
    _run(db, _TABLES)
    finish_filling(db)


def begin_filling(db: sqlite3.Connection) -> None:
    """Drops the indexes and triggers: many rows are about to be added, in one transaction."""
    for name in _TRIGGERS:
        db.execute(f"DROP TRIGGER IF EXISTS {name}")
    for name in _INDEXES:
        db.execute(f"DROP INDEX IF EXISTS {name}")


def finish_filling(db: sqlite3.Connection) -> None:
    """Makes the indexes, the counts and the triggers that keep them."""
    for name, columns in _INDEXES.items():
        db.execute(f"CREATE INDEX {name} ON {columns}")
    _run(db, _COUNT)
    for name, body in _TRIGGERS.items():
        db.execute(f"CREATE TRIGGER {name} {body}")
    db.execute(_TAGS_FOLLOW)  # it stays while the tables are filled: no count would mend the tags


def _run(db: sqlite3.Connection, script: str) -> None:
    """Runs statements one by one: `executescript` would end the transaction."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)

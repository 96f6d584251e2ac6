-- The tables of version 1 of the index, as that version made them.
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

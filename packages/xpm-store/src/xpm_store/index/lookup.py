"""The one job that a few letters may mean, or what to say when there is none, or several."""

from __future__ import annotations

import difflib
import sqlite3

from xpm_store.errors import AmbiguousJob, NoSuchJob

__all__ = ["closest", "find", "latest_row"]

CANDIDATES = 10


def find(db: sqlite3.Connection, text: str) -> int:
    """The number of the job that `text` may mean: see `Index.find_job`.

    Raises:
        NoSuchJob: There is none.
        AmbiguousJob: There are several.
    """
    task, slash, job = text.strip().strip("/").rpartition("/")
    if not text.strip():
        raise NoSuchJob(text, "give the beginning of its identifier, or task/identifier")
    rows = _candidates(db, job, task if slash else None)
    if not rows and not slash:
        rows = _candidates(db, "", job)  # a task that has one job
    if not rows:
        raise NoSuchJob(text, _advice(db, task if slash else job))
    exact = [row for row in rows if row["job_id"] == job and row["task_id"] == task]
    rows = exact or rows
    if len(rows) > 1:
        names = [f"{row['task_id']}/{row['job_id']}" for row in rows[:CANDIDATES]]
        raise AmbiguousJob(text, names, more=len(rows) > CANDIDATES)
    return int(rows[0]["id"])


def latest_row(db: sqlite3.Connection, job: int) -> sqlite3.Row:
    """A job as its latest run shows it."""
    row: sqlite3.Row = db.execute(
        """SELECT r.*, j.job_id, j.has_folder, k.task_id, u.experiment_id, u.run_id
           FROM run_jobs r JOIN jobs j ON j.id = r.job JOIN tasks k ON k.id = r.task
           LEFT JOIN runs u ON u.id = r.run WHERE r.job = ?
           ORDER BY r.is_latest DESC, r.submitted_at DESC LIMIT 1""",
        (job,),
    ).fetchone()
    return row


def closest(word: str, names: list[str]) -> str | None:
    """The name that was probably meant."""
    close = difflib.get_close_matches(word, names, n=1)
    return close[0] if close else None


def _candidates(db: sqlite3.Connection, job: str, task: str | None) -> list[sqlite3.Row]:
    """Jobs whose identifier begins with `job`, of tasks that begin with `task`."""
    clauses, values = ["j.job_id >= ? AND j.job_id < ?"], [job, job + "\U0010ffff"]
    if task is not None:
        clauses.append(
            "j.task IN (SELECT id FROM tasks WHERE substr(task_id, 1, length(?)) = ? "
            "OR instr(task_id, '.' || ?) > 0)"
        )
        values += [task, task, task]
    return db.execute(
        f"""SELECT j.id, j.job_id, t.task_id FROM jobs j JOIN tasks t ON t.id = j.task
            WHERE {" AND ".join(clauses)} ORDER BY j.job_id LIMIT {CANDIDATES + 1}""",
        values,
    ).fetchall()


def _advice(db: sqlite3.Connection, task: str) -> str:
    names = [row[0] for row in db.execute("SELECT task_id FROM tasks")]
    short = {name.rpartition(".")[2]: name for name in names}
    close = closest(task, [*names, *short])
    if close:
        return f'did you mean "{short.get(close, close)}/…"?'
    return "`experimaestro jobs list` shows what there is"

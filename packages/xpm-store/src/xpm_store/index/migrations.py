"""From one version of the index to the next: a step each, so that an old file is not read anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from xpm_store.index.schema import VERSION, begin_filling, finish_filling

__all__ = ["STEPS", "migrate"]


def migrate(db: sqlite3.Connection, version: int) -> bool:
    """Brings the tables from a version to that of this program, all or nothing.

    Returns:
        False, and nothing is changed, when there is no way from that version.

    Concurrency: its caller holds the lock of the file.
    Complexity: the rows that change; a file of 100,000 jobs takes a second or two, where reading
        its workspace takes ten.
    """
    steps = [STEPS.get(number) for number in range(version, VERSION)]
    if not steps or not all(steps):
        return False
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in steps:
            assert step is not None
            step(db)
        db.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return True


def _keep_counts_and_lead_by_two_tests(db: sqlite3.Connection) -> None:
    """1 to 2: the counts are kept; the rows of tags know the task and the state."""
    from sqlite_utils import Database  # lazy: half a second, and a migration is rare

    tables = Database(db)
    tables.table("tasks").add_column("folders", int, not_null_default=0)
    tables.table("tags").add_column("task", int, not_null_default=0)
    tables.table("tags").add_column("state", str, not_null_default="")
    db.execute(
        """UPDATE tags SET (task, state) =
           (SELECT r.task, r.state FROM run_jobs r WHERE r.id = tags.row)"""
    )
    db.execute(
        """CREATE TABLE counts (
             run INTEGER NOT NULL, state TEXT NOT NULL, jobs INTEGER NOT NULL,
             PRIMARY KEY (run, state)) WITHOUT ROWID"""
    )
    db.execute("DROP INDEX IF EXISTS tags_key")
    begin_filling(db)
    finish_filling(db)


STEPS: Mapping[int, Callable[[sqlite3.Connection], None]] = {
    1: _keep_counts_and_lead_by_two_tests,
}
"""By the version that a step begins from."""

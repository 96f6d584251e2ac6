"""Opening the file of the index: migrated when it is old, made anew when it cannot be used."""

from __future__ import annotations

import logging
import re
import sqlite3
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from xpm_store.errors import IndexUnavailable, StorageError
from xpm_store.index import migrations
from xpm_store.index.schema import VERSION, create_tables
from xpm_store.locks import FileLock

__all__ = ["connect", "is_damage"]

logger = logging.getLogger("xpm.store.index")

BUSY_TIMEOUT_S = 300.0
"""How long to wait for another process that writes.

It holds the file for milliseconds, but for one that makes an index from nothing: 10 s per
100,000 jobs, which the one that waits then need not do.
"""


def connect(path: Path) -> sqlite3.Connection:
    """Opens the index file, making it when there is none that can be used.

    One of an older version is migrated where `migrations` knows how; else it is made anew, as is
    one of a newer version.

    Concurrency: any number of processes; one of them makes the file, or migrates it.

    Raises:
        IndexUnavailable: The folder cannot be written, or the file not be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _open_valid(path, may_migrate=False)
        if connection is not None:
            return connection
        with FileLock(path.with_suffix(".lock")):
            # another process may have made it meanwhile
            connection = _open_valid(path, may_migrate=True)
            if connection is None:
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                connection = _create(path)
            return connection
    except (OSError, sqlite3.Error, StorageError) as error:
        raise IndexUnavailable(path, error) from error


_OTHER_TABLES = ("no such ", "duplicate column", "already exists")


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the error tells that the file is no good, rather than busy or full."""
    if isinstance(error, sqlite3.OperationalError):
        return any(sign in str(error) for sign in _OTHER_TABLES)
    return not isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError))


def _open_valid(path: Path, *, may_migrate: bool) -> sqlite3.Connection | None:
    """The index, if the file is one of this version, or can be made one."""
    if not path.exists():
        return None
    connection = _open(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION and may_migrate and migrations.migrate(connection, version):
            logger.info("%s is migrated from version %s to %s", path, version, VERSION)
            version = VERSION
        if version == VERSION:
            connection.execute("SELECT count(*) FROM (SELECT 1 FROM run_jobs LIMIT 1)")
            return connection
        logger.info("%s is of version %s, not %s", path, version, VERSION)
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
    connection.execute("BEGIN IMMEDIATE")
    create_tables(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
    return connection


def _matches(pattern: str, text: str | None) -> bool:
    return text is not None and _compiled(pattern).match(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)

"""The log of a scheduler: a folder per process and workspace, `.scheduler/{YYYYmmdd_HHMMSS}`.

It holds what the loggers `xpm.*` say from INFO on, and the logs of services. Folders that nobody
has used for 15 days are removed, at most once a day.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from xpm_store.locks import FileLock

__all__ = ["clean_up_logs", "log_folder", "logging_to"]

logger = logging.getLogger("xpm")

LOG_NAME = "experimaestro.log"
LAST_CLEANUP = ".last_cleanup"
KEPT_S = 15 * 86400.0
EVERY_S = 86400.0
_FORMAT = "%(asctime)s %(levelname)s [%(name)s] %(message)s"


@dataclass(slots=True)
class _Log:
    """The folder of this process in one workspace, and the file while somebody writes in it."""

    path: Path
    lock: FileLock
    users: int = 0
    handler: logging.Handler | None = None


@dataclass(slots=True)
class _Logs:
    """Those of this process, by root of the workspace."""

    by_root: dict[Path, _Log] = field(default_factory=dict)
    onward: _Onward | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)


class _Onward(logging.Handler):
    """Passes on to the other handlers what they would have got without us.

    The level of the logger is lowered for the file: a terminal must not get more for that.
    """

    def __init__(self, log: logging.Logger) -> None:
        super().__init__()
        self._before = (log.level, log.propagate)
        self._log = log
        log.setLevel(min(logging.INFO, log.getEffectiveLevel()))
        self._ours = log.level
        log.propagate = False
        log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        parent = self._log.parent
        if not self._before[1] or parent is None:
            return
        own = self._log.level if self._log.level != self._ours else self._before[0]
        if record.levelno >= (own or parent.getEffectiveLevel()):
            parent.callHandlers(record)

    def end(self) -> None:
        """Puts the logger back as it was."""
        self._log.removeHandler(self)
        self._log.propagate = self._before[1]
        if self._log.level == self._ours:
            self._log.setLevel(self._before[0])
        self.close()


_logs = _Logs()


def log_folder(scheduler_logs: Path) -> Path:
    """The folder of this process among those of a workspace; made when it is asked for first."""
    with _logs.lock:
        return _log(scheduler_logs).path


@contextmanager
def logging_to(scheduler_logs: Path) -> Iterator[Path]:
    """Writes what the loggers `xpm.*` say in the log of this process, for the length of a block.

    Args:
        scheduler_logs: `.scheduler` of the workspace.

    Returns:
        The folder.

    Concurrency: blocks of several threads may overlap; they share the file.
    """
    with _logs.lock:
        clean_up_logs(scheduler_logs)
        log = _log(scheduler_logs)
        log.users += 1
        if log.handler is None:
            log.handler = _open(log.path / LOG_NAME)
    try:
        yield log.path
    finally:
        with _logs.lock:
            log.users -= 1
            if not log.users:
                _close(log)


def clean_up_logs(scheduler_logs: Path, now: float | None = None) -> list[Path]:
    """Removes the folders that nobody has used for 15 days, unless that was tried today.

    Args:
        scheduler_logs: `.scheduler` of the workspace.
        now: Seconds since 1970; by default, the present time.

    Returns:
        What was removed.
    """
    now = time.time() if now is None else now
    last = scheduler_logs / LAST_CLEANUP
    with suppress(OSError):
        if now - last.stat().st_mtime < EVERY_S:
            return []
    removed: list[Path] = []
    with suppress(OSError):
        scheduler_logs.mkdir(parents=True, exist_ok=True)
        last.touch()
        os.utime(last, (now, now))
        for folder in sorted(scheduler_logs.iterdir()):
            if folder.is_dir() and now - folder.stat().st_mtime > KEPT_S and _remove(folder):
                removed.append(folder)
    return removed


def _remove(folder: Path) -> bool:
    """Removes a folder of logs, unless its process lives: that holds its lock."""
    lock = FileLock(folder / ".lock")
    if not lock.acquire(0):
        return False
    with lock:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def _log(scheduler_logs: Path) -> _Log:
    log = _logs.by_root.get(scheduler_logs)
    if log is None or not log.path.is_dir():
        path = _new_folder(scheduler_logs)
        lock = FileLock(path / ".lock")
        lock.acquire(0)
        log = _logs.by_root[scheduler_logs] = _Log(path, lock)
    return log


def _new_folder(scheduler_logs: Path) -> Path:
    stamp = time.strftime("%Y%m%d_%H%M%S")
    number = 0
    while True:
        path = scheduler_logs / (f"{stamp}.{number}" if number else stamp)
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return path


def _open(path: Path) -> logging.Handler:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(_FORMAT))
    if _logs.onward is None:
        _logs.onward = _Onward(logger)
    logger.addHandler(handler)
    return handler


def _close(log: _Log) -> None:
    handler, log.handler = log.handler, None
    if handler is not None:
        logger.removeHandler(handler)
        handler.close()
    if _logs.onward is not None and all(log.handler is None for log in _logs.by_root.values()):
        _logs.onward.end()
        _logs.onward = None


def _after_fork_in_child() -> None:
    """The child of a fork writes in no log of its parent; it gets one of its own if it asks."""
    global _logs
    for log in _logs.by_root.values():
        if log.handler is not None:
            logger.removeHandler(log.handler)
    if _logs.onward is not None:
        _logs.onward.end()
    _logs = _Logs()


os.register_at_fork(after_in_child=_after_fork_in_child)

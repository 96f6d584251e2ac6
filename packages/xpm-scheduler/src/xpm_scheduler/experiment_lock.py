"""One run of an experiment at a time, whatever the process: waits for it, or says who has it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xpm_store.locks import FileLock

from xpm_scheduler.errors import ExperimentLocked, describe_owner

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_scheduler.workspace import ExperimentWorkspace

__all__ = ["hold_experiment"]

logger = logging.getLogger("xpm")

_holders: dict[Path, int] = {}
"""Threads of this process that hold a lock: one that would wait for itself is told so."""


@contextmanager
def hold_experiment(
    workspace: ExperimentWorkspace, name: str, timeout_s: float | None
) -> Iterator[None]:
    """Holds the lock of an experiment for the length of a block.

    Args:
        workspace: Where the experiment is.
        name: Its name.
        timeout_s: How long to wait for another run of it; None: as long as it takes.

    Raises:
        ExperimentLocked: The other run did not end in time, or it is one of the same thread.
    """
    path = workspace.layout.experiment(name).lock
    lock = FileLock(path)
    if not lock.acquire(0):
        _wait(lock, path, name, timeout_s)
    _holders[path] = threading.get_ident()
    try:
        yield
    finally:
        _holders.pop(path, None)
        lock.release()


def _wait(lock: FileLock, path: Path, name: str, timeout_s: float | None) -> None:
    owner = lock.owner()
    if (
        owner is not None
        and owner.pid == os.getpid()
        and _holders.get(path) == threading.get_ident()
    ):
        advice = "it is open in this very thread: give the inner experiment another name"
        raise ExperimentLocked(name, path, owner, advice)
    if timeout_s is not None and timeout_s <= 0:
        raise ExperimentLocked(name, path, owner, "wait for its end, or use another name")
    logger.warning(
        "the experiment %r is being run by %s; waiting for its end (lock %s)",
        name,
        describe_owner(owner),
        path,
    )
    if not lock.acquire(timeout_s):
        advice = f"it did not end within {timeout_s:g} s"
        raise ExperimentLocked(name, path, lock.owner(), advice)

"""This machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_scheduler.connectors.base import Connector

if TYPE_CHECKING:
    from xpm_scheduler.tokens import CounterToken

__all__ = ["LocalConnector"]


class LocalConnector(Connector):
    """This machine, as the user who runs the scheduler.

    Args:
        localpath: Where what experiments share is kept. By default the variable `XPM_WORKDIR`, else
            `~/.local/share/experimaestro`.
    """

    _instance: LocalConnector | None = None

    def __init__(self, localpath: Path | str | None = None) -> None:
        if localpath is None:
            localpath = os.environ.get("XPM_WORKDIR") or "~/.local/share/experimaestro"
        self.localpath = Path(localpath).expanduser().absolute()

    @staticmethod
    def instance() -> LocalConnector:
        """Return the connector that those who name none share."""
        if LocalConnector._instance is None:
            LocalConnector._instance = LocalConnector()
        return LocalConnector._instance

    def resolve(self, path: Path, basepath: Path | None = None) -> str:
        """Return the absolute path, or the one from `basepath` (which need not contain it)."""
        if basepath is None:
            return str(Path(path).absolute())
        return os.path.relpath(path, basepath)

    def setExecutable(self, path: Path, flag: bool) -> None:
        """Allow or forbid to run a file, for those who may read it."""
        mode = path.stat().st_mode & 0o7777
        runnable = (mode & 0o444) >> 2
        path.chmod(mode | runnable if flag else mode & ~0o111)

    def createtoken(self, name: str, count: int) -> CounterToken:
        """Return the token of that name, shared by the user's experiments here.

        Args:
            name: Its name, of which its folder is made.
            count: How many units there are from now on.
        """
        from xpm_scheduler.tokens import create_token  # lazy: its module needs this one

        return create_token(self, name, count)

    @contextmanager
    def lock(self, path: Path, max_delay: float = -1) -> Iterator[None]:
        """Hold the lock of a file for the length of a `with` block; see `Connector.lock`."""
        from xpm_store.errors import LockTimeout  # lazy: few launchers lock
        from xpm_store.locks import FileLock

        lock = FileLock(path)
        if not lock.acquire(None if max_delay < 0 else max_delay):
            raise LockTimeout(path, max_delay, lock.owner())
        try:
            yield
        finally:
            lock.release()

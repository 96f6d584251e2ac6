"""What a connector is: the file system and the locks of the place where jobs run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path

__all__ = ["Connector"]


class Connector(ABC):
    """A place where jobs run, as their launcher sees it.

    Attributes:
        localpath: The folder of what is shared by all experiments of the user there (tokens).
    """

    localpath: Path

    @abstractmethod
    def resolve(self, path: Path, basepath: Path | None = None) -> str:
        """Return the path as processes there write it, relative to `basepath` if it is given."""

    @abstractmethod
    def setExecutable(self, path: Path, flag: bool) -> None:
        """Allow or forbid to run a file, for those who may read it."""

    @abstractmethod
    def lock(self, path: Path, max_delay: float = -1) -> AbstractContextManager[object]:
        """Hold the lock of a file for the length of a `with` block.

        Args:
            path: The lock file; created on demand, never removed.
            max_delay: How long to wait for it, in seconds; negative: without limit.

        Raises:
            LockTimeout: Another process still held it after that.
        """

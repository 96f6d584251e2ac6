"""Locks between processes and machines: `flock` on the paths of the contract, with their owner."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from xpm_store import fs, jsontext
from xpm_store.errors import LockTimeout, StorageError
from xpm_store.layout import MARKER
from xpm_store.processes import Owner, process_start_time

__all__ = ["FileLock", "Owner", "is_locked", "lock_file_mode", "process_start_time"]

_POLL_S = (0.002, 0.005, 0.01, 0.02, 0.05)
"""How long to wait between tries: soon at first, then as often as 2.x does."""


class FileLock:
    """An exclusive lock on a file, freed by the system when its holder ends.

    The file is created on demand and never removed; its holder writes there who it is, for
    `owner`. Held by a process, not by a thread; a child made by `fork` keeps it too, one made by
    `exec` does not.

    Concurrency: one `FileLock` is used by one thread at a time; two of them on the same path
    exclude each other, also within a process.
    """

    def __init__(self, path: Path, mode: str | int | None = None) -> None:
        """Prepares the lock; nothing is touched yet.

        Args:
            path: The lock file.
            mode: The permissions of a new file: a number, or the `lock_mode` of the workspace
                settings (see `lock_file_mode`).
        """
        self.path = path
        self._mode = mode
        self._fd: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def acquire(self, timeout: float | None = None) -> bool:
        """Takes the lock.

        Args:
            timeout: Seconds to wait at most; 0 tries once, None waits as long as needed.

        Returns:
            Whether the lock is held now.

        Raises:
            StorageError: The file cannot be created or locked.
        """
        if self._fd is not None:
            return True
        deadline = None if timeout is None else time.monotonic() + timeout
        attempt = 0
        while True:
            fd = self._open()
            try:
                if fs.lock(fd, self.path, wait=timeout is None) and self._is_still_there(fd):
                    self._fd = fd
                    _write_owner(fd)
                    return True
            finally:
                if self._fd is None:
                    os.close(fd)
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                time.sleep(min(left, _POLL_S[min(attempt, len(_POLL_S) - 1)]))
                attempt += 1

    def release(self) -> None:
        """Frees the lock; one that is not held is fine."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with suppress(OSError):
                os.ftruncate(fd, 0)
            os.close(fd)

    def owner(self) -> Owner | None:
        """Who holds the lock, or held it last and was killed; None when nobody said so."""
        try:
            return Owner.from_json(jsontext.decode(self.path.read_bytes()))
        except (OSError, ValueError):
            return None

    def hold(self, timeout: float) -> FileLock:
        """Takes the lock within a time, to be used as `with lock.hold(5):`.

        Raises:
            LockTimeout: It was still held by someone else; the message says by whom.
        """
        if not self.acquire(timeout):
            raise LockTimeout(self.path, timeout, self.owner())
        return self

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _open(self) -> int:
        return fs.open_lock(self.path, lambda: lock_file_mode(self._mode, self.path))

    def _is_still_there(self, fd: int) -> bool:
        """Whether the file locked is still the one of that name: a folder may have been removed."""
        try:
            named, locked = self.path.stat(), os.fstat(fd)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError("lock", self.path, error) from error
        return (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino)


def is_locked(path: Path) -> bool:
    """Whether someone holds the lock of a file, without creating nor changing anything.

    Concurrency: asks for a shared lock, for an instant: a holder-to-be that tries just then
    tries again.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError("read", path, error) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return True
        raise StorageError("lock", path, error) from error
    finally:
        os.close(fd)
    return False


def lock_file_mode(setting: str | int | None, path: Path) -> int:
    """The permissions of a new lock file.

    The first of these that is there: the variable `XPM_LOCK_MODE`, the setting, `inherit`. Values:
    `inherit` (read and write bits of the workspace's folder), `umask`, or an octal number.
    Outside a workspace, `inherit` is `umask`.

    Raises:
        ValueError: The value is none of these.
    """
    if isinstance(setting, int):
        return setting
    value = os.environ.get("XPM_LOCK_MODE") or setting or "inherit"
    if value == "inherit":
        for folder in path.absolute().parents:
            if (folder / MARKER).exists():
                return folder.stat().st_mode & 0o666
        value = "umask"
    if value == "umask":
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
    try:
        return int(value, 8) & 0o777
    except ValueError:
        raise ValueError(
            f"lock mode {value!r}: expected inherit, umask or an octal number such as 660 "
            "(from XPM_LOCK_MODE or the lock_mode of the workspace)"
        ) from None


def _write_owner(fd: int) -> None:
    """Says who holds the lock; a full disk must not prevent locking."""
    with suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, jsontext.encode(Owner.current().to_json()).encode(), 0)

"""Every operation that changes a file, one function each: the seam where tests stop the world.

A failure becomes a `StorageError` that names the operation and the path. `observed` lets a test
see each operation before and after it happens, and there raise, or end the process.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from xpm_store.errors import StorageError

__all__ = [
    "Observer",
    "close",
    "copy_file",
    "create",
    "fsync",
    "fsync_folder",
    "link",
    "lock",
    "make_folder",
    "make_new_folder",
    "observed",
    "open_append",
    "open_folder",
    "open_lock",
    "remove",
    "remove_empty_folder",
    "remove_tree",
    "rename",
    "symlink",
    "symlink_in",
    "truncate",
    "write",
]


class Observer(Protocol):
    """What a test gives to `observed`."""

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        """Called before an operation; raising an `OSError` makes the operation fail with it."""

    def after(self, operation: str, path: Path) -> None:
        """Called after an operation that worked."""


class _Nobody:
    """Sees nothing: the observer of production."""

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        """Does nothing."""

    def after(self, operation: str, path: Path) -> None:
        """Does nothing."""


_observer: Observer = _Nobody()


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Shows all operations of this process to an observer, for the time of a `with`."""
    global _observer
    previous, _observer = _observer, observer
    try:
        yield
    finally:
        _observer = previous


@contextmanager
def _operation(
    name: str, path: Path, fd: int | None = None, data: bytes | None = None
) -> Iterator[None]:
    try:
        _observer.before(name, path, fd, data)
        yield
        _observer.after(name, path)
    except OSError as error:
        raise StorageError(name, path, error) from error


def make_folder(path: Path) -> None:
    """Makes a folder and those above it; one that exists is fine."""
    with _operation("mkdir", path):
        path.mkdir(parents=True, exist_ok=True)


def make_new_folder(path: Path) -> bool:
    """Makes a folder and says whether it is new: the way to take a name before anyone else."""
    with _operation("mkdir", path):
        try:
            path.mkdir()
        except FileExistsError:
            return False
        return True


def open_append(path: Path) -> int:
    """Opens a file for reading and for writing at its end, creating it and its folder."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    with _operation("open", path):
        try:
            return os.open(path, flags, 0o666)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o666)


def create(path: Path, mode: int = 0o666) -> int:
    """Opens a new, empty file for writing, creating its folder; an old one is emptied."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with _operation("create", path):
        try:
            return os.open(path, flags, mode)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, mode)


def open_lock(path: Path, new_mode: Callable[[], int]) -> int:
    """Opens a lock file for reading and writing, creating it and its folder.

    Args:
        path: The file.
        new_mode: The permissions of a new file, whatever the umask; asked when there is none.
    """
    flags = os.O_RDWR | os.O_CLOEXEC
    with _operation("lock", path):
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        mode = new_mode()
        try:
            fd = os.open(path, flags | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            return os.open(path, flags)
        with suppress(OSError):  # the umask may have taken bits; not worth failing for
            os.fchmod(fd, mode)
        return fd


def lock(fd: int, path: Path, *, wait: bool) -> bool:
    """Takes the exclusive lock of an open file (`flock`); False when another one holds it."""
    with _operation("lock", path, fd):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise
        return True


def write(fd: int, path: Path, data: bytes) -> None:
    """Writes all the bytes; in one system call unless the disk is full or a signal comes."""
    with _operation("write", path, fd, data):
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]


def truncate(fd: int, path: Path, size_bytes: int) -> None:
    """Cuts a file."""
    with _operation("truncate", path):
        os.ftruncate(fd, size_bytes)


def fsync(fd: int, path: Path) -> None:
    """Waits until the content of a file is on the disk."""
    with _operation("fsync", path):
        os.fsync(fd)


def fsync_folder(path: Path) -> None:
    """Waits until the names in a folder are on the disk."""
    with _operation("fsync", path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def close(fd: int, path: Path) -> None:
    """Closes a file; on a network file system, this is where a full disk may be told."""
    with _operation("close", path):
        os.close(fd)


def rename(source: Path, target: Path) -> None:
    """Gives a file another name, replacing what has that name, at once."""
    with _operation("rename", target):
        source.replace(target)


def copy_file(source: Path, target: Path) -> None:
    """Copies a file with its times and permissions, durably, creating its folder."""
    from shutil import copy2  # lazy: it loads what decompresses archives, and jobs copy nothing

    with _operation("copy", target):
        target.parent.mkdir(parents=True, exist_ok=True)
        copy2(source, target)
        fd = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def link(source: Path, target: Path) -> None:
    """Gives a file a second name, creating its folder."""
    with _operation("link", target):
        try:
            os.link(source, target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)


def symlink(target: Path | str, path: Path) -> None:
    """Makes a symbolic link `path` to `target`, creating its folder."""
    with _operation("symlink", path):
        try:
            path.symlink_to(target)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)


def open_folder(path: Path) -> int:
    """Opens a folder, made if it is missing, to name what is in it for `symlink_in`."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    with _operation("open", path):
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            path.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags)


def symlink_in(folder: int, target: str, path: Path) -> None:
    """Makes a symbolic link in a folder that is open: 21 µs, where `symlink` takes 52."""
    with _operation("symlink", path):
        os.symlink(target, path.name, dir_fd=folder)


def remove(path: Path) -> None:
    """Removes a file or a link; one that is not there is fine."""
    with _operation("remove", path):
        path.unlink(missing_ok=True)


def remove_empty_folder(path: Path) -> bool:
    """Removes a folder if nothing is in it, and says whether it is gone."""
    with _operation("rmdir", path):
        try:
            path.rmdir()
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            raise
        return True


def remove_tree(path: Path) -> None:
    """Removes a folder and all that is in it; one that is not there is fine."""
    from shutil import rmtree  # lazy: see `copy_file`

    with _operation("rmtree", path), suppress(FileNotFoundError):
        rmtree(path)

"""Told when the files of a folder change: by the kernel where it can, else by looking now and then.

Inotify through `ctypes`, three calls of the C library that never changed, rather than a dependency
with a thread of its own: the descriptor is read by the event loop, like a socket. What the kernel
does not tell (the changes that another machine makes on a network file system, or the death of who
holds something) is seen by a look every few seconds, while somebody waits, and only then.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

__all__ = ["FolderWatcher"]

logger = logging.getLogger("xpm.scheduler")

_MODIFIED, _MOVED_FROM, _MOVED_TO, _CREATED, _DELETED = 0x2, 0x40, 0x80, 0x100, 0x200
_ONLY_FOLDERS = 0x0100_0000
_MASK = _MODIFIED | _MOVED_FROM | _MOVED_TO | _CREATED | _DELETED | _ONLY_FOLDERS
_EVENT = struct.Struct("iIII")
_BUFFER_BYTES = 64 * 1024

_LOOK_S = 5.0
"""Between two looks where the kernel tells most changes."""

_BLIND_LOOK_S = 0.5
"""Between two looks where it tells none."""


class FolderWatcher:
    """Calls back when something changes in a folder.

    Concurrency: used in the thread of its loop. Calls back there too, maybe for nothing.
    Complexity: one descriptor for all folders; no timer while no folder is watched.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, use_kernel: bool = True) -> None:
        self._loop = loop
        self._inotify = _Inotify.open() if use_kernel else None
        self._callbacks: dict[Path, Callable[[], None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        if self._inotify is not None:
            loop.add_reader(self._inotify.fd, self._read)

    def watch(self, folder: Path, callback: Callable[[], None]) -> None:
        """Calls `callback` from now on; a folder has one at most. It need not exist yet."""
        self._callbacks[folder] = callback
        if self._inotify is not None:
            self._inotify.add(folder)
        if self._timer is None:
            self._set_timer()

    def unwatch(self, folder: Path) -> None:
        """Calls nothing more for that folder."""
        if self._callbacks.pop(folder, None) is None:
            return
        if self._inotify is not None:
            self._inotify.remove(folder)
        if not self._callbacks and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Gives back what the kernel lent."""
        for folder in list(self._callbacks):
            self.unwatch(folder)
        if self._inotify is not None:
            self._loop.remove_reader(self._inotify.fd)
            self._inotify.close()
            self._inotify = None

    def _read(self) -> None:
        assert self._inotify is not None
        for folder in self._inotify.changed():
            callback = self._callbacks.get(folder)
            if callback is not None:
                callback()

    def _set_timer(self) -> None:
        delay_s = _BLIND_LOOK_S if self._inotify is None else _LOOK_S
        self._timer = self._loop.call_later(delay_s, self._look)

    def _look(self) -> None:
        for folder, callback in list(self._callbacks.items()):
            if self._inotify is not None:
                self._inotify.add(folder)  # it may have been made, or made again, since
            callback()
        self._timer = None
        if self._callbacks:
            self._set_timer()


class _Inotify:
    """The kernel's side: which watched folders have changed."""

    def __init__(self, library: ctypes.CDLL, fd: int) -> None:
        self.fd = fd
        self._library = library
        self._folders: dict[int, Path] = {}
        self._numbers: dict[Path, int] = {}

    @classmethod
    def open(cls) -> _Inotify | None:
        """None where the system has no such thing, or none left."""
        if sys.platform != "linux":
            return None
        try:
            library = ctypes.CDLL(None, use_errno=True)
            fd: int = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, AttributeError):
            return None
        if fd < 0:
            logger.info("no file notifications (%s): files are looked at", _reason())
            return None
        return cls(library, fd)

    def add(self, folder: Path) -> None:
        """Watches a folder; one that is missing, or one too many, is left to those who look."""
        number: int = self._library.inotify_add_watch(self.fd, os.fsencode(folder), _MASK)
        if number < 0:
            logger.debug("%s is not watched: %s", folder, _reason())
            return
        self._folders[number] = folder
        self._numbers[folder] = number

    def remove(self, folder: Path) -> None:
        """Watches it no more."""
        number = self._numbers.pop(folder, None)
        if number is not None:
            self._folders.pop(number, None)
            self._library.inotify_rm_watch(self.fd, number)

    def changed(self) -> list[Path]:
        """The folders that have changed since, each once."""
        found: dict[Path, None] = {}
        try:
            data = os.read(self.fd, _BUFFER_BYTES)
        except BlockingIOError:
            return []
        offset = 0
        while offset < len(data):
            number, _, _, length = _EVENT.unpack_from(data, offset)
            offset += _EVENT.size + length
            folder = self._folders.get(number)
            if folder is not None:
                found[folder] = None
            elif number == -1:  # too many changes to remember: any of them
                found.update(dict.fromkeys(self._numbers))
        return list(found)

    def close(self) -> None:
        """Closes the descriptor, and all watches with it."""
        os.close(self.fd)


def _reason() -> str:
    return os.strerror(ctypes.get_errno())

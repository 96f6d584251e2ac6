"""Whether the system tells of a new file in a folder: a direct call of `inotify`."""

from __future__ import annotations

import ctypes
import os
import select
from collections.abc import Callable
from pathlib import Path

__all__ = ["is_told_of"]

_IN_CREATE = 0x100
_IN_NONBLOCK = os.O_NONBLOCK
_IN_CLOEXEC = os.O_CLOEXEC


def is_told_of(folder: Path, change: Callable[[], None], timeout_s: float) -> bool:
    """Watches a folder, changes it, and says whether the change was told in time.

    Args:
        folder: The folder.
        change: Creates something in it.
        timeout_s: How long to wait.

    Raises:
        OSError: The system cannot watch the folder: it has no inotify, or no watch is left.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        raise OSError("this system has no inotify")
    fd = libc.inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC)
    if fd < 0:
        raise _error()
    try:
        if libc.inotify_add_watch(fd, os.fsencode(folder), _IN_CREATE) < 0:
            raise _error()
        change()
        ready, _, _ = select.select([fd], [], [], timeout_s)
        return bool(ready)
    finally:
        os.close(fd)


def _error() -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code))

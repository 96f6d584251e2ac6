"""What a process inherits besides variables: a template started earlier may have other ones."""

from __future__ import annotations

import os
import resource
from collections.abc import Hashable

__all__ = ["inherited_settings"]

_STATUS = "/proc/self/status"
_LIMITS = tuple(
    sorted({value for name, value in vars(resource).items() if name.startswith("RLIMIT_")})
)


def inherited_settings() -> Hashable:
    """Return the umask, niceness, affinity and limits of this process, to be compared."""
    return (
        _umask(),
        os.getpriority(os.PRIO_PROCESS, 0),
        frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        tuple(map(resource.getrlimit, _LIMITS)),
    )


def _umask() -> int | None:
    """The umask, read where nobody notices: `os.umask` would change it for all threads."""
    try:
        fd = os.open(_STATUS, os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.read(fd, 4096)
        finally:
            os.close(fd)
        return int(text.partition(b"Umask:")[2].split(maxsplit=1)[0], 8)
    except (OSError, ValueError, IndexError):
        return None  # before Linux 4.7

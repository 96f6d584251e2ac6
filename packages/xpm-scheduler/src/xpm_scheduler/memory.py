"""Whether the kernel killed for want of memory: it tells its counters, not the process."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path

__all__ = ["OutOfMemoryWatch"]

_COUNTERS = Path("/proc/vmstat")


class OutOfMemoryWatch:
    """Counts the processes that the kernel killed for want of memory since the watch was made.

    The counter is that of the machine: a job killed by SIGKILL while it rises was most likely
    killed for that reason, and nothing tells it more surely once the process is gone.

    Complexity: the counter is read once a second at most, however many watches are made.
    """

    def __init__(self, counters: Path = _COUNTERS) -> None:
        self._counters = counters
        self._before = _recent_kills(counters, int(time.monotonic()))

    def has_killed(self) -> bool:
        """Return whether the kernel killed a process since; False where it does not count."""
        now = _kills(self._counters)
        return now is not None and self._before is not None and now > self._before


@lru_cache(maxsize=4)
def _recent_kills(counters: Path, _second: int) -> int | None:
    return _kills(counters)


def _kills(counters: Path) -> int | None:
    try:
        for line in counters.read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    except (OSError, ValueError):
        pass
    return None

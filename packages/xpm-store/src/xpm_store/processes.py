"""Who a process is: host, boot, number and start time; a number alone proves nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["Owner", "boot_id", "host_name", "process_start_time"]

_START_TOLERANCE_S = 0.05
"""Start times are counted in ticks of 10 ms: two processes of one number are farther apart."""


def host_name() -> str:
    """The name of this machine, as written in the files (a container's is its own)."""
    return os.uname().nodename


@lru_cache(maxsize=1)
def boot_id() -> str | None:
    """What changes when this machine starts again; None when the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def process_start_time(pid: int) -> float | None:
    """When a process of this machine started, in seconds since boot.

    Returns:
        None when there is no such process, when it is a zombie (it has ended: nobody asked yet
        how), or where the system does not tell (then `Owner.is_alive` falls back on signals).
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, ValueError):
        return None
    # the name, between parentheses, may hold anything
    state, *fields = stat[stat.rfind(")") + 2 :].split()
    return None if state in "ZX" else int(fields[18]) / _ticks_per_second()


@lru_cache(maxsize=1)
def _ticks_per_second() -> int:
    return os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Owner:
    """One process, told from all others.

    Attributes:
        host: The machine; None in files of 2.6 and before, then this machine is meant.
        boot_id: Its boot; None when unknown (files of 2.x, other systems than Linux).
        pid: The number of the process.
        start_time: Seconds from boot to its start; None when unknown.
    """

    host: str | None
    boot_id: str | None
    pid: int
    start_time: float | None

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Owner:
        """The process that has this number now, on this machine."""
        return cls(host_name(), boot_id(), pid, process_start_time(pid))

    def is_alive(self) -> bool | None:
        """Whether that very process lives; None when this machine cannot tell.

        A zombie, or another process that was given the same number later, is dead.
        """
        if self.host is not None and self.host != host_name():
            return None
        if self.boot_id is not None and boot_id() is not None and self.boot_id != boot_id():
            return False
        if self.pid <= 0:
            return False
        if sys.platform != "linux":
            return _answers_to_signals(self.pid)
        started = process_start_time(self.pid)
        if started is None:
            return False
        return self.start_time is None or abs(started - self.start_time) <= _START_TOLERANCE_S

    def to_json(self) -> dict[str, Any]:
        """Its fields, for a file."""
        return {
            "host": self.host,
            "boot_id": self.boot_id,
            "pid": self.pid,
            "start_time": self.start_time,
        }

    @classmethod
    def from_json(cls, value: Any) -> Owner | None:
        """The owner of a decoded file; None when it holds no process number."""
        if not isinstance(value, dict):
            return None
        pid, start = value.get("pid"), value.get("start_time")
        host, boot = value.get("host"), value.get("boot_id")
        if not isinstance(pid, int) or isinstance(pid, bool):
            return None
        return cls(
            host if isinstance(host, str) else None,
            boot if isinstance(boot, str) else None,
            pid,
            float(start) if isinstance(start, (int, float)) else None,
        )

    def __str__(self) -> str:
        """For messages."""
        return f"process {self.pid} on {self.host or 'this machine'}"


def _answers_to_signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

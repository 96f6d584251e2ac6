"""A job that a meter watches: what its processes use, and what it has been given until now."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from xpm_store.carbon import Measure
from xpm_store.layout import JobFolder
from xpm_store.locks import FileLock
from xpm_store.processes import process_start_time

from xpm_scheduler.carbon.shares import Energy, JobUse

__all__ = ["WatchedJob", "machine_counters"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LEAST_S = 1.0
"""What was watched for less time tells nothing."""


@dataclass(slots=True)
class WatchedJob:
    """A job, from when the meter was told of it to its end.

    Attributes:
        began_at: When its process started, and `watched_at` when the watch did; seconds of the
            clock of the system.
        lock: Held while it is watched: another meter leaves it alone.
    """

    folder: JobFolder
    pid: int
    pidfd: int
    began_at: float
    watched_at: float
    lock: FileLock
    energy: Energy = field(default_factory=Energy)
    _cpu_s: float = 0.0
    _rate: float = 0.0
    _resident: float = 0.0

    @classmethod
    def find(cls, folder: JobFolder, pid: int, start_time: float | None) -> WatchedJob | None:
        """The job of a process; None when it is gone, or watched already."""
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            return None
        started = process_start_time(pid)
        if started is None or (start_time is not None and abs(started - start_time) > 1):
            os.close(pidfd)
            return None
        lock = FileLock(folder.private / "carbon.lock")
        if not folder.private.is_dir() or not lock.acquire(0):
            os.close(pidfd)
            return None
        now = time.time()
        age_s = max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)
        job = cls(folder, pid, pidfd, now - age_s, now, lock)
        job._cpu_s, job._resident = _session_use(pid)
        return job

    def use(self, lapse_s: float) -> JobUse:
        """What it used in the last `lapse_s` seconds; once it is over, as much as before."""
        cpu_s, resident = _session_use(self.pid)
        if resident:
            used = max(0.0, cpu_s - self._cpu_s)
            self._cpu_s, self._resident = cpu_s, resident
            self._rate = used / lapse_s if lapse_s else self._rate
        else:
            used = self._rate * lapse_s
        return JobUse(used, self._resident)

    def measure(self, place: str) -> Measure | None:
        """The record of the execution, with what came before the watch at the same rate.

        Returns:
            None when it was watched for too short a time.
        """
        now = time.time()
        watched_s, whole_s = now - self.watched_at, now - self.began_at
        if watched_s < _LEAST_S:
            return None
        energy = self.energy.scaled(whole_s / watched_s)
        to_w = 3_600_000 / whole_s
        return Measure(
            self.folder.job_id,
            self.folder.task_id,
            self.began_at,
            now,
            co2_kg=energy.co2_kg,
            energy_kwh=energy.total_kwh,
            cpu_power_w=energy.cpu_kwh * to_w,
            gpu_power_w=energy.gpu_kwh * to_w,
            ram_power_w=energy.ram_kwh * to_w,
            duration_s=whole_s,
            region=f"{place}, estimated",
        )

    def close(self) -> None:
        """Lets go of it."""
        os.close(self.pidfd)
        self.lock.release()


def machine_counters() -> tuple[float, float]:
    """Busy processor seconds since the boot, and bytes of memory in use."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    ticks = [int(one) for one in fields[:8]]
    memory = dict(
        line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines() if ":" in line
    )
    used_kib = int(memory["MemTotal"].split()[0]) - int(memory["MemAvailable"].split()[0])
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / _TICKS, used_kib * 1024


def _session_use(session: int) -> tuple[float, float]:
    """Processor seconds and resident bytes of the processes of a session; those they waited for."""
    cpu_ticks, pages = 0, 0
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are all that is needed
        if not name.isdecimal():
            continue
        try:
            text = Path("/proc", name, "stat").read_text()
        except OSError:
            continue  # it has ended meanwhile
        fields = text.rpartition(")")[2].split()
        if int(fields[3]) == session and fields[0] != "Z":
            cpu_ticks += sum(int(one) for one in fields[11:15])
            pages += int(fields[21])
    return cpu_ticks / _TICKS, pages * _PAGE

"""What a job has used of its machine: processor time, memory, time."""

from __future__ import annotations

import resource
import sys
import time

__all__ = ["UsageMeter"]

_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


class UsageMeter:
    """Measures this process, and the children that it waited for, from now on."""

    def __init__(self) -> None:
        self._start_s = time.monotonic()
        self._cpu_before_s = _cpu_s()

    def read(self) -> dict[str, float]:
        """Return what was used until now, as the record of the job keeps it.

        Returns:
            `cpu_time_s`: of all threads and children; `wall_time_s`; `peak_memory_bytes`: the most
            resident memory of the process, or of the largest child.
        """
        own, children = _usages()
        return {
            "cpu_time_s": round(_cpu_s() - self._cpu_before_s, 6),
            "wall_time_s": round(time.monotonic() - self._start_s, 6),
            "peak_memory_bytes": max(own.ru_maxrss, children.ru_maxrss) * _MEMORY_UNIT,
        }


def _cpu_s() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in _usages())


def _usages() -> tuple[resource.struct_rusage, resource.struct_rusage]:
    return resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)

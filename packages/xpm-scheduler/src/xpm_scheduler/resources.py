"""What one machine can give to jobs: the cores that this process may really use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["cgroup_core_limit", "usable_cores"]

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUPS = Path("/proc/self/cgroup")

_Quota = Callable[[Path], float | None]


def usable_cores() -> int:
    """Return how many jobs may compute at once: the affinity mask, cut by the limit of the cgroup.

    A container that is given 2 cores of a machine of 64 answers 2. At least 1.
    """
    cores = _affinity()
    limit = cgroup_core_limit()
    if limit is not None:
        cores = min(cores, max(1, int(limit)))
    return max(1, cores)


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cgroup_core_limit(cgroups: Path = _CGROUPS, own: Path = _OWN_CGROUPS) -> float | None:
    """Return the tightest quota of processor time over this process's cgroups, in cores.

    Args:
        cgroups: Where the cgroup file systems are mounted.
        own: The list of the cgroups of the process.

    Returns:
        None without a limit, or where there are no cgroups.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return None
    limits: list[float] = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            limits += _limits(cgroups, path, _quota_v2)
        elif "cpu" in controllers.split(","):
            mount = next(
                (m for m in (cgroups / controllers, cgroups / "cpu") if m.is_dir()), cgroups
            )
            limits += _limits(mount, path, _quota_v1)
    return min(limits, default=None)


def _limits(mount: Path, path: str, quota: _Quota) -> list[float]:
    """The quotas of a cgroup and of those around it: each of them binds.

    In a container the path may be that of the host, with only the container's own group mounted:
    the walk ends at the mount, which is then that group.
    """
    group = mount / path.strip("/")
    groups = [group, *(parent for parent in group.parents if parent.is_relative_to(mount))]
    return [limit for limit in map(quota, groups) if limit is not None]


def _quota_v2(group: Path) -> float | None:
    try:
        quota, period = (group / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _quota_v1(group: Path) -> float | None:
    try:
        quota = int((group / "cpu.cfs_quota_us").read_text())
        period = int((group / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return None if quota <= 0 or period <= 0 else quota / period

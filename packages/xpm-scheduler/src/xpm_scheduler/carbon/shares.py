"""How the energy that a machine used is shared out among the jobs that ran on it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Energy", "JobUse", "MachineUse", "share_out"]

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy in kWh by what used it, and what it emitted in kg of CO2 equivalent."""

    cpu_kwh: float = 0.0
    gpu_kwh: float = 0.0
    ram_kwh: float = 0.0
    co2_kg: float = 0.0

    @property
    def total_kwh(self) -> float:
        """All of it."""
        return self.cpu_kwh + self.gpu_kwh + self.ram_kwh

    def __add__(self, other: Energy) -> Energy:
        return Energy(
            self.cpu_kwh + other.cpu_kwh,
            self.gpu_kwh + other.gpu_kwh,
            self.ram_kwh + other.ram_kwh,
            self.co2_kg + other.co2_kg,
        )

    def scaled(self, factor: float) -> Energy:
        """A part of it, or a multiple."""
        return Energy(
            self.cpu_kwh * factor,
            self.gpu_kwh * factor,
            self.ram_kwh * factor,
            self.co2_kg * factor,
        )


@dataclass(frozen=True, slots=True)
class MachineUse:
    """What the machine did in a lapse of time: busy processor seconds, bytes of memory in use."""

    busy_cpu_s: float
    used_bytes: float


@dataclass(frozen=True, slots=True)
class JobUse:
    """What a job did in it: processor seconds, bytes of resident memory."""

    cpu_s: float
    resident_bytes: float


def share_out(energy: Energy, machine: MachineUse, jobs: Mapping[K, JobUse]) -> dict[K, Energy]:
    """The part of each job: by processor time, by memory, and in equal parts of the GPUs.

    The parts never add up to more than the whole, whatever the rounding of the counters.

    Example:
        >>> parts = share_out(
        ...     Energy(cpu_kwh=1), MachineUse(4, 100), {"a": JobUse(1, 0), "b": JobUse(2, 0)}
        ... )
        >>> parts["a"].cpu_kwh, parts["b"].cpu_kwh
        (0.25, 0.5)
    """
    cpu_s = max(machine.busy_cpu_s, sum(job.cpu_s for job in jobs.values()))
    used = max(machine.used_bytes, sum(job.resident_bytes for job in jobs.values()))
    parts: dict[K, Energy] = {}
    for name, job in jobs.items():
        part = Energy(
            energy.cpu_kwh * (job.cpu_s / cpu_s if cpu_s else 0.0),
            energy.gpu_kwh / len(jobs),
            energy.ram_kwh * (job.resident_bytes / used if used else 0.0),
        )
        emitted = part.total_kwh / energy.total_kwh * energy.co2_kg if energy.total_kwh else 0.0
        parts[name] = part + Energy(co2_kg=emitted)
    return parts

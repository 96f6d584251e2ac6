from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xpm_scheduler.carbon.shares import Energy, JobUse, MachineUse, share_out

amounts = st.floats(0, 1e6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    energy=st.builds(Energy, amounts, amounts, amounts, amounts),
    machine=st.builds(MachineUse, amounts, amounts),
    jobs=st.dictionaries(st.integers(0, 5), st.builds(JobUse, amounts, amounts), max_size=5),
)
def test_the_jobs_never_get_more_than_the_machine_used(
    energy: Energy, machine: MachineUse, jobs: dict[int, JobUse]
) -> None:
    parts = share_out(energy, machine, jobs)
    assert set(parts) == set(jobs)
    for name in Energy.__slots__:
        shared = sum(getattr(part, name) for part in parts.values())
        assert shared <= getattr(energy, name) * (1 + 1e-9) + 1e-300
        assert all(getattr(part, name) >= 0 for part in parts.values())


def test_a_job_gets_the_part_of_its_processor_time_its_memory_and_its_neighbours() -> None:
    jobs = {"a": JobUse(cpu_s=1, resident_bytes=25), "b": JobUse(cpu_s=0, resident_bytes=50)}
    whole = Energy(cpu_kwh=4, gpu_kwh=2, ram_kwh=4, co2_kg=1)
    parts = share_out(whole, MachineUse(busy_cpu_s=4, used_bytes=100), jobs)
    shared = {name: (one.cpu_kwh, one.gpu_kwh, one.ram_kwh) for name, one in parts.items()}
    assert shared == {"a": (1, 1, 1), "b": (0, 1, 2)}
    assert [one.co2_kg for one in parts.values()] == [pytest.approx(0.3)] * 2


def test_energies_add_up_and_scale() -> None:
    one = Energy(1, 2, 3, 4)
    assert one + one == one.scaled(2) == Energy(2, 4, 6, 8)
    assert one.total_kwh == 6

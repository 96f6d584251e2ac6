from __future__ import annotations

import os
from pathlib import Path

import pytest
from xpm_scheduler.resources import cgroup_core_limit, usable_cores


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_there_are_at_most_as_many_usable_cores_as_the_affinity_mask_allows() -> None:
    assert 1 <= usable_cores() <= len(os.sched_getaffinity(0))


def test_a_process_pinned_to_one_core_may_use_one(tmp_path: Path) -> None:
    mask = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(mask)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, mask)


def test_the_tightest_quota_of_the_groups_around_binds(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("0::/user/session\n")
    write(tmp_path / "fs/cpu.max", "max 100000\n")
    write(tmp_path / "fs/user/cpu.max", "150000 100000\n")
    write(tmp_path / "fs/user/session/cpu.max", "400000 100000\n")
    assert cgroup_core_limit(tmp_path / "fs", own) == 1.5


def test_the_first_version_of_cgroups_is_understood(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("9:name=systemd:/\n2:cpu,cpuacct:/docker/42\n4:memory:/x\n0::/\n")
    write(tmp_path / "fs/cpu,cpuacct/docker/42/cpu.cfs_quota_us", "200000\n")
    write(tmp_path / "fs/cpu,cpuacct/docker/42/cpu.cfs_period_us", "100000\n")
    assert cgroup_core_limit(tmp_path / "fs", own) == 2.0


def test_in_a_container_the_limit_is_found_at_the_mount(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("0::/a/path/of/the/host\n")
    write(tmp_path / "fs/cpu.max", "50000 100000\n")
    assert cgroup_core_limit(tmp_path / "fs", own) == 0.5


@pytest.mark.parametrize("text", ["max 100000", "", "what 3", "100000"])
def test_what_is_no_quota_is_no_limit(tmp_path: Path, text: str) -> None:
    own = tmp_path / "cgroup"
    own.write_text("0::/\n")
    write(tmp_path / "fs/cpu.max", text)
    assert cgroup_core_limit(tmp_path / "fs", own) is None


def test_without_cgroups_there_is_no_limit(tmp_path: Path) -> None:
    assert cgroup_core_limit(tmp_path, tmp_path / "missing") is None

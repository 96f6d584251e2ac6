"""All or nothing of what a job shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xpm_scheduler.shared import PartialDemand, TokenDemand, give_back, take_all
from xpm_store import dynamic_locks
from xpm_store.errors import NotEnoughUnits
from xpm_store.layout import JobFolder, Workspace
from xpm_store.partials import PartialFolder
from xpm_store.records import ProcessRecord
from xpm_store.tokens import TokenFolder


@pytest.fixture
def one(tmp_path: Path) -> JobFolder:
    return make(tmp_path, "1")


@pytest.fixture
def two(tmp_path: Path) -> JobFolder:
    return make(tmp_path, "2")


def make(root: Path, name: str) -> JobFolder:
    folder = Workspace(root).job("pkg.fit", name)
    folder.private.mkdir(parents=True)
    return folder


def token(root: Path, name: str, total: int) -> TokenFolder:
    found = TokenFolder.at(root / name)
    found.set_total(total)
    return found


def test_a_job_takes_all_and_its_process_is_told_of_it(tmp_path: Path, one: JobFolder) -> None:
    gpu, partial = token(tmp_path, "gpu", 2), PartialFolder(tmp_path / "partials/pkg.fit/p/1")
    assert take_all([TokenDemand(gpu, 2), PartialDemand(partial)], one) is None
    assert gpu.available() == 0
    assert (one.partial_links / "p").resolve() == partial.path
    ProcessRecord.local(os.getpid()).write(one)
    assert [lock.class_name for lock in dynamic_locks.read(one)] == [
        "CounterTokenLock",
        "PartialLock",
    ]
    give_back(one)
    assert gpu.available() == 2
    assert partial.holders() == []
    assert not one.locks_json.exists()


def test_a_job_that_is_refused_one_thing_holds_nothing(
    tmp_path: Path, one: JobFolder, two: JobFolder
) -> None:
    gpu, disk = token(tmp_path, "gpu", 2), token(tmp_path, "disk", 1)
    assert take_all([TokenDemand(disk, 1)], one) is None
    refused = take_all([TokenDemand(gpu, 1), TokenDemand(disk, 1)], two)
    assert refused == TokenDemand(disk, 1)
    assert refused.describe() == "1 unit of the token 'disk'"
    assert gpu.available() == 2
    assert not two.locks_json.exists()


def test_a_request_that_can_never_be_met_holds_nothing(tmp_path: Path, one: JobFolder) -> None:
    disk, gpu = token(tmp_path, "disk", 1), token(tmp_path, "gpu", 2)
    with pytest.raises(NotEnoughUnits):
        take_all([TokenDemand(disk, 1), TokenDemand(gpu, 3)], one)
    assert disk.available() == 1


def test_a_partial_folder_is_one_job_s(tmp_path: Path, one: JobFolder, two: JobFolder) -> None:
    gpu = TokenDemand(token(tmp_path, "gpu", 2), 1)
    partial = PartialDemand(PartialFolder(tmp_path / "partials/pkg.fit/p/1"))
    assert take_all([gpu, partial], one) is None
    assert take_all([gpu, partial], one) is None
    assert take_all([gpu, partial], two) is partial
    assert "the partial folder" in partial.describe()
    give_back(one)
    assert take_all([partial], two) is None

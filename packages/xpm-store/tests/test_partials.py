"""Partial folders: one job at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from xpm_store.cleanup import unused_partials
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.partials import PartialFolder
from xpm_store.processes import Owner
from xpm_store.records import ProcessRecord


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


@pytest.fixture
def partial(workspace: Workspace) -> PartialFolder:
    return PartialFolder(workspace.partial("lab.fit", "checkpoints", "a" * 64))


def job(workspace: Workspace, number: int) -> JobFolder:
    return workspace.job("lab.fit", f"{number:064x}")


def test_one_job_uses_it_at_a_time(partial: PartialFolder, workspace: Workspace) -> None:
    first, second = job(workspace, 1), job(workspace, 2)
    assert partial.try_acquire(first)
    assert partial.try_acquire(first)
    assert not partial.try_acquire(second)
    assert [holder.job for holder in partial.holders()] == [first]
    assert partial.set_process(first, ProcessRecord.local(os.getpid()))
    assert partial.release(first)
    assert partial.try_acquire(second)
    assert partial.holder(first) is None


def test_the_files_are_those_that_2_x_reads(partial: PartialFolder, workspace: Workspace) -> None:
    first = job(workspace, 1)
    partial.try_acquire(first)
    locks = workspace.root / "partials/lab.fit/checkpoints" / ("a" * 64) / ".experimaestro/locks"
    assert json.loads((locks / "informations.json").read_text()) == {"max_write_locks": 1}
    assert (locks / "ipc.lock").exists()
    value = json.loads((locks / "jobs" / f"lab.fit@{first.job_id}.json").read_text())
    assert value["information"] == {"partial_name": "checkpoints"}
    assert value["job_uri"] == f"{first.path}/fit"
    assert partial.watched == locks / "jobs"


def test_a_job_of_2_x_that_holds_the_lock_itself_stalls_nobody(
    partial: PartialFolder, workspace: Workspace
) -> None:
    partial.create()
    with FileLock(partial.watched.parent / "ipc.lock"):
        assert not partial.try_acquire(job(workspace, 1))
    assert partial.try_acquire(job(workspace, 1))


def test_a_dead_job_does_not_keep_it(partial: PartialFolder, workspace: Workspace) -> None:
    partial.try_acquire(job(workspace, 1))
    path = partial.holder_path(job(workspace, 1))
    value = json.loads(path.read_text())
    value["owner"] = Owner(os.uname().nodename, "another boot", 1, 0.0).to_json()
    path.write_text(json.dumps(value))
    assert partial.try_acquire(job(workspace, 2))
    path = partial.holder_path(job(workspace, 2))
    path.write_text(path.read_text().replace(Owner.current().boot_id or "", "another boot"))
    assert [holder.job for holder in partial.reap()] == [job(workspace, 2)]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"max_write_locks": 0}'])
def test_whatever_its_settings_say_at_least_one_job_may_use_it(
    partial: PartialFolder, workspace: Workspace, text: str
) -> None:
    partial.create()
    (partial.watched.parent / "informations.json").write_text(text)
    assert partial.try_acquire(job(workspace, 1))
    assert not partial.try_acquire(job(workspace, 2))


def test_a_linked_partial_is_used_and_the_link_may_be_made_again(
    partial: PartialFolder, workspace: Workspace
) -> None:
    partial.create()
    assert unused_partials(workspace) == [partial.path]
    for _ in range(2):
        partial.link(job(workspace, 1))
    assert unused_partials(workspace) == []
    link = job(workspace, 1).partial_links / "checkpoints"
    assert link.resolve() == partial.path.resolve()

"""`locks.json`, between a scheduler and the process of a job."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from xpm_store import dynamic_locks
from xpm_store.dynamic_locks import DynamicLock
from xpm_store.errors import DamagedRecord
from xpm_store.layout import JobFolder, Workspace
from xpm_store.partials import PartialFolder
from xpm_store.records import ProcessRecord
from xpm_store.tokens import TokenFolder


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    job = Workspace(tmp_path / "ws").job("lab.fit", "1" * 64)
    job.path.mkdir(parents=True)
    return job


@pytest.fixture
def token(tmp_path: Path) -> TokenFolder:
    token = TokenFolder(tmp_path / "shared", "gpu")
    token.set_total(2)
    return token


@pytest.fixture
def partial(job: JobFolder) -> PartialFolder:
    return PartialFolder(job.workspace.partial("lab.fit", "best", "a" * 64))


def test_a_process_says_it_uses_what_its_scheduler_took_and_gives_it_back(
    job: JobFolder, token: TokenFolder, partial: PartialFolder
) -> None:
    assert token.try_acquire(job, 2) and partial.try_acquire(job)
    locks = [
        dynamic_locks.token_lock(token, job, 2),
        dynamic_locks.partial_lock(partial, job),
        DynamicLock("their.module", "TheirLock", job.path / "theirs", {"more": 1}),
    ]
    dynamic_locks.write(job, locks)
    assert dynamic_locks.read(job) == locks
    process = ProcessRecord.local(os.getpid())
    assert dynamic_locks.confirm(job, process) == []
    for holder in (token.holder(job), partial.holder(job)):
        assert holder is not None and holder.process == process
    dynamic_locks.release(job)
    assert token.holders() == [] and partial.holders() == []
    assert not job.locks_json.exists()


def test_a_job_that_lost_its_units_must_not_run(job: JobFolder, token: TokenFolder) -> None:
    token.try_acquire(job)
    dynamic_locks.write(job, [dynamic_locks.token_lock(token, job, 1)])
    token.release(job)
    [lost] = dynamic_locks.confirm(job, ProcessRecord.local(os.getpid()))
    assert lost.fields["name"] == "gpu"
    dynamic_locks.release(job)


def test_a_job_that_needs_nothing_any_more_has_no_file(job: JobFolder, token: TokenFolder) -> None:
    dynamic_locks.write(job, [dynamic_locks.token_lock(token, job, 1)])
    dynamic_locks.write(job, [])
    assert not job.locks_json.exists()
    assert dynamic_locks.read(job) == []
    assert dynamic_locks.confirm(job, ProcessRecord.local(os.getpid())) == []
    dynamic_locks.remove(job)


def test_the_file_is_the_one_that_2_x_reads_and_others_may_read_it(
    job: JobFolder, token: TokenFolder, partial: PartialFolder
) -> None:
    locks = [dynamic_locks.token_lock(token, job, 1), dynamic_locks.partial_lock(partial, job)]
    dynamic_locks.write(job, locks)
    value = json.loads((job.path / "locks.json").read_text())
    assert value == {
        "dynamic_locks": [
            {
                "module": "experimaestro.tokens",
                "class": "CounterTokenLock",
                "token_path": str(token.path),
                "count": 1,
                "name": "gpu",
                "lock_file_path": str(token.holder_path(job)),
            },
            {
                "module": "experimaestro.core.partial_lock",
                "class": "PartialLock",
                "partial_path": str(partial.path),
                "partial_name": "best",
                "job_uri": f"{job.path}/fit",
                "lock_file_path": str(partial.holder_path(job)),
            },
        ]
    }
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(job.locks_json.stat().st_mode) == 0o666 & ~umask


def test_the_locks_written_by_2_7_0_are_read(golden_workspace: Workspace) -> None:
    found = [
        lock
        for job in golden_workspace.job_folders()
        if job.locks_json.exists()
        for lock in dynamic_locks.read(job)
    ]
    assert len(found) == 4
    assert all(lock.is_known for lock in found)
    assert {lock.fields.get("name", lock.fields.get("partial_name")) for lock in found} == {
        "sample-token",
        "shared",
    }


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"dynamic_locks": [1]}', '{"dynamic_locks": [{"module": "m", "class": 1}]}'],
)
def test_a_file_that_is_not_understood_stops_the_job(job: JobFolder, text: str) -> None:
    job.locks_json.write_text(text)
    with pytest.raises(DamagedRecord, match=r"locks\.json"):
        dynamic_locks.read(job)

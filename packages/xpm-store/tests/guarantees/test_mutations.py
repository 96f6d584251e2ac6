"""Journals and records that are cut, flipped and zeroed never stop a listing."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store.check import check_jobs, check_runs
from xpm_store.errors import DamagedRecord
from xpm_store.index import Index
from xpm_store.layout import JobFolder, RunFolder, Workspace
from xpm_store.loading import load_job, load_run

Record = Callable[[str, object], None]

IS_FULL = bool(os.environ.get("XPM_STORE_FULL"))
MUTATIONS = 10_000 if IS_FULL else 400
INDEXED_EVERY = 5 if IS_FULL else 10


def journals(
    workspace: Workspace, job_id: str, task: str
) -> tuple[RunFolder, JobFolder, list[Path]]:
    run = workspace.experiment("sample").runs()[0]
    job = workspace.job(task, job_id)
    return (
        run,
        job,
        [
            run.status,
            run.environment,
            run.jobs_jsonl,
            run.objects_jsonl,
            run.archived_event(0),
            job.status,
            job.failed,
            job.archived_event(0),
        ],
    )


def mutated(whole: bytes, chance: random.Random) -> bytes:
    """Bits flipped, a block zeroed, or the end cut off."""
    data = bytearray(whole)
    kind = chance.random()
    if kind < 0.3:
        start = chance.randrange(len(data))
        size = chance.choice([1, 16, 512, 4096])
        data[start : start + size] = bytes(min(size, len(data) - start))
    elif kind < 0.4:
        del data[chance.randrange(len(data)) :]
    else:
        for _ in range(chance.choice([1, 1, 3])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


@pytest.mark.parametrize("is_killed", [False, True], ids=["finished", "killed"])
def test_flipped_bits_and_zeroed_blocks_never_stop_a_listing(
    sample: ModuleType, memory_path: Path, is_killed: bool, record_property: Record
) -> None:
    workspace = sample.write_finished(memory_path / "ws")
    run, job, paths = journals(workspace, sample.BROKEN, sample.TRAIN)
    if is_killed:
        run.status.write_bytes(run.status.read_bytes().replace(b'"failed"', b'"running"', 1))
    chance = random.Random(20)
    for number in range(MUTATIONS // 2):
        path = paths[number % len(paths)]
        whole = path.read_bytes()
        path.write_bytes(mutated(whole, chance))
        # damage may make a job more, of another name, never one less
        assert load_run(run).view.counts().total() >= 5
        load_job(job)
        check_runs(workspace)
        if number % INDEXED_EVERY == 0:
            check_jobs(workspace)
            with Index.open(workspace, path=memory_path / f"{number}.sqlite3") as index:
                index.sync()
                # a job that has a folder is listed, or known to be listed no more
                assert len(index.jobs()) + len(index.orphans()) >= 3
        path.write_bytes(whole)
    record_property("count", MUTATIONS // 2)


def test_journals_cut_at_every_byte_of_their_last_records_are_read(
    sample: ModuleType, memory_path: Path, record_property: Record
) -> None:
    workspace = sample.write_finished(memory_path)
    run = workspace.experiment("sample").runs()[0]
    run.status.unlink()
    count = 0
    for path in (run.jobs_jsonl, run.archived_event(0)):
        whole = path.read_bytes()
        last = whole[:-1].rfind(b"\n", 0, whole[:-1].rfind(b"\n")) + 1
        for size in range(last, len(whole), 1 if IS_FULL else 3):
            path.write_bytes(whole[:size])
            loaded = load_run(run)
            assert len(loaded.view.jobs) >= 4
            assert all(isinstance(item, DamagedRecord) for item in loaded.problems)
            count += 1
        path.write_bytes(whole)
    record_property("count", count)

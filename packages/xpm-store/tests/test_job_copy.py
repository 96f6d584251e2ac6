"""The folder of a job, copied."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from xpm_store import fs
from xpm_store.errors import StorageError
from xpm_store.job_copy import copy_job, copy_tree
from xpm_store.layout import JobFolder, Workspace
from xpm_store.records import JobStatus, ProcessRecord, read_params, write_params


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    """A job that is done, with files of its own."""
    workspace = Workspace(tmp_path / "old")
    job = workspace.job("lab.fit", "1" * 64)
    job.private.mkdir(parents=True)
    inputs = {"type": "path", "value": f"{workspace.root}/jobs/lab.prepare/{'2' * 64}/x"}
    write_params(
        job,
        {"workspace": str(workspace.root), "version": 3, "objects": [{"fields": {"in": inputs}}]},
    )
    status = JobStatus(job.job_id, job.task_id, str(job.path))
    status.process = ProcessRecord.local(os.getpid())
    status.write(job)
    for path in (job.done, job.lock, job.pid, job.reader_lock, job.locks_json):
        path.write_text("{}")
    (job.path / "model" / "deep").mkdir(parents=True)
    (job.path / "model" / "poetry.lock").write_text("mine")
    (job.path / "model" / "deep" / "weights").write_bytes(b"w" * 100_000)
    (job.path / "model" / "run.sh").write_text("#!/bin/sh\n")
    (job.path / "model" / "run.sh").chmod(0o750)
    (job.path / "latest").symlink_to("model/deep")
    os.mkfifo(job.path / "pipe")
    partial = workspace.partial("lab.fit", "best", "a" * 64)
    job.partial_links.mkdir()
    (job.partial_links / "best").symlink_to(partial)
    os.utime(job.path / "model" / "deep" / "weights", (1e9, 1e9))
    return job


@pytest.fixture
def target(tmp_path: Path) -> JobFolder:
    return Workspace(tmp_path / "new").job("lab.fit", "1" * 64)


def test_a_copy_has_everything_but_what_means_nothing_elsewhere(
    job: JobFolder, target: JobFolder, tmp_path: Path
) -> None:
    assert copy_job(job, target, tmp_path / "new" / "staged")
    assert not (tmp_path / "new" / "staged").exists()
    for path in (target.lock, target.pid, target.reader_lock, target.locks_json):
        assert not path.exists()
    assert not (target.path / "pipe").exists()
    assert target.done.exists()
    assert (target.path / "model" / "poetry.lock").read_text() == "mine"
    weights = target.path / "model" / "deep" / "weights"
    assert weights.read_bytes() == b"w" * 100_000
    assert weights.stat().st_mtime == 1e9
    assert stat.S_IMODE((target.path / "model" / "run.sh").stat().st_mode) == 0o750
    assert (target.path / "latest").readlink() == Path("model/deep")


def test_the_records_of_a_copy_name_its_new_workspace(
    job: JobFolder, target: JobFolder, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    copy_job(job, target, new / "staged")
    params = read_params(target)
    assert params["workspace"] == str(new)
    assert params["objects"][0]["fields"]["in"]["value"] == str(
        new / "jobs" / "lab.prepare" / ("2" * 64) / "x"
    )
    status = JobStatus.read(target)
    assert status is not None
    assert (status.path, status.process) == (str(target.path), None)
    assert (target.partial_links / "best").readlink() == target.workspace.partial(
        "lab.fit", "best", "a" * 64
    )


def test_a_copy_to_an_archive_keeps_its_records(
    job: JobFolder, target: JobFolder, tmp_path: Path
) -> None:
    copy_job(job, target, tmp_path / "new" / "staged", relocate=False)
    assert read_params(target) == read_params(job)
    assert json.loads(target.status.read_text()) == json.loads(job.status.read_text())


def test_what_is_there_is_left_as_it_is(job: JobFolder, target: JobFolder, tmp_path: Path) -> None:
    target.path.mkdir(parents=True)
    (target.path / "mine").touch()
    assert not copy_job(job, target, tmp_path / "new" / "staged")
    assert [path.name for path in target.path.iterdir()] == ["mine"]


def test_damaged_records_are_copied_as_they_are(
    job: JobFolder, target: JobFolder, tmp_path: Path
) -> None:
    job.params.write_text("{")
    job.status.write_text("[")
    assert copy_job(job, target, tmp_path / "new" / "staged")
    assert target.params.read_text() == "{"
    assert target.status.read_text() == "["


class Appear:
    """Something takes the place just before the copy does."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        if operation == "rename" and path == self.target:
            self.target.mkdir(parents=True)
            (self.target / "theirs").touch()

    def after(self, operation: str, path: Path) -> None:
        pass


def test_whoever_is_first_has_the_place(job: JobFolder, target: JobFolder, tmp_path: Path) -> None:
    staged = tmp_path / "new" / "staged"
    with fs.observed(Appear(target.path)):
        assert not copy_job(job, target, staged)
    assert (target.path / "theirs").exists()
    assert not staged.exists()


class Refuse:
    """Makes the n-th operation fail."""

    def __init__(self, n: int, code: int) -> None:
        self.left, self.code = n, code

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        self.left -= 1
        if self.left == -1:
            raise OSError(self.code, os.strerror(self.code))

    def after(self, operation: str, path: Path) -> None:
        pass


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_refused_copy_is_not_there_and_the_next_one_is(
    job: JobFolder, memory_path: Path, code: int
) -> None:
    for n in range(100):
        target = Workspace(memory_path / str(n)).job("lab.fit", "1" * 64)
        staged = memory_path / str(n) / "staged"
        refuse = Refuse(n, code)
        try:
            with fs.observed(refuse):
                copy_job(job, target, staged)
        except StorageError as error:
            assert error.errno == code
            # refused after the last step, it is there and whole; else it is not
            assert not target.path.exists() or target.done.exists()
            copy_job(job, target, staged)
        assert (target.path / "model" / "deep" / "weights").stat().st_size == 100_000
        assert not staged.exists()
        if refuse.left >= 0:
            return
    raise AssertionError("more than 100 operations to copy a job")


def test_a_folder_that_is_gone_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=str(tmp_path / "missing")):
        copy_tree(tmp_path / "missing", tmp_path / "copy")

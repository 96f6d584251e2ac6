"""Archive folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from xpm_store import archive, fs
from xpm_store.archive import Kept
from xpm_store.errors import LockTimeout, StorageError
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.records import JobStatus, read_params, write_params
from xpm_store.settings import AuxiliaryFolder


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    """A job that is done."""
    job = Workspace(tmp_path / "ws").job("lab.fit", "1" * 64)
    job.private.mkdir(parents=True)
    write_params(job, {"workspace": str(tmp_path / "ws"), "version": 3, "objects": []})
    JobStatus(job.job_id, job.task_id, str(job.path)).write(job)
    (job.path / "model.pt").write_text("weights")
    job.done.touch()
    return job


def folder(tmp_path: Path, mode: str, name: str = "archive") -> AuxiliaryFolder:
    return AuxiliaryFolder(tmp_path / name, mode)


def archived(tmp_path: Path, job: JobFolder, name: str = "archive") -> JobFolder:
    return Workspace(tmp_path / name).job(job.task_id, job.job_id)


def test_a_backup_is_a_copy_and_the_job_stays(job: JobFolder, tmp_path: Path) -> None:
    copy = archived(tmp_path, job)
    for _ in range(2):
        assert archive.keep(job, [folder(tmp_path, "backup")]) == [Kept(copy.path, False)]
    assert not job.path.is_symlink()
    assert (copy.path / "model.pt").read_text() == "weights"
    assert read_params(copy) == read_params(job)
    names = sorted(path.name for path in copy.path.parent.iterdir())
    assert names == [f".tmp.{job.job_id}.lock", job.job_id]


def test_a_moved_job_is_a_link_and_is_still_listed_and_done(job: JobFolder, tmp_path: Path) -> None:
    folders = [folder(tmp_path, "backup", "safe"), folder(tmp_path, "move")]
    kept = archive.keep(job, folders)
    assert [one.is_moved for one in kept] == [False, True]
    assert job.path.is_symlink()
    assert job.path.resolve() == archived(tmp_path, job).path.resolve()
    assert job.done.exists()
    assert list(job.workspace.job_folders()) == [job]
    assert [path.name for path in job.path.parent.iterdir()] == [job.job_id]
    assert archive.keep(job, folders) == []


def test_a_job_that_is_not_done_is_not_kept(job: JobFolder, tmp_path: Path) -> None:
    job.done.unlink()
    assert archive.keep(job, [folder(tmp_path, "move")]) == []
    job.done.touch()
    assert archive.keep(job, [folder(tmp_path, "use")]) == []
    assert not (tmp_path / "archive").exists()


def test_what_stands_in_the_archive_and_is_not_done_is_left_there(
    job: JobFolder, tmp_path: Path
) -> None:
    copy = archived(tmp_path, job)
    copy.path.mkdir(parents=True)
    (copy.path / "theirs").touch()
    assert archive.keep(job, [folder(tmp_path, "move")]) == []
    assert (copy.path / "theirs").exists()
    assert not job.path.is_symlink()


def test_a_job_in_the_hands_of_another_process_is_left_alone(
    job: JobFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LOCK_TIMEOUT_S", 0.0)
    for lock in (job.lock, job.reader_lock):
        with FileLock(lock), pytest.raises(LockTimeout):
            archive.keep(job, [folder(tmp_path, "move")])
    assert not job.path.is_symlink()


@pytest.mark.parametrize("mode", ["use", "backup", "move"])
def test_a_missing_job_comes_back_from_the_first_folder_that_has_it(
    job: JobFolder, tmp_path: Path, mode: str
) -> None:
    archive.keep(job, [folder(tmp_path, "backup")])
    elsewhere = Workspace(tmp_path / "elsewhere").job(job.task_id, job.job_id)
    folders = [folder(tmp_path, mode, "empty"), folder(tmp_path, mode)]
    assert archive.find(elsewhere, folders) == archived(tmp_path, job)
    assert archive.recover(elsewhere, folders) == archived(tmp_path, job)
    assert (elsewhere.path / "model.pt").read_text() == "weights"
    assert read_params(elsewhere)["workspace"] == str(tmp_path / "elsewhere")
    status = JobStatus.read(elsewhere)
    assert status is not None and status.path == str(elsewhere.path)
    assert archive.recover(elsewhere, folders) is None  # it is there


def test_a_link_that_leads_nowhere_is_replaced_by_the_job(job: JobFolder, tmp_path: Path) -> None:
    archive.keep(job, [folder(tmp_path, "move")])
    (tmp_path / "archive").rename(tmp_path / "moved")
    assert archive.recover(job, [folder(tmp_path, "use")]) is None
    assert archive.recover(job, [folder(tmp_path, "use", "moved")]) is not None
    assert job.done.exists() and not job.path.is_symlink()


class Stop:
    """Ends the process, or refuses, at the n-th operation."""

    def __init__(self, n: int, *, kills: bool) -> None:
        self.left, self.kills = n, kills

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        self.left -= 1
        if self.left == -1:
            if self.kills:
                os._exit(9)
            raise OSError(28, os.strerror(28))

    def after(self, operation: str, path: Path) -> None:
        pass


def _job_in(root: Path) -> JobFolder:
    job = Workspace(root / "ws").job("lab.fit", "1" * 64)
    job.private.mkdir(parents=True)
    write_params(job, {"workspace": str(root / "ws"), "version": 3, "objects": []})
    (job.path / "model.pt").write_text("weights")
    job.done.touch()
    return job


@pytest.mark.parametrize("kills", [True, False], ids=["killed", "refused"])
def test_interrupted_anywhere_a_move_loses_nothing(
    memory_path: Path, kills: bool, record_property: Callable[[str, object], None]
) -> None:
    for n in range(100):
        root = memory_path / str(n)
        job, folders = _job_in(root), [folder(root, "move")]
        is_over = _try_to_keep(job, folders, n, kills=kills)
        # what a scheduler does before it starts a job
        archive.recover(job, folders)
        assert job.done.exists()
        assert (job.path / "model.pt").read_text() == "weights"
        archive.keep(job, folders)
        assert job.path.is_symlink()
        archive.keep(job, folders)
        assert not list(job.path.parent.glob(".moved.*"))
        assert (job.path / "model.pt").read_text() == "weights"
        if is_over:
            record_property("count", n)
            return
    raise AssertionError("more than 100 operations to move a job")


def _try_to_keep(job: JobFolder, folders: list[AuxiliaryFolder], n: int, *, kills: bool) -> bool:
    """Whether it went through: there is no n-th operation."""
    if not kills:
        stop = Stop(n, kills=False)
        try:
            with fs.observed(stop):
                archive.keep(job, folders)
        except StorageError:
            return False
        return stop.left >= 0
    pid = os.fork()
    if pid == 0:
        with fs.observed(Stop(n, kills=True)):
            archive.keep(job, folders)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

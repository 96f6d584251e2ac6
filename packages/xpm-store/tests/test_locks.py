"""Locks between processes."""

from __future__ import annotations

import errno
import os
import signal
import stat
from pathlib import Path

import pytest
from xpm_store import fs
from xpm_store.errors import LockTimeout, StorageError
from xpm_store.layout import Workspace
from xpm_store.locks import FileLock, Owner, is_locked, lock_file_mode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "lock"


def test_a_held_lock_excludes_others_and_names_its_holder(path: Path) -> None:
    with FileLock(path) as lock:
        assert lock.is_held
        other = FileLock(path)
        assert not other.acquire(0)
        assert not other.acquire(0.01)
        assert other.owner() == Owner.current()
        with pytest.raises(LockTimeout, match=f"process {os.getpid()}"):
            other.hold(0)
    assert other.acquire(0)
    other.release()
    assert other.owner() is None


def test_asking_whether_a_file_is_locked_changes_nothing(path: Path) -> None:
    assert not is_locked(path)
    assert not path.parent.exists()
    with FileLock(path):
        assert is_locked(path)
    assert not is_locked(path)
    assert path.read_bytes() == b""


def test_taking_a_lock_twice_with_one_object_is_fine(path: Path) -> None:
    lock = FileLock(path)
    assert lock.acquire(0) and lock.acquire(0)
    lock.release()
    lock.release()
    assert not lock.is_held


def test_the_lock_of_a_killed_process_is_free_and_its_owner_is_known_to_be_dead(
    path: Path,
) -> None:
    ready_read, ready_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        FileLock(path).acquire()
        os.write(ready_write, b"x")
        signal.pause()
        os._exit(0)
    os.close(ready_write)
    os.read(ready_read, 1)
    lock = FileLock(path)
    assert not lock.acquire(0)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    owner = lock.owner()
    assert owner is not None and owner.pid == pid
    assert owner.is_alive() is False
    assert lock.acquire(0)
    lock.release()
    os.close(ready_read)


def test_waiting_ends_when_the_holder_ends(path: Path) -> None:
    ready_read, ready_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        lock = FileLock(path)
        lock.acquire()
        os.write(ready_write, b"x")
        os._exit(0)
    os.close(ready_write)
    os.read(ready_read, 1)
    with FileLock(path) as lock:
        assert lock.is_held
    os.waitpid(pid, 0)
    os.close(ready_read)


def test_a_lock_whose_folder_was_removed_meanwhile_is_taken_on_the_new_file(path: Path) -> None:
    class Removed(FileLock):
        tries = 0

        def _open(self) -> int:
            fd = super()._open()
            if self.tries == 0:
                self.path.unlink()
            self.tries += 1
            return fd

    lock = Removed(path)
    assert lock.acquire()
    assert lock.tries == 2
    assert not FileLock(path).acquire(0)
    lock.release()


def test_a_child_made_by_exec_does_not_keep_the_lock(path: Path) -> None:
    with FileLock(path) as lock:
        assert lock._fd is not None
        assert not os.get_inheritable(lock._fd)


def test_a_new_lock_file_has_the_permissions_of_its_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XPM_LOCK_MODE", raising=False)
    workspace = Workspace(tmp_path / "w")
    workspace.root.mkdir()
    workspace.marker.touch()
    workspace.root.chmod(0o2775)
    lock = FileLock(workspace.experiment("exp").lock)
    with lock:
        assert stat.S_IMODE(lock.path.stat().st_mode) == 0o664


@pytest.mark.parametrize(
    ("variable", "setting", "mode"),
    [(None, "660", 0o660), ("600", "660", 0o600), (None, 0o640, 0o640), ("umask", "660", None)],
)
def test_the_variable_outweighs_the_setting(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    setting: str | int,
    mode: int | None,
) -> None:
    monkeypatch.delenv("XPM_LOCK_MODE", raising=False)
    if variable:
        monkeypatch.setenv("XPM_LOCK_MODE", variable)
    umask = os.umask(0o027)
    try:
        assert lock_file_mode(setting, tmp_path / "lock") == (0o640 if mode is None else mode)
    finally:
        os.umask(umask)


def test_a_lock_mode_that_is_no_mode_says_what_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XPM_LOCK_MODE", "shared")
    with pytest.raises(ValueError, match="inherit, umask or an octal number"):
        lock_file_mode(None, tmp_path / "lock")


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


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.ENOLCK, errno.ESTALE])
@pytest.mark.parametrize("n", [0, 1])
def test_a_file_system_that_refuses_a_lock_is_told_and_no_file_stays_open(
    path: Path, code: int, n: int
) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    lock = FileLock(path)
    with fs.observed(Refuse(n, code)), pytest.raises(StorageError, match=str(path)) as told:
        lock.acquire(0)
    assert told.value.errno == code
    assert not lock.is_held
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert lock.acquire(0)
    lock.release()


def test_a_lock_in_a_place_that_is_a_file_names_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=str(tmp_path / "file" / "lock")):
        FileLock(tmp_path / "file" / "lock").acquire(0)

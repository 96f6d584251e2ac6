"""Counter tokens, between jobs, processes and versions."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xpm_store import fs
from xpm_store.errors import DamagedRecord, NotEnoughUnits, StorageError
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock, Owner
from xpm_store.records import Failure, ProcessRecord
from xpm_store.tokens import TokenFolder

DEAD = Owner(os.uname().nodename, "another boot", 1, 0.0)
ELSEWHERE = Owner("another-host", "a boot", 1, 0.0)


@pytest.fixture
def token(tmp_path: Path) -> TokenFolder:
    token = TokenFolder(tmp_path / "shared", "gpu")
    token.set_total(3)
    return token


def job(root: Path, number: int, task: str = "lab.fit") -> JobFolder:
    return Workspace(root / "ws").job(task, f"{number:064x}")


def held_by(token: TokenFolder, job: JobFolder, **fields: Any) -> Path:
    """Writes the file of a holder as anyone might, long ago."""
    path = token.holder_path(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    value = {"job_uri": f"{job.path}/{job.name}", "information": {"count": 1}, **fields}
    path.write_text(json.dumps(value))
    os.utime(path, (time.time() - 3600, time.time() - 3600))
    return path


def test_units_are_given_as_long_as_there_are_some(token: TokenFolder, tmp_path: Path) -> None:
    first, second, third = (job(tmp_path, number) for number in range(3))
    assert token.try_acquire(first, 2)
    assert not token.try_acquire(second, 2)
    assert token.try_acquire(third, 1)
    assert token.available() == 0
    assert {(holder.job, holder.count) for holder in token.holders()} == {(first, 2), (third, 1)}
    assert token.release(first)
    assert not token.release(first)
    assert token.try_acquire(second, 2)


def test_a_job_that_asks_again_holds_what_it_asks_for_last(
    token: TokenFolder, tmp_path: Path
) -> None:
    first = job(tmp_path, 1)
    assert token.try_acquire(first, 2)
    assert token.try_acquire(first, 3)
    assert token.available() == 0
    assert token.try_acquire(first, 1)
    assert token.available() == 2


def test_more_units_than_there_are_is_an_error_and_not_a_wait_for_ever(
    token: TokenFolder, tmp_path: Path
) -> None:
    with pytest.raises(NotEnoughUnits, match='4 units of the token "gpu" asked for, it has 3'):
        token.try_acquire(job(tmp_path, 1), 4)
    with pytest.raises(ValueError, match="expected 1 or more"):
        token.try_acquire(job(tmp_path, 1), 0)
    with pytest.raises(ValueError, match="expected 0 or more"):
        token.set_total(-1)


def test_the_total_is_what_was_said_last_and_takes_nothing_from_anyone(
    token: TokenFolder, tmp_path: Path
) -> None:
    assert token.try_acquire(job(tmp_path, 1), 3)
    again = TokenFolder(tmp_path / "shared", "gpu")
    again.set_total(1)
    assert token.total == 1
    assert token.available() == 0
    assert len(token.holders()) == 1
    assert not token.try_acquire(job(tmp_path, 2), 1)
    assert TokenFolder(tmp_path / "shared", "unknown").total == 0


def test_the_files_are_those_that_2_x_reads(token: TokenFolder, tmp_path: Path) -> None:
    first = job(tmp_path, 1)
    token.try_acquire(first, 2)
    process = ProcessRecord.local(os.getpid())
    assert token.set_process(first, process)
    folder = tmp_path / "shared" / "tokens" / "gpu.counter"
    assert json.loads((folder / "informations.json").read_text()) == {"total": 3}
    path = folder / "jobs" / f"lab.fit@{first.job_id}.json"
    value = json.loads(path.read_text())
    assert value["job_uri"] == f"{first.path}/fit"
    assert value["information"] == {"count": 2}
    assert value["process"]["type"] == "local"
    assert value["process"]["pid"] == os.getpid()
    assert Owner.from_json(value["owner"]) == Owner.current()
    assert stat.S_IMODE(path.stat().st_mode) & 0o044  # others may read it, if the umask lets them
    assert (folder / "ipc.lock").exists()


def test_a_long_task_name_gives_a_file_name_that_file_systems_take(
    token: TokenFolder, tmp_path: Path
) -> None:
    long = [job(tmp_path, 1, task="é" * 100 + end + ".fit") for end in ("one", "two")]
    assert all(token.try_acquire(one) for one in long)
    names = {token.holder_path(one).name for one in long}
    assert len(names) == 2
    assert all(len(os.fsencode(name)) <= 255 for name in names)
    assert {holder.job for holder in token.holders()} == set(long)
    exact = job(tmp_path, 1, task="t" * 185)
    assert token.holder_path(exact).name == f"{'t' * 185}@{exact.job_id}.json"


def test_the_base_is_that_of_the_user_unless_the_variable_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XPM_WORKDIR", str(tmp_path / "elsewhere"))
    assert TokenFolder(None, "t").path == tmp_path / "elsewhere" / "tokens" / "t.counter"
    monkeypatch.delenv("XPM_WORKDIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert TokenFolder(None, "t").path == (
        tmp_path / ".local" / "share" / "experimaestro" / "tokens" / "t.counter"
    )
    assert TokenFolder.at(tmp_path / "mine.counter").name == "mine"


def test_a_job_whose_scheduler_lives_keeps_its_units_however_long_it_waits(
    token: TokenFolder, tmp_path: Path
) -> None:
    first = job(tmp_path, 1)
    held_by(token, first, owner=Owner.current().to_json())
    assert token.reap() == []
    held_by(token, first, owner=Owner.current().to_json(), process={"type": "local", "pid": 0})
    assert token.reap() == []


@pytest.mark.parametrize(
    ("fields", "is_dead"),
    [
        ({"owner": DEAD.to_json()}, True),
        ({"owner": ELSEWHERE.to_json()}, False),
        ({}, True),
        ({"process": {"type": "local", "pid": 2**22 + 1}}, True),
        ({"process": {"type": "local", "pid": os.getpid()}}, False),
        ({"process": {"type": "local", "pid": 1, "host": "another-host"}}, False),
        ({"process": {"type": "slurm", "pid": "12"}}, False),
        ({"owner": DEAD.to_json(), "process": {"type": "slurm", "pid": "12"}}, False),
    ],
)
def test_only_those_who_are_dead_beyond_doubt_lose_their_units(
    token: TokenFolder, tmp_path: Path, fields: dict[str, Any], is_dead: bool
) -> None:
    first = job(tmp_path, 1)
    held_by(token, first, **fields)
    gone = [holder.job for holder in token.reap()]
    assert gone == ([first] if is_dead else [])
    assert len(token.holders()) == 1 - len(gone)


def test_what_the_dead_hold_is_given_to_who_needs_it(token: TokenFolder, tmp_path: Path) -> None:
    token.set_total(1)
    held_by(token, job(tmp_path, 1), owner=DEAD.to_json())
    assert token.available() == 0
    assert token.try_acquire(job(tmp_path, 2))


def test_a_job_that_cannot_be_checked_from_here_is_dead_once_it_left_a_marker(
    token: TokenFolder, tmp_path: Path
) -> None:
    first = job(tmp_path, 1)
    first.path.mkdir(parents=True)
    Failure().write(first)
    os.utime(first.failed, (1.0, 1.0))  # of an earlier execution
    held_by(token, first, process={"type": "slurm", "pid": "12"})
    assert token.reap() == []
    Failure().write(first)
    with FileLock(first.lock):  # it is being started again
        assert token.reap() == []
    assert [holder.job for holder in token.reap()] == [first]


def test_a_job_that_2_x_is_about_to_start_is_not_dead(token: TokenFolder, tmp_path: Path) -> None:
    first = job(tmp_path, 1)
    path = held_by(token, first)
    with FileLock(first.lock):
        assert token.reap() == []
    path.touch()
    assert token.reap() == []


def test_a_process_that_its_killed_scheduler_could_not_tell_of_keeps_its_units(
    token: TokenFolder, tmp_path: Path
) -> None:
    first = job(tmp_path, 1)
    first.path.mkdir(parents=True)
    ProcessRecord.local(os.getpid()).write(first)
    held_by(token, first, owner=DEAD.to_json())
    assert token.reap() == []


def test_a_file_that_names_no_job_holds_one_unit_and_is_never_removed(
    token: TokenFolder, tmp_path: Path
) -> None:
    damaged = job(tmp_path, 1)
    held_by(token, damaged).write_text("{")
    assert token.available() == 2
    assert not token.try_acquire(job(tmp_path, 2), 3)
    assert token.try_acquire(job(tmp_path, 2), 2)
    assert token.reap() == []
    assert token.holder_path(damaged).exists()
    with pytest.raises(DamagedRecord, match="not JSON"):
        token.holder(damaged)
    assert token.release(damaged)


def test_the_same_job_of_another_workspace_waits(token: TokenFolder, tmp_path: Path) -> None:
    here, there = job(tmp_path / "a", 1), job(tmp_path / "b", 1)
    assert token.try_acquire(here)
    assert not token.try_acquire(there)
    assert not token.release(there)
    assert not token.set_process(there, ProcessRecord.local(os.getpid()))
    assert token.release(here)
    assert token.try_acquire(there)


def test_a_workspace_reached_through_a_link_has_the_same_jobs(
    token: TokenFolder, tmp_path: Path
) -> None:
    token.set_total(1)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert token.try_acquire(job(tmp_path / "real", 1))
    assert token.try_acquire(job(tmp_path / "link", 1))
    assert token.release(job(tmp_path / "real", 1))


def test_a_released_job_is_not_written_again_by_a_late_word(
    token: TokenFolder, tmp_path: Path
) -> None:
    first = job(tmp_path, 1)
    token.try_acquire(first)
    token.release(first)
    assert not token.set_process(first, ProcessRecord.local(os.getpid()))
    assert token.holders() == []


def test_nothing_is_written_by_looking(tmp_path: Path) -> None:
    token = TokenFolder(tmp_path / "shared", "gpu")
    assert token.holders() == [] and token.available() == 0 and token.reap() == []
    assert token.holder(job(tmp_path, 1)) is None
    assert not token.release(job(tmp_path, 1))
    assert not (tmp_path / "shared").exists()


def test_while_others_hold_the_lock_an_attempt_fails_soon(
    token: TokenFolder, tmp_path: Path
) -> None:
    with FileLock(token.path / "ipc.lock"):
        assert not token.try_acquire(job(tmp_path, 1))
        assert token.reap() == []


def test_the_units_of_a_killed_scheduler_come_back(token: TokenFolder, tmp_path: Path) -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        token.try_acquire(job(tmp_path, 1), 3)
        os.write(write, b"x")
        signal.pause()
        os._exit(0)
    os.read(read, 1)
    assert not token.try_acquire(job(tmp_path, 2))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert token.try_acquire(job(tmp_path, 2))
    os.close(read)
    os.close(write)


def test_several_processes_never_hold_more_than_there_is(
    token: TokenFolder, tmp_path: Path
) -> None:
    """Each marks what it holds in a file of its own, and counts the marks of all."""
    marks = tmp_path / "marks"
    marks.mkdir()
    children = []
    for number in range(6):
        pid = os.fork()
        if pid == 0:
            os._exit(_take_and_count(token, job(tmp_path, number), number % 3 + 1, marks))
        children.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 6
    assert token.holders() == []
    assert token.available() == 3


def _take_and_count(token: TokenFolder, mine: JobFolder, count: int, marks: Path) -> int:
    taken = 0
    while taken < 8:
        if not token.try_acquire(mine, count):
            continue
        taken += 1
        own = [marks / f"{mine.job_id}-{unit}" for unit in range(count)]
        for mark in own:
            mark.touch()
        if len(list(marks.iterdir())) > 3:
            return 1
        for mark in own:
            mark.unlink()
        token.release(mine)
    return 0


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["take", "release"]), st.integers(0, 3), st.integers(1, 3)),
        max_size=12,
    )
)
def test_what_is_held_is_what_was_taken_and_not_released(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    root = tmp_path_factory.mktemp("token")
    token = TokenFolder(root, "gpu")
    token.set_total(3)
    model: dict[JobFolder, int] = {}
    for what, number, count in steps:
        one = job(root, number)
        others = sum(held for holder, held in model.items() if holder != one)
        if what == "release":
            assert token.release(one) == (model.pop(one, None) is not None)
        elif token.try_acquire(one, count):
            assert others + count <= 3
            model[one] = count
        else:
            assert others + count > 3
    assert {holder.job: holder.count for holder in token.holders()} == model


class Refuse:
    """Makes the n-th operation fail."""

    def __init__(self, n: int) -> None:
        self.left = n

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        self.left -= 1
        if self.left == -1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def after(self, operation: str, path: Path) -> None:
        pass


def test_a_file_system_that_refuses_gives_no_units_and_takes_none(
    token: TokenFolder, tmp_path: Path
) -> None:
    token.try_acquire(job(tmp_path, 1))
    for n in range(30):
        refuse = Refuse(n)
        try:
            with fs.observed(refuse):
                is_taken = token.try_acquire(job(tmp_path, 2))
        except StorageError as error:
            assert error.errno == errno.ENOSPC
            assert [holder.job for holder in token.holders()] == [job(tmp_path, 1)]
            assert [path.suffix for path in token.watched.iterdir()] == [".json"]
        else:
            assert is_taken
            token.release(job(tmp_path, 2))
        if refuse.left >= 0:
            return
    raise AssertionError("more than 30 operations to take a unit")

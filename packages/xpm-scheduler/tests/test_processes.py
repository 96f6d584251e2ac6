from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from xpm_scheduler import processes
from xpm_scheduler.processes import Exit, LocalProcess, spawn
from xpm_store.processes import Owner


@pytest.fixture(params=["pidfd", "polling"])
def mechanism(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs with the pidfd of the kernel, and as where there is none."""
    if request.param == "polling":
        monkeypatch.delattr(os, "pidfd_open")


@pytest.fixture
def null() -> Iterator[int]:
    """A descriptor to give away; the one who takes it closes a copy."""
    fd = os.open(os.devnull, os.O_WRONLY)
    yield fd
    os.close(fd)


def start(folder: Path, code: str, *args: str) -> LocalProcess:
    return LocalProcess.child(
        spawn(
            [sys.executable, "-S", "-E", "-c", code, *args],
            folder=folder,
            environment={"PATH": os.environ["PATH"]},
            stdout=os.open(folder / "out", os.O_WRONLY | os.O_CREAT),
            stderr=os.open(folder / "err", os.O_WRONLY | os.O_CREAT),
        )
    )


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def wait(process: LocalProcess) -> Exit:
    return asyncio.run(asyncio.wait_for(process.wait(), 30))


def orphan(folder: Path, code: str) -> Owner:
    """A process whose parent ended: what a restarted scheduler finds."""
    program = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-E', '-c', {code!r}],"
        " start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(child.pid)\n"
    )
    output = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=folder, capture_output=True, check=True
    )
    return Owner.of(int(output.stdout))


WAIT_FOR_READER = "open('fifo').read()"


@pytest.mark.usefixtures("mechanism")
@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_of_a_child_is_known(tmp_path: Path, code: int) -> None:
    process = start(tmp_path, f"raise SystemExit({code})")
    assert wait(process) == Exit(code, None)
    assert wait(process) == Exit(code, None)
    assert not process.is_alive()


@pytest.mark.usefixtures("mechanism")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_the_signal_that_ended_a_child_is_known(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, "import os, sys; os.kill(os.getpid(), int(sys.argv[1]))", str(number))
    assert wait(process) == Exit(None, number)


def test_without_a_descriptor_left_the_end_is_known_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert wait(start(tmp_path, "raise SystemExit(3)")) == Exit(3, None)


@pytest.mark.usefixtures("mechanism")
def test_several_can_wait_and_one_may_give_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    process = start(tmp_path, WAIT_FOR_READER)

    async def scenario() -> list[Exit]:
        waiters = [asyncio.create_task(process.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        process.kill(signal.SIGTERM)
        return list(await asyncio.wait_for(asyncio.gather(*waiters[1:]), 30))

    assert asyncio.run(scenario()) == [Exit(None, signal.SIGTERM)] * 2


@pytest.mark.usefixtures("mechanism")
def test_a_process_of_a_former_scheduler_is_adopted_and_its_end_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    process = LocalProcess.adopt(orphan(tmp_path, WAIT_FOR_READER))
    assert process is not None and process.is_alive()
    (tmp_path / "fifo").write_text("")
    assert wait(process) == Exit(None, None)
    assert not process.is_alive()


@pytest.mark.usefixtures("mechanism")
def test_an_adopted_process_can_be_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    process = LocalProcess.adopt(orphan(tmp_path, WAIT_FOR_READER))
    assert process is not None
    process.kill(signal.SIGKILL)
    wait(process)
    process.kill(signal.SIGKILL)


@pytest.mark.usefixtures("mechanism")
def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    process = start(tmp_path, "")
    os.waitid(os.P_PID, process.owner.pid, os.WEXITED | os.WNOWAIT)
    assert not process.is_alive()
    assert LocalProcess.adopt(process.owner) is None
    assert wait(process) == Exit(0, None)


@pytest.mark.usefixtures("mechanism")
def test_another_process_of_the_same_number_is_not_adopted() -> None:
    mine = Owner.current()
    assert mine.start_time is not None
    recycled = Owner(mine.host, mine.boot_id, mine.pid, mine.start_time - 60)
    assert LocalProcess.adopt(recycled) is None


@pytest.mark.usefixtures("mechanism")
def test_a_process_of_a_former_boot_is_not_adopted() -> None:
    mine = Owner.current()
    assert LocalProcess.adopt(Owner(mine.host, "an old boot", mine.pid, mine.start_time)) is None


@pytest.mark.usefixtures("mechanism")
def test_a_number_that_nobody_has_is_not_adopted(tmp_path: Path) -> None:
    process = start(tmp_path, "")
    wait(process)
    assert LocalProcess.adopt(process.owner) is None


def test_a_child_waited_for_by_someone_else_has_an_unknown_end(tmp_path: Path) -> None:
    process = start(tmp_path, "")
    os.waitpid(process.owner.pid, 0)
    assert wait(process) == Exit(None, None)


def test_sigkill_reaches_the_children_of_the_job_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {WAIT_FOR_READER!r}])\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    process = start(tmp_path, code)
    # Opening succeeds once the grandchild reads
    with (tmp_path / "fifo").open("w"):
        grandchild = LocalProcess.adopt(Owner.of(int((tmp_path / "out").read_text())))
        assert grandchild is not None
        process.kill(signal.SIGKILL)
        assert wait(process) == Exit(None, signal.SIGKILL)
        assert wait(grandchild) == Exit(None, None)


def test_a_child_runs_in_its_own_session_folder_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHERITED", "no: the environment is all of it")
    code = (
        "import os, sys\n"
        "print(os.getsid(0) == os.getpid(), os.getcwd(), repr(sys.stdin.read()),"
        " 'INHERITED' in os.environ, sorted(map(int, os.listdir('/proc/self/fd')))[:3])"
    )
    wait(start(tmp_path, code))
    assert (tmp_path / "out").read_text() == f"True {tmp_path} '' False [0, 1, 2]\n"


def test_a_program_that_does_not_exist_is_an_error_and_leaks_nothing(
    tmp_path: Path, null: int
) -> None:
    before = open_descriptors()
    with pytest.raises(FileNotFoundError):
        spawn(
            [str(tmp_path / "missing")],
            folder=tmp_path,
            environment={},
            stdout=os.dup(null),
            stderr=os.dup(null),
        )
    assert open_descriptors() == before


def test_a_process_that_is_dropped_gives_its_descriptor_back(tmp_path: Path) -> None:
    before = open_descriptors()
    process = start(tmp_path, "")
    owner = process.owner
    assert open_descriptors() == before + 1
    del process
    assert open_descriptors() == before
    os.waitpid(owner.pid, 0)


def test_the_module_says_what_it_offers() -> None:
    assert processes.__all__ == ["Exit", "LocalProcess", "identity_of", "spawn"]

"""The protocol between a scheduler and the process that it starts, with a death at each step."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from xpm_scheduler.launchers.conformance import SampleJob
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_scheduler.launchers.script import interpreter_command, write_script
from xpm_scheduler.worker.claim import Verdict, claim_job
from xpm_store.layout import JobFolder
from xpm_store.locks import FileLock
from xpm_store.processes import Owner
from xpm_store.records import Failure, ProcessRecord

COUNT_RUNS = "open('runs', 'a').write('run\\n')"


def new_folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "jobs" / "pkg.fit" / "ab")
    folder.path.mkdir(parents=True)
    return folder


def dead_process() -> ProcessRecord:
    child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    record = ProcessRecord.local(child.pid)
    child.communicate()
    return record


def start(job: SampleJob) -> subprocess.Popen[bytes]:
    """What a scheduler does at step 2, without steps 3 and 4: it dies right then."""
    launch = job.write()
    write_script(job.folder, {}, launch.python_path)
    return subprocess.Popen(interpreter_command(job.folder), stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors.decode()


def runs(job: SampleJob) -> int:
    return (job.folder.path / "runs").read_text().count("run\n")


def test_a_new_job_is_taken_and_the_process_is_written(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    claim = claim_job(folder)
    assert claim.verdict is Verdict.RUN and claim.lock is not None
    try:
        record = ProcessRecord.read(folder)
        assert record is not None and record.owner == Owner.current()
        assert not FileLock(folder.lock).acquire(0)
    finally:
        claim.lock.release()


def test_a_job_announced_by_its_scheduler_keeps_what_the_scheduler_wrote(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    me = Owner.current()
    record = ProcessRecord("local", me.pid, me.host, me.boot_id, me.start_time, {"deadline": 12.5})
    record.write(folder)
    claim = claim_job(folder)
    assert claim.lock is not None
    claim.lock.release()
    assert ProcessRecord.read(folder) == record


def test_the_record_of_an_older_scheduler_without_start_time_is_ours(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    ProcessRecord("local", os.getpid()).write(folder)
    claim = claim_job(folder)
    assert claim.lock is not None
    claim.lock.release()


def test_a_number_given_by_a_batch_system_is_left_as_it_is(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    record = ProcessRecord("slurm", "42", "head-node")
    record.write(folder)
    claim = claim_job(folder)
    assert claim.lock is not None
    claim.lock.release()
    assert ProcessRecord.read(folder) == record


def test_a_job_that_is_done_is_left(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    folder.done.touch()
    assert claim_job(folder).verdict is Verdict.DONE
    assert FileLock(folder.lock).acquire(0)


def test_a_process_that_died_without_a_word_is_replaced(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    dead_process().write(folder)
    claim = claim_job(folder)
    assert claim.lock is not None
    claim.lock.release()
    record = ProcessRecord.read(folder)
    assert record is not None and record.pid == os.getpid()


@pytest.mark.parametrize("content", ["", "no JSON", "{}"])
def test_a_damaged_record_is_replaced(tmp_path: Path, content: str) -> None:
    folder = new_folder(tmp_path)
    folder.pid.write_text(content)
    claim = claim_job(folder)
    assert claim.lock is not None
    claim.lock.release()
    record = ProcessRecord.read(folder)
    assert record is not None and record.pid == os.getpid()


def test_a_job_that_another_process_was_started_for_is_left(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    ProcessRecord.local(os.getppid()).write(folder)
    claim = claim_job(folder)
    assert claim.verdict is Verdict.LEAVE
    assert str(os.getppid()) in claim.reason
    assert FileLock(folder.lock).acquire(0)


def test_a_job_of_another_host_is_left(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    ProcessRecord("local", 12, "elsewhere").write(folder)
    claim = claim_job(folder)
    assert claim.verdict is Verdict.LEAVE and "elsewhere" in claim.reason


def test_a_job_that_runs_is_left_at_once(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    ProcessRecord.local(os.getppid()).write(folder)
    with FileLock(folder.lock):
        assert claim_job(folder).verdict is Verdict.LEAVE


def test_the_scheduler_that_dies_before_writing_the_process_leaves_one_that_writes_itself(
    tmp_path: Path,
) -> None:
    job = SampleJob(tmp_path, f"{COUNT_RUNS}\nopen('go').read()")
    job.folder.path.mkdir(parents=True)
    os.mkfifo(job.folder.path / "go")
    process = start(job)
    with (job.folder.path / "go").open("w"):  # opens once the task runs
        record = ProcessRecord.read(job.folder)
        assert record is not None and record.pid == process.pid
        # A second scheduler sees a live process, and starts none
        assert record.owner is not None and record.owner.is_alive()
        assert not FileLock(job.folder.lock).acquire(0)
    assert finish(process) == (0, "")
    assert runs(job) == 1


def waits_for_lock(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process is in `flock`: only then has it looked at what was there before."""
    waiting = (line for line in Path("/proc/locks").read_text().splitlines() if "->" in line)
    return any(f" {process.pid} " in line for line in waiting)


def test_of_two_processes_started_for_a_job_one_runs_it(tmp_path: Path) -> None:
    """The first scheduler died before step 3; the second one had the lock before the process."""
    job = SampleJob(tmp_path, COUNT_RUNS)
    launch = job.write()

    async def scenario() -> None:
        with FileLock(job.folder.lock):
            forgotten = start(job)
            while not waits_for_lock(forgotten):
                assert forgotten.poll() is None
                await asyncio.sleep(0)
            announced = await DirectLauncher().start(launch)
        ended = await asyncio.wait_for(announced.wait(), 60)
        code, errors = await asyncio.to_thread(finish, forgotten)
        assert (ended.code, code) in {(0, 0), (0, 75)}
        assert code == 0 or "is left alone" in errors

    asyncio.run(scenario())
    assert job.folder.done.exists() and runs(job) == 1


def test_a_forgotten_process_does_not_run_again_what_failed_meanwhile(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, COUNT_RUNS)
    job.write()
    with FileLock(job.folder.lock):
        forgotten = start(job)
        while not waits_for_lock(forgotten):
            assert forgotten.poll() is None
        Failure(1, message="meanwhile").write(job.folder)
    code, errors = finish(forgotten)
    assert code == 75 and "another process ran it meanwhile, and it failed" in errors
    assert not (job.folder.path / "runs").exists()


def test_a_forgotten_process_does_not_run_again_what_died_meanwhile(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, COUNT_RUNS)
    job.write()
    with FileLock(job.folder.lock):
        forgotten = start(job)
        while not waits_for_lock(forgotten):
            assert forgotten.poll() is None
        dead_process().write(job.folder)
    code, errors = finish(forgotten)
    assert code == 75 and "ran it meanwhile, and died" in errors


def test_a_process_killed_while_it_waits_leaves_nothing_behind(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, COUNT_RUNS)
    job.write()
    with FileLock(job.folder.lock):
        waiting = start(job)
        while not waits_for_lock(waiting):
            assert waiting.poll() is None
        waiting.send_signal(signal.SIGTERM)
        assert finish(waiting)[0] == -signal.SIGTERM
    assert not job.folder.failed.exists() and not job.folder.pid.exists()
    assert finish(start(job))[0] == 0


def test_a_process_killed_in_its_task_leaves_a_job_that_can_run_again(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, f"{COUNT_RUNS}\nopen('go').read()")
    job.folder.path.mkdir(parents=True)
    os.mkfifo(job.folder.path / "go")
    killed = start(job)
    with (job.folder.path / "go").open("w"):
        killed.kill()
        assert finish(killed)[0] == -signal.SIGKILL
    again = start(job)
    with (job.folder.path / "go").open("w"):
        pass
    assert finish(again) == (0, "")
    assert runs(job) == 2


@pytest.mark.parametrize("step", ["before the process", "after the process", "after the record"])
def test_wherever_the_scheduler_dies_the_job_runs_once(tmp_path: Path, step: str) -> None:
    """A scheduler that dies with SIGKILL, then another one that does what the protocol says."""
    program = f"""
import asyncio, os, sys
from pathlib import Path
from xpm_scheduler.launchers import local
from xpm_scheduler.launchers.conformance import SampleJob
from xpm_store.locks import FileLock
from xpm_store.records import ProcessRecord
step = sys.argv[1]
def die(*_args, **_options):
    os.kill(os.getpid(), 9)
spawn = local.spawn
if step == "before the process":
    local.spawn = die
if step == "after the process":
    ProcessRecord.write = die
job = SampleJob(Path({str(tmp_path)!r}), {COUNT_RUNS!r})
async def main():
    with FileLock(job.folder.lock):
        await local.DirectLauncher().start(job.write())
        die()
asyncio.run(main())
"""
    dead = subprocess.run([sys.executable, "-c", program, step])
    assert dead.returncode == -signal.SIGKILL
    job = SampleJob(tmp_path, COUNT_RUNS)

    async def second_scheduler() -> None:
        lock = FileLock(job.folder.lock)
        lock.acquire()
        record = ProcessRecord.read(job.folder)
        if job.folder.done.exists():
            process = None
        elif record is not None and (found := await DirectLauncher().attach(record)) is not None:
            process = found
        else:
            process = await DirectLauncher().start(job.write())
        lock.release()
        if process is not None:
            await asyncio.wait_for(process.wait(), 60)

    asyncio.run(second_scheduler())
    with FileLock(job.folder.lock):
        assert job.folder.done.exists()
        assert runs(job) == 1

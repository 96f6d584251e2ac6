from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from xpm_scheduler.launchers.conformance import (
    LauncherConformance,
    SampleJob,
    is_running,
    release,
    waiting_job,
)
from xpm_scheduler.launchers.errors import UnknownProcess
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_scheduler.processes import Exit
from xpm_scheduler.resources import usable_cores
from xpm_store.locks import FileLock
from xpm_store.records import Failure, ProcessRecord
from xpm_store.states import FailureReason


class TestDirectLauncher(LauncherConformance):
    def launcher(self) -> DirectLauncher:
        return DirectLauncher(warm=False)


def run(job: SampleJob, launcher: DirectLauncher | None = None) -> Exit:
    async def scenario() -> Exit:
        launch = job.write()
        with FileLock(job.folder.lock):
            process = await (launcher or DirectLauncher()).start(launch)
        return await asyncio.wait_for(process.wait(), 60)

    return asyncio.run(scenario())


def test_no_more_jobs_at_once_than_usable_cores() -> None:
    assert DirectLauncher().capacity == usable_cores()
    assert DirectLauncher(capacity=7).capacity == 7


def test_a_time_limit_may_be_seconds_or_a_duration() -> None:
    assert DirectLauncher(time_limit=90).time_limit_s == 90
    assert DirectLauncher(time_limit=timedelta(minutes=2)).time_limit_s == 120
    with pytest.raises(ValueError, match="above 0 seconds, found 0"):
        DirectLauncher(time_limit=0)


RUNNING = "print('running', file=open('started', 'w'))\nwhile True: signal.pause()"


def out_of_time(job: SampleJob, grace_s: float) -> tuple[Exit, Exit]:
    """Let the deadline of a job pass once its task runs; its end as seen by two schedulers.

    The first one has started it; the second one finds the deadline in `N.pid`.
    """

    async def scenario() -> tuple[Exit, Exit]:
        launch = job.write()
        os.mkfifo(job.folder.path / "started")
        with FileLock(job.folder.lock):
            started = await DirectLauncher().start(launch)
        await is_running(job)
        record = replace(started.record, extra={"deadline": time.time()})
        adopted = await DirectLauncher(grace_s=grace_s).attach(record)
        assert adopted is not None
        ends = asyncio.gather(started.wait(), adopted.wait())
        first, second = await asyncio.wait_for(ends, 60)
        return first, second

    return asyncio.run(scenario())


def test_a_job_out_of_time_is_told_and_its_reason_is_the_time_limit(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, RUNNING, module="import signal", environment={"XPM_DEADLINE": "1"})
    ends = out_of_time(job, grace_s=60)
    assert ends == (Exit(1, None), Exit(None, None, FailureReason.TIMEOUT))
    failure = Failure.read(job.folder)
    assert failure is not None and failure.reason is FailureReason.TIMEOUT


def test_a_job_out_of_time_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    code = f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{RUNNING}"
    ends = out_of_time(SampleJob(tmp_path, code, module="import signal"), grace_s=0.1)
    assert ends == (Exit(None, signal.SIGKILL), Exit(None, None, FailureReason.TIMEOUT))


def test_the_deadline_is_written_for_the_schedulers_to_come(tmp_path: Path) -> None:
    async def scenario() -> None:
        job = waiting_job(tmp_path)
        launch = job.write()
        before = time.time()
        with FileLock(job.folder.lock):
            process = await DirectLauncher(time_limit=3600).start(launch)
        record = ProcessRecord.read(job.folder)
        assert record is not None
        assert before + 3600 <= record.extra["deadline"] <= time.time() + 3600
        await release(job)
        assert await asyncio.wait_for(process.wait(), 60) == Exit(0, None)

    asyncio.run(scenario())


def test_a_task_knows_the_time_it_has_left(tmp_path: Path) -> None:
    code = "from xpm_config.progress import remaining_time\nprint(remaining_time())"
    job = SampleJob(tmp_path, code)
    run(job, DirectLauncher(time_limit=3600))
    assert 3000 < float(job.folder.stdout.read_text()) <= 3600
    job = SampleJob(tmp_path, code, digit="b")
    run(job)
    assert job.folder.stdout.read_text() == "None\n"


def test_a_process_of_another_host_or_type_cannot_be_found_again() -> None:
    launcher = DirectLauncher()
    with pytest.raises(UnknownProcess, match="elsewhere"):
        asyncio.run(launcher.attach(ProcessRecord("local", 12, "elsewhere")))
    with pytest.raises(UnknownProcess, match="slurm"):
        asyncio.run(launcher.attach(ProcessRecord("slurm", "12", "elsewhere")))


def test_the_scheduler_that_ends_leaves_its_jobs_running(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "open('go').read()\nprint('survived')")
    job.write()
    program = f"""
import asyncio, os
from pathlib import Path
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_scheduler.launchers.conformance import SampleJob
from xpm_store.locks import FileLock
job = SampleJob(Path({str(tmp_path)!r}), "open('go').read()\\nprint('survived')")
os.mkfifo(job.folder.path / "go")
async def main():
    with FileLock(job.folder.lock):
        await DirectLauncher().start(job.write())
    os.killpg(0, 9)
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], start_new_session=True)
    assert ended.returncode == -signal.SIGKILL

    async def scenario() -> None:
        record = ProcessRecord.read(job.folder)
        assert record is not None
        process = await DirectLauncher().attach(record)
        assert process is not None
        await asyncio.to_thread((job.folder.path / "go").write_text, "")
        await asyncio.wait_for(process.wait(), 60)

    asyncio.run(scenario())
    assert job.folder.done.exists()
    assert job.folder.stdout.read_text() == "survived\n"


def test_relative_entries_of_pythonpath_are_those_of_the_scheduler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "from_pythonpath.py").write_text("print('found')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "lib")
    job = SampleJob(tmp_path, "pass", module="import from_pythonpath")
    assert run(job).code == 0
    assert job.folder.stdout.read_text() == "found\n"


class TestWarmLauncher(LauncherConformance):
    def launcher(self) -> DirectLauncher:
        return DirectLauncher(warm=True)

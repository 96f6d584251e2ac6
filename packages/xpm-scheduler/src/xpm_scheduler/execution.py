"""One execution of a job, from the decision to start it to its end.

The order is what keeps two schedulers from running a job twice:

1. take `N.lock`; while somebody else holds it, look for a process to attach to;
2. look at the state on disk again, now that nobody can change it;
3. take what the job shares with others (tokens, partial folders), all or nothing;
4. write the parameters, start the process, whose `N.pid` is written before
5. the lock is released; the process takes it, and holds it until it has left its marker.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from xpm_store.locks import FileLock
from xpm_store.records import ProcessRecord
from xpm_store.states import FailureReason

from xpm_scheduler import disk
from xpm_scheduler.core import (
    Ended,
    Input,
    JobKey,
    Lost,
    OnDisk,
    Refused,
    SharedKey,
    StartAbandoned,
    Started,
)
from xpm_scheduler.launchers.base import JobLaunch, Process
from xpm_scheduler.preparations import prepare_for
from xpm_scheduler.shared import Demand, give_back, take_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_scheduler.job import Job
    from xpm_scheduler.processes import Exit

__all__ = ["attach_and_follow", "start_and_follow"]

logger = logging.getLogger("xpm.scheduler")

LEFT_ALONE = 75
"""Exit code of a process that found its job in the hands of another one."""

_LOCK_RETRY_S = (0.002, 0.005, 0.01, 0.02, 0.05)
"""Pauses between two tries to take a lock that somebody holds: `flock` cannot be awaited.

Only while another scheduler starts the very same job, which takes milliseconds: once it has a
process, that process is waited for."""


async def start_and_follow(
    job: Job,
    key: JobKey,
    retry: int,
    tell: Callable[[Input], None],
    key_of: Callable[[Demand], SharedKey],
) -> None:
    """Carries `Start` out: tells `Started` then how it ended, or why it was not started."""
    turn = await _wait_for_turn(job)
    if turn is None:
        tell(StartAbandoned(key))
        return
    lock, found = turn
    if found.process is not None:
        tell(Started(key))
        tell(await _follow_record(job, key, found.process))
        return
    assert lock is not None
    if found.what is OnDisk.DONE:
        lock.release()
        tell(_ended(job, key, disk.Ending(None, 0)))
        return
    if not await _prepare(job, lock):
        lock.release()
        tell(StartAbandoned(key))
        return
    if job.demands:
        answer = await _take_shared(job, key, lock, key_of)
        if answer is not None:
            lock.release()
            tell(answer)
            return
    process = await _start_and_release(job, retry, lock)
    tell(Started(key))
    tell(await _follow(job, key, process))


async def attach_and_follow(job: Job, key: JobKey, tell: Callable[[Input], None]) -> None:
    """Carries `Attach` out: tells how the process that was found ended, or that it is gone."""
    found = disk.look(job.folder)
    tell(Lost(key) if found.process is None else await _follow_record(job, key, found.process))


async def _wait_for_turn(job: Job) -> tuple[FileLock | None, disk.JobOnDisk] | None:
    """Takes the lock of the job, and looks at the disk once nobody can change it any more.

    Returns:
        The lock and what was found; no lock when there is a process, whoever started it; None when
        the job is withdrawn meanwhile.
    """
    job.path.mkdir(parents=True, exist_ok=True)
    lock = disk.lock_of(job.folder)
    attempt = 0
    while not job.is_withdrawn:
        is_held = lock.acquire(0)
        found = disk.look(job.folder)
        if found.process is not None:
            lock.release()
            return None, found
        if is_held:
            return lock, found
        await asyncio.sleep(_LOCK_RETRY_S[min(attempt, len(_LOCK_RETRY_S) - 1)])
        attempt += 1
    return None


async def _take_shared(
    job: Job, key: JobKey, lock: FileLock, key_of: Callable[[Demand], SharedKey]
) -> Input | None:
    """Takes what the job must hold; returns why it is not started, or None.

    In the thread for files: others may hold a lock for some milliseconds.
    """
    loop = asyncio.get_running_loop()
    try:
        refused = await loop.run_in_executor(None, take_all, job.demands, job.folder)
        if refused is not None:
            return Refused(key, key_of(refused))
        if job.is_withdrawn:
            await loop.run_in_executor(None, give_back, job.folder)
            return StartAbandoned(key)
    except Exception as error:
        with lock:
            disk.mark_failed(job.folder, _not_started(error))
        raise
    return None


async def _prepare(job: Job, lock: FileLock) -> bool:
    """Prepares what the job needs; False when it is withdrawn meanwhile."""
    try:
        return await prepare_for(job.config, unless=lambda: job.is_withdrawn)
    except Exception as error:
        with lock:
            disk.mark_failed(job.folder, _not_started(error))
        raise


async def _start_and_release(job: Job, retry: int, lock: FileLock) -> Process:
    """Starts the process; the lock is released in any case."""
    try:
        disk.prepare(job, retry)
        launch = JobLaunch(
            folder=job.folder,
            environment=job.launcher.environment_for(
                workspace={**job.workspace.environment, **job.attacher.environment},
                job=job.environ,
            ),
            python_path=job.python_path,
            resumable=job.resumable,
        )
        return await job.launcher.start(launch)
    except Exception as error:
        if job.demands:
            give_back(job.folder)
        disk.mark_failed(job.folder, _not_started(error))
        raise
    finally:
        lock.release()


async def _follow_record(job: Job, key: JobKey, record: ProcessRecord) -> Ended | Lost:
    process = await job.attacher.attach(record)
    return Lost(key) if process is None else await _follow(job, key, process)


async def _follow(job: Job, key: JobKey, process: Process) -> Ended | Lost:
    """Waits for the end of a process, and says what became of the job."""
    job.starttime = time.time()
    job.process = process
    energy = job.workspace.energy
    timer = None if energy is None else energy.follow(job.folder, process.record)
    exit = await process.wait()
    if timer is not None:
        timer.cancel()
    job.process = None
    if job.folder.locks_json.exists():  # it died before it could give back what it held
        await asyncio.get_running_loop().run_in_executor(None, _give_back_if_over, job)
    ending = disk.read_marker(job.folder)
    if ending is None:
        ending = _mark(job, exit)
    elif exit.reason is not None and ending.reason is FailureReason.FAILED:
        ending = disk.Ending(exit.reason, ending.code, ending.message)  # the launcher knows better
    return Lost(key) if ending is None else _ended(job, key, ending)


def _give_back_if_over(job: Job) -> None:
    """Takes back what the job held, unless somebody has started it again meanwhile."""
    lock = disk.lock_of(job.folder)
    if lock.acquire(0):
        with lock:
            if disk.look(job.folder).process is None:
                give_back(job.folder)


def _mark(job: Job, exit: Exit) -> disk.Ending | None:
    """Writes the marker that a process did not leave; None when somebody else runs the job now."""
    if exit.code == LEFT_ALONE:
        return None
    lock = disk.lock_of(job.folder)
    if not lock.acquire(0):
        return None  # another scheduler saw the end before us, and starts the job again
    with lock:
        if (ending := disk.read_marker(job.folder)) is not None:
            return ending
        if disk.look(job.folder).process is not None:
            return None
        ending = disk.ending_without_marker(exit)
        disk.mark_failed(job.folder, ending, exit.signal)
        return ending


def _ended(job: Job, key: JobKey, ending: disk.Ending) -> Ended:
    job.endtime = time.time()
    job.exit_code = ending.code
    job.message = ending.message
    return Ended(key, ending.reason)


def _not_started(error: Exception) -> disk.Ending:
    return disk.Ending(FailureReason.FAILED, 1, f"it could not be started: {error}")

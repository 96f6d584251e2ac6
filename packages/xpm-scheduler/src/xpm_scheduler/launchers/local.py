"""Jobs as processes of this machine, in sessions of their own: they outlive the scheduler."""

from __future__ import annotations

import asyncio
import logging
import os
import signal as signals
import sys
import time
from datetime import timedelta

from xpm_store.layout import JobFolder
from xpm_store.records import ProcessRecord
from xpm_store.states import FailureReason

from xpm_scheduler.connectors.base import Connector
from xpm_scheduler.connectors.local import LocalConnector
from xpm_scheduler.deadline import DEADLINE_VARIABLE
from xpm_scheduler.launchers.base import JobLaunch, Launcher, Process
from xpm_scheduler.launchers.errors import LaunchError, UnknownProcess
from xpm_scheduler.launchers.logs import open_log, rotate_logs
from xpm_scheduler.launchers.script import (
    absolute_folders,
    interpreter_command,
    search_path,
    write_script,
)
from xpm_scheduler.launchers.template import StartCounts, TemplateFailed, Templates
from xpm_scheduler.memory import OutOfMemoryWatch
from xpm_scheduler.processes import Exit, LocalProcess, spawn
from xpm_scheduler.resources import usable_cores

__all__ = ["DirectLauncher", "LocalJob"]

logger = logging.getLogger("xpm.scheduler")

WARM_VARIABLE = "XPM_WARM"
"""Set to 0, it makes all local jobs start cold."""

_READ_AT_START = frozenset({"HOME", "LANG", "LANGUAGE", "TZ"})
_READ_AT_START_PREFIXES = ("DYLD_", "GLIBC_", "LC_", "LD_", "MALLOC_", "PYTHON")
"""Variables that count when an interpreter starts: it must be started with them."""

_GRACE_S = 30.0


class LocalJob(Process):
    """A job that runs as a process of this machine.

    Args:
        record: What `N.pid` holds.
        process: The process.
        deadline: When to end it, in Unix seconds; None for never.
        grace_s: How long it has to end by itself after that (SIGTERM), before it is made to
            (SIGKILL).
    """

    def __init__(
        self,
        record: ProcessRecord,
        process: LocalProcess,
        *,
        deadline: float | None = None,
        grace_s: float = _GRACE_S,
    ) -> None:
        self.record = record
        self._process = process
        self._grace_s = grace_s
        self._memory = OutOfMemoryWatch()
        self._is_out_of_time = False
        self._timer: asyncio.TimerHandle | None = None
        if deadline is not None:
            self._schedule(max(0.0, deadline - time.time()), signals.SIGTERM)

    async def wait(self) -> Exit:
        """Return how the process ended, and why if the machine or the time limit ended it."""
        ended = await self._process.wait()
        if self._timer is not None:
            self._timer.cancel()
        return Exit(ended.code, ended.signal, self._reason(ended))

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.is_alive()

    def kill(self, signal: int) -> None:
        """Send a signal, SIGKILL to the whole process group of the job."""
        self._process.kill(signal)

    def _schedule(self, delay_s: float, signal: signals.Signals) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._end, signal)

    def _end(self, signal: signals.Signals) -> None:
        """The time is up: ask first, then do not."""
        if not self._process.is_alive():
            return
        self._is_out_of_time = True
        self._process.kill(signal)
        if signal is not signals.SIGKILL:
            self._schedule(self._grace_s, signals.SIGKILL)

    def _reason(self, ended: Exit) -> FailureReason | None:
        if ended.code == 0:
            return None
        if self._is_out_of_time:
            return FailureReason.TIMEOUT
        if ended.signal == signals.SIGKILL and self._memory.has_killed():
            return FailureReason.MEMORY
        return None


class DirectLauncher(Launcher):
    """Starts each job as a process of this machine, as many at once as there are usable cores.

    Args:
        connector: This machine, by default.
        time_limit: How long a job may run, in seconds or as a `timedelta`; then it receives
            SIGTERM, and SIGKILL after `grace_s`. A resumable task is started again. None: no
            limit.
        grace_s: How long a job that is out of time may take to end by itself, in seconds.
        warm: Whether jobs are forked from a template that has imported the modules of their task
            (`bench/start.py` prints what that saves). By default on Linux, unless the variable
            `XPM_WARM` is 0.
        capacity: How many jobs may run at once; by default the usable cores (affinity and cgroup).
        priority: For those who choose among launchers.

    Attributes:
        starts: How many jobs were started cold, warm, and with their modules imported.

    Example:
        >>> launcher = DirectLauncher(capacity=2, time_limit=3600)
        >>> launcher.setenv("OMP_NUM_THREADS", "1")
        >>> launcher.capacity
        2
    """

    def __init__(
        self,
        connector: Connector | None = None,
        *,
        time_limit: float | timedelta | None = None,
        grace_s: float = _GRACE_S,
        warm: bool | None = None,
        capacity: int | None = None,
        priority: float = 0,
    ) -> None:
        super().__init__(
            connector if connector is not None else LocalConnector.instance(),
            priority=priority,
            capacity=usable_cores() if capacity is None else capacity,
        )
        if isinstance(time_limit, timedelta):
            time_limit = time_limit.total_seconds()
        if time_limit is not None and time_limit <= 0:
            raise ValueError(f"time_limit must be above 0 seconds, found {time_limit:g}")
        self.time_limit_s = time_limit
        self.grace_s = grace_s
        if warm is None:
            warm = sys.platform == "linux" and os.environ.get(WARM_VARIABLE) != "0"
        self.starts = StartCounts()
        self._templates = Templates(self.starts) if warm else None

    async def start(self, launch: JobLaunch) -> LocalJob:
        """Start a job; see `Launcher.start`."""
        folder = launch.folder
        python_path = search_path(launch.python_path, os.environ.get("PYTHONPATH"))
        inherited, own = _variables(launch)
        deadline = None
        if self.time_limit_s is not None:
            deadline = time.time() + self.time_limit_s
            own[DEADLINE_VARIABLE] = repr(deadline)
        try:
            write_script(folder, launch.environment, python_path)
            rotate_logs(folder)
            process = await self._start_process(folder, inherited, own, python_path)
        except OSError as error:
            raise LaunchError(f"The job {folder.path} cannot be started: {error}") from error
        owner = process.owner
        extra = {} if deadline is None else {"deadline": deadline}
        record = ProcessRecord(
            "local", owner.pid, owner.host, owner.boot_id, owner.start_time, extra
        )
        try:
            record.write(folder)
        except BaseException:
            # Nobody would find it again. It has done nothing: it waits for the lock that we hold
            process.kill(signals.SIGKILL)
            await process.wait()
            raise
        return LocalJob(record, process, deadline=deadline, grace_s=self.grace_s)

    async def attach(self, record: ProcessRecord) -> LocalJob | None:
        """Find again a process of this machine; see `Launcher.attach`."""
        owner = record.owner
        if owner is None:
            raise UnknownProcess(f"A process of type {record.type!r} is no process of this machine")
        if owner.is_alive() is None:
            raise UnknownProcess(
                f"The {owner} can only be looked at by a scheduler that runs on {owner.host}"
            )
        process = LocalProcess.adopt(owner)
        if process is None:
            return None
        deadline = record.extra.get("deadline")
        if not isinstance(deadline, (int, float)):
            deadline = None
        return LocalJob(record, process, deadline=deadline, grace_s=self.grace_s)

    def close(self) -> None:
        """End the templates, which would end with this process anyway; jobs go on."""
        if self._templates is not None:
            self._templates.close()

    async def _start_process(
        self,
        folder: JobFolder,
        inherited: dict[str, str],
        own: dict[str, str],
        python_path: list[str],
    ) -> LocalProcess:
        """Run the script of a job, warm if possible."""
        if self._templates is not None:
            try:
                return await self._templates.start(folder, inherited, own, python_path)
            except TemplateFailed as error:
                logger.warning("The job %s is started cold: %s", folder.path, error)
        owner = spawn(
            interpreter_command(folder),
            folder=folder.path,
            environment={**inherited, **own},
            stdout=open_log(folder.stdout),
            stderr=open_log(folder.stderr),
        )
        self.starts.cold += 1
        return LocalProcess.child(owner)


def _variables(launch: JobLaunch) -> tuple[dict[str, str], dict[str, str]]:
    """The variables of a job: those that its template may share with other jobs, and its own."""
    inherited = dict(os.environ)
    inherited.pop(DEADLINE_VARIABLE, None)
    if "PYTHONPATH" in inherited:
        # Its relative entries are meant from here, and the job runs elsewhere
        entries = inherited["PYTHONPATH"].split(os.pathsep)
        inherited["PYTHONPATH"] = os.pathsep.join(absolute_folders(entries))
    own: dict[str, str] = {}
    for name, value in launch.environment.items():
        at_start = name in _READ_AT_START or name.startswith(_READ_AT_START_PREFIXES)
        (inherited if at_start else own)[name] = value
    return inherited, own

"""One template seen from the scheduler: a process that is asked to fork itself for each job.

What it is, and what is said through its two pipes: `xpm_scheduler.worker.template`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from xpm_store.layout import JobFolder
from xpm_store.processes import Owner

from xpm_scheduler.launchers.errors import LaunchError
from xpm_scheduler.processes import Exit, LocalProcess, identity_of, spawn

__all__ = ["Template", "TemplateFailed"]

_READ_BYTES = 65536
_PROGRAM = "from xpm_scheduler.worker.template import main; main({}, {})"

_Started = tuple[int, asyncio.Future[int]]


class TemplateFailed(LaunchError):
    """A template cannot start a process: the job is to be started in another way."""


class Template:
    """A template, or a branch of one, that serves the requests written to its pipe.

    Concurrency: used from the event loop in which it was made.

    Attributes:
        is_over: Whether it starts no job any more.
        is_stale: Whether it is over because the code that it had imported was edited.
        refusal: Why it cannot import what it was asked to import, if it cannot.
    """

    def __init__(self) -> None:
        """Make the pipes; see `spawn` and `branch`."""
        self.is_over = False
        self.is_stale = False
        self.refusal: str | None = None
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[bool] = self._loop.create_future()
        self._pending = b""
        self._started: deque[asyncio.Future[_Started]] = deque()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._is_closed = False
        self._process: LocalProcess | None = None
        their_requests, self._requests = os.pipe()
        self._reports, their_reports = os.pipe()
        self._theirs: tuple[int, ...] = (their_requests, their_reports)
        os.set_blocking(self._reports, False)
        self._loop.add_reader(self._reports, self._read)

    @classmethod
    def spawn(cls, environment: Mapping[str, str]) -> Template:
        """Start a template.

        Args:
            environment: All the variables that its jobs inherit.

        Raises:
            TemplateFailed: The system refused.
        """
        template = cls()
        try:
            template._process = LocalProcess.child(
                spawn(
                    [sys.executable, "-P", "-c", _PROGRAM.format(*template._theirs)],
                    folder=Path("/"),
                    environment=environment,
                    stdout=os.open(os.devnull, os.O_WRONLY),
                    stderr=os.open(os.devnull, os.O_WRONLY),
                    pass_fds=template._theirs,
                )
            )
        except OSError as error:
            template.close()
            raise TemplateFailed(f"no template could be started: {error}") from error
        template._give_pipes()
        template._ready.set_result(True)
        return template

    def branch(
        self,
        classes: Sequence[Mapping[str, str]],
        environment: Mapping[str, str],
        python_path: Sequence[str],
    ) -> Template:
        """Fork a template that imports the modules of some classes, before it starts jobs.

        Args:
            classes: Where the classes are: `module`, `type`, and `file` if there is one.
            environment: The variables that are set before the import.
            python_path: The folders that are searched first.

        Raises:
            TemplateFailed: This template is gone.
        """
        branch = Template()
        requests, reports = branch._theirs
        request = {
            "scheduler": os.getpid(),
            "requests": requests,
            "reports": reports,
            "classes": list(classes),
            "environment": dict(environment),
            "python_path": list(python_path),
        }
        try:
            forked = self._ask({"branch": request})
        except TemplateFailed:
            branch.close()
            raise
        # It has no pipe of its own before it is ready: its parent tells of its end until then
        forked.add_done_callback(branch._follow)
        return branch

    @property
    def was_ready(self) -> bool:
        """Whether it had imported all that it was to import."""
        return self._ready.done() and self._ready.result()

    @property
    def is_idle(self) -> bool:
        """Whether none of its jobs is starting or running."""
        return not self._started and not self._ended

    async def start(self, folder: JobFolder, own: Mapping[str, str]) -> LocalProcess:
        """Fork it for a job, whose logs are there to append to.

        Args:
            folder: The job.
            own: The variables that are this job's only.

        Raises:
            TemplateFailed: Nothing was started, as far as is known.
        """
        if not self._ready.done():
            await asyncio.wait([self._ready])
        request = {
            "script": str(folder.script),
            "stdout": str(folder.stdout),
            "stderr": str(folder.stderr),
            "environment": dict(own),
        }
        pid, ended = await self._ask(request)
        try:
            return _WarmProcess(identity_of(pid), ended)
        except ProcessLookupError:
            raise TemplateFailed(f"the process {pid} ended before it was known") from None

    def close(self) -> None:
        """End the template, and forget what it would have reported; its jobs go on."""
        if self._is_closed:
            return
        self._is_closed = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._reports)
            self._refuse()
            for ended in self._ended.values():
                ended.cancel()
        os.close(self._reports)
        os.close(self._requests)
        self._give_pipes()

    def __del__(self) -> None:
        if hasattr(self, "_theirs"):
            self.close()

    def _ask(self, request: Mapping[str, Any]) -> asyncio.Future[_Started]:
        """Ask for a fork; what comes is its number, and later how it ended."""
        if self.is_over:
            raise TemplateFailed(self.refusal or "the template has ended")
        try:
            os.write(self._requests, json.dumps(request).encode() + b"\n")
        except OSError as error:
            self.close()
            raise TemplateFailed(f"the template is gone: {error}") from error
        started: asyncio.Future[_Started] = self._loop.create_future()
        self._started.append(started)
        return started

    def _refuse(self) -> None:
        """Start nothing more, and tell those who wait."""
        self.is_over = True
        if not self._ready.done():
            self._ready.set_result(False)
        while self._started:
            started = self._started.popleft()
            if not started.done():
                started.set_exception(TemplateFailed(self.refusal or "the template ended"))
                started.exception()  # that nobody waits for a branch is no mistake

    def _follow(self, forked: asyncio.Future[_Started]) -> None:
        """Close a branch whose process ended before it could say anything."""
        if forked.cancelled() or forked.exception() is not None:
            self.close()
        else:
            forked.result()[1].add_done_callback(self._end_unready)

    def _end_unready(self, _ended: asyncio.Future[int]) -> None:
        if self._theirs:  # else its pipe tells, once all was read
            self._read()
            self.close()

    def _give_pipes(self) -> None:
        """Close the ends that are the template's."""
        for fd in self._theirs:
            os.close(fd)
        self._theirs = ()

    def _read(self) -> None:
        if self._is_closed:
            return
        try:
            block = os.read(self._reports, _READ_BYTES)
        except BlockingIOError:
            return
        if not block:
            self.close()
            if self._process is not None:
                with suppress(ChildProcessError):
                    os.waitpid(self._process.owner.pid, os.WNOHANG)
            return
        *lines, self._pending = (self._pending + block).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, report: dict[str, Any]) -> None:
        if "started" in report:
            pid = report["started"]
            ended = self._ended[pid] = self._loop.create_future()
            started = self._started.popleft()
            if not started.done():
                started.set_result((pid, ended))
        elif "ended" in report:
            end = self._ended.pop(report["ended"], None)
            if end is not None and not end.done():
                end.set_result(report["status"])
        elif "ready" in report:
            self._give_pipes()
            if not self._ready.done():
                self._ready.set_result(True)
        else:
            self.refusal = report.get("refused")
            self.is_stale = "stale" in report
            self._refuse()


class _WarmProcess(LocalProcess):
    """A child of a template, which tells how it ended; the kernel tells that it did otherwise."""

    def __init__(self, owner: Owner, ended: asyncio.Future[int]) -> None:
        super().__init__(owner, is_child=False)
        self._ended = ended

    async def wait(self) -> Exit:
        """Return how it ended; the code is not known if the template died before it could tell."""
        if self._exit is None:
            await asyncio.wait([self._ended])
            if self._ended.cancelled():
                return await super().wait()
        if self._exit is None:
            code = os.waitstatus_to_exitcode(self._ended.result())
            self._exit = Exit(code, None) if code >= 0 else Exit(None, -code)
            self.close()
        return self._exit

"""Templates seen from the scheduler: one per set of variables, asked for a process per job.

What they are: `xpm_scheduler.worker.template`. When one fails, for whatever reason, the job is
started cold; a process that it may have started all the same finds the job taken, and leaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import OrderedDict, deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from xpm_store.layout import JobFolder
from xpm_store.processes import Owner

from xpm_scheduler.launchers.errors import LaunchError
from xpm_scheduler.processes import Exit, LocalProcess, identity_of, spawn

__all__ = ["TemplateFailed", "Templates"]

_MOST_TEMPLATES = 4
_LONGEST_REPORT_S = 5.0
_READ_BYTES = 65536
_PROGRAM = "from xpm_scheduler.worker.template import main; main({}, {})"


class TemplateFailed(LaunchError):
    """A template cannot start a process: the job is to be started cold."""


class Templates:
    """The templates of a launcher, started when they are needed.

    Concurrency: used from one event loop at a time; those of a former loop are dropped.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._templates: OrderedDict[frozenset[tuple[str, str]], _Template] = OrderedDict()

    async def start(
        self, folder: JobFolder, environment: Mapping[str, str], own: Mapping[str, str]
    ) -> LocalProcess:
        """Start the script of a job, whose logs are there to append to.

        Args:
            folder: The job.
            environment: All the variables that its process inherits: jobs with the same ones share
                a template.
            own: The variables that are this job's only.

        Raises:
            TemplateFailed: Nothing was started, as far as is known.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self.close()
            self._loop = loop
        key = frozenset(environment.items())
        template = self._templates.get(key)
        if template is None or template.is_over:
            template = self._templates[key] = _Template(environment)
        self._templates.move_to_end(key)
        while len(self._templates) > _MOST_TEMPLATES:
            self._templates.popitem(last=False)[1].close()
        return await template.start(folder, own)

    def close(self) -> None:
        """End the templates; the jobs that they started go on."""
        while self._templates:
            self._templates.popitem()[1].close()


class _Template:
    """One template process, and what it reported."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pending = b""
        self._started: deque[asyncio.Future[tuple[int, asyncio.Future[int]]]] = deque()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self.is_over = False
        requests, self._requests = os.pipe()
        self._reports, reports = os.pipe()
        try:
            self._process = LocalProcess.child(
                spawn(
                    [sys.executable, "-P", "-c", _PROGRAM.format(requests, reports)],
                    folder=Path("/"),
                    environment=environment,
                    stdout=os.open(os.devnull, os.O_WRONLY),
                    stderr=os.open(os.devnull, os.O_WRONLY),
                    pass_fds=(requests, reports),
                )
            )
        except OSError as error:
            os.close(self._requests)
            os.close(self._reports)
            self.is_over = True
            raise TemplateFailed(f"no template could be started: {error}") from error
        finally:
            os.close(requests)
            os.close(reports)
        os.set_blocking(self._reports, False)
        self._loop.add_reader(self._reports, self._read)

    async def start(self, folder: JobFolder, own: Mapping[str, str]) -> LocalProcess:
        """Fork the template for a job."""
        request = {
            "script": str(folder.script),
            "stdout": str(folder.stdout),
            "stderr": str(folder.stderr),
            "environment": dict(own),
        }
        started: asyncio.Future[tuple[int, asyncio.Future[int]]] = self._loop.create_future()
        self._started.append(started)
        try:
            os.write(self._requests, json.dumps(request).encode() + b"\n")
        except OSError as error:
            self.close()
            raise TemplateFailed(f"the template is gone: {error}") from error
        pid, ended = await started
        try:
            return _WarmProcess(identity_of(pid), ended)
        except ProcessLookupError:
            raise TemplateFailed(f"the process {pid} ended before it was known") from None

    def close(self) -> None:
        """End the template, and forget what it would have reported."""
        if self.is_over:
            return
        self.is_over = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._reports)
            for started in self._started:
                if not started.done():
                    started.set_exception(TemplateFailed("the template ended"))
            for ended in self._ended.values():
                ended.cancel()
        os.close(self._reports)
        os.close(self._requests)

    def __del__(self) -> None:
        if hasattr(self, "_process"):
            self.close()

    def _read(self) -> None:
        try:
            block = os.read(self._reports, _READ_BYTES)
        except BlockingIOError:
            return
        if not block:
            self.close()
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


class _WarmProcess(LocalProcess):
    """A child of a template: the kernel tells that it ended, the template how."""

    def __init__(self, owner: Owner, ended: asyncio.Future[int]) -> None:
        super().__init__(owner, is_child=False)
        self._ended = ended

    async def wait(self) -> Exit:
        """Return how it ended; the code is not known if the template died before it could tell."""
        if self._exit is None:
            await self._watch.over()
            await asyncio.wait([self._ended], timeout=_LONGEST_REPORT_S)
        if self._exit is None and self._ended.done() and not self._ended.cancelled():
            code = os.waitstatus_to_exitcode(self._ended.result())
            self._exit = Exit(code, None) if code >= 0 else Exit(None, -code)
            self.close()
        return self._reap()

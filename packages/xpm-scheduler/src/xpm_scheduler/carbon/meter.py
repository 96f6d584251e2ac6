"""The meter: a process that watches jobs, and writes what each has used when it ends.

Started by `carbon.watch` as `python -P -m xpm_scheduler.carbon.meter WORKSPACE COUNTRY REGION
INTERVAL`. Jobs are told on its standard input, a JSON object per line: `{"job": folder, "pid": …,
"start_time": …}`; when that ends, it ends with its last job. It answers with a line per job that
it has done with. Whatever happens to it, no job and no scheduler notices.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Protocol

from xpm_store.carbon import record
from xpm_store.errors import StoreError
from xpm_store.layout import JobFolder, Workspace

from xpm_scheduler.carbon.shares import Energy, MachineUse, share_out
from xpm_scheduler.carbon.watched import WatchedJob, machine_counters

__all__ = ["Meter", "Source", "main"]

_READ_BYTES = 65536
_SLICE_S = 15.0


class Source(Protocol):
    """What tells the energy of the machine."""

    place: str

    def take(self) -> Energy:
        """What was used since the last call."""
        ...


class Meter:
    """Watches jobs until there are none left and no more will come.

    Args:
        workspace: Where the records go.
        source: The energy of the machine.
        requests: A descriptor, where jobs are told.
        reports: A descriptor, where it says which jobs it has done with.
        slice_s: How long the lapses are over which energy is shared out, in seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        source: Source,
        requests: int,
        reports: int,
        slice_s: float = _SLICE_S,
    ) -> None:
        self._workspace = workspace
        self._source = source
        self._requests: int | None = requests
        self._reports = reports
        self._slice_s = slice_s
        self._pending = b""
        self._jobs: dict[int, WatchedJob] = {}
        self._busy_s, _ = machine_counters()
        self._since = time.monotonic()

    def run(self) -> None:
        """Returns when there is nothing more to watch."""
        poll = select.poll()
        if self._requests is not None:
            poll.register(self._requests, select.POLLIN)
        while self._requests is not None or self._jobs:
            timeout_ms = int(self._slice_s * 1000) if self._jobs else None
            ready = [descriptor for descriptor, _ in poll.poll(timeout_ms)]
            if self._jobs:
                self._share()
            for descriptor in ready:
                if descriptor == self._requests:
                    if not self._take_in(poll):
                        poll.unregister(descriptor)
                        self._requests = None
                else:
                    poll.unregister(descriptor)
                    self._finish(self._jobs.pop(descriptor))

    def _take_in(self, poll: select.poll) -> bool:
        """Reads the requests that have come; False when there will be no more."""
        assert self._requests is not None
        block = os.read(self._requests, _READ_BYTES)
        *lines, self._pending = (self._pending + block).split(b"\n")
        if not self._jobs and lines:
            self._share()  # what was used before belongs to nobody
        for line in lines:
            request = json.loads(line)
            folder = JobFolder(Path(request["job"]))
            job = WatchedJob.find(folder, request["pid"], request.get("start_time"))
            if job is None:
                self._report(folder)
            else:
                self._jobs[job.pidfd] = job
                poll.register(job.pidfd, select.POLLIN)
        return bool(block)

    def _share(self) -> None:
        """Gives each job its part of what was used since the last time."""
        now = time.monotonic()
        lapse_s, self._since = now - self._since, now
        busy_s, used_bytes = machine_counters()
        machine = MachineUse(busy_s - self._busy_s, used_bytes)
        self._busy_s = busy_s
        uses = {descriptor: job.use(lapse_s) for descriptor, job in self._jobs.items()}
        for descriptor, part in share_out(self._source.take(), machine, uses).items():
            self._jobs[descriptor].energy += part

    def _finish(self, job: WatchedJob) -> None:
        measure = job.measure(self._source.place)
        try:
            if measure is not None:
                record(self._workspace, measure)
        except StoreError as error:
            print(f"the energy of {job.folder.path} is not recorded: {error}", file=sys.stderr)
        finally:
            job.close()
            self._report(job.folder)

    def _report(self, folder: JobFolder) -> None:
        try:
            os.write(self._reports, f"{folder.path}\n".encode())
        except OSError:
            self._reports = os.open(os.devnull, os.O_WRONLY)  # its scheduler is gone


def main(workspace: str, country: str, region: str, interval_s: str) -> None:
    """Runs the meter with CodeCarbon."""
    # Ctrl+C is for the scheduler; the jobs go on, and so do we
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.nice(5)
    from xpm_scheduler.carbon.codecarbon_source import CodeCarbonSource  # lazy: needs the extra

    source = CodeCarbonSource(country or None, region or None)
    slice_s = min(_SLICE_S, max(1.0, float(interval_s)))
    requests, reports = sys.stdin.fileno(), sys.stdout.fileno()
    Meter(Workspace(Path(workspace)), source, requests, reports, slice_s).run()
    os._exit(0)  # timers of CodeCarbon would keep the process


if __name__ == "__main__":
    main(*sys.argv[1:])

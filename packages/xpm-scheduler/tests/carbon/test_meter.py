"""The meter on real processes, with a source of energy that is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from xpm_scheduler.carbon.meter import Meter
from xpm_scheduler.carbon.shares import Energy
from xpm_store import carbon
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock, process_start_time


class OneWatt:
    """The machine uses a watt, whatever it does."""

    place = "FRA"

    def __init__(self) -> None:
        self._since = time.monotonic()

    def take(self) -> Energy:
        now = time.monotonic()
        lapse_s, self._since = now - self._since, now
        kwh = lapse_s / 3_600_000
        return Energy(kwh / 2, 0, kwh / 2, kwh / 10)


@dataclass
class Metered:
    """A meter that runs in a thread."""

    workspace: Workspace
    requests: int
    reports: int
    thread: threading.Thread
    jobs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_job(self, name: str, code: str) -> JobFolder:
        folder = self.workspace.job("some.task", name * 64)
        folder.private.mkdir(parents=True)
        job = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, start_new_session=True
        )
        self.jobs.append(job)
        return folder

    def tell(self, folder: JobFolder, pid: int, start_time: float | None = None) -> None:
        request = {"job": str(folder.path), "pid": pid, "start_time": start_time}
        os.write(self.requests, json.dumps(request).encode() + b"\n")

    def end(self) -> list[str]:
        """No more jobs: the folders that it has reported, once it has ended."""
        os.close(self.requests)
        self.thread.join(20)
        assert not self.thread.is_alive()
        return os.read(self.reports, 10_000).decode().splitlines()


@pytest.fixture
def metered(tmp_path: Path) -> Iterator[Metered]:
    read_requests, requests = os.pipe()
    reports, write_reports = os.pipe()
    workspace = Workspace(tmp_path)
    meter = Meter(workspace, OneWatt(), read_requests, write_reports, slice_s=0.1)
    thread = threading.Thread(target=meter.run, daemon=True)
    thread.start()
    yield Metered(workspace, requests, reports, thread)
    for descriptor in (read_requests, reports, write_reports):
        os.close(descriptor)


BUSY = "import time\nend = time.monotonic() + 1.3\nwhile time.monotonic() < end: pass"


def test_a_job_gets_a_record_when_it_ends_even_if_its_scheduler_is_gone(metered: Metered) -> None:
    folder = metered.start_job("a", BUSY)
    (job,) = metered.jobs
    metered.tell(folder, job.pid, process_start_time(job.pid))
    assert metered.end() == [str(folder.path)]
    job.communicate()
    assert job.returncode == 0
    (measure,) = carbon.measures(metered.workspace)
    assert (measure.job_id, measure.task_id) == (folder.job_id, "some.task")
    assert measure.region == "FRA, estimated"
    assert measure.duration_s >= 1.3
    assert 0 < measure.energy_kwh <= measure.duration_s / 3_600_000
    assert measure.co2_kg == pytest.approx(measure.energy_kwh / 10)
    assert measure.cpu_power_w > 0
    assert measure.gpu_power_w == 0


def test_a_job_that_is_gone_or_another_process_of_its_number_is_reported_at_once(
    metered: Metered,
) -> None:
    folder = metered.start_job("a", "")
    (job,) = metered.jobs
    job.communicate()
    metered.tell(folder, job.pid)
    metered.tell(folder, os.getpid(), start_time=1.0)
    assert metered.end() == 2 * [str(folder.path)]
    assert list(carbon.measures(metered.workspace)) == []


def test_a_job_that_another_meter_watches_is_left_to_it(metered: Metered) -> None:
    folder = metered.start_job("a", "input()")
    (job,) = metered.jobs
    with FileLock(folder.private / "carbon.lock"):
        metered.tell(folder, job.pid)
        assert metered.end() == [str(folder.path)]
    job.communicate(b"\n")
    assert list(carbon.measures(metered.workspace)) == []


def test_a_short_watch_tells_nothing(metered: Metered) -> None:
    folder = metered.start_job("a", "input()")
    (job,) = metered.jobs
    metered.tell(folder, job.pid)
    job.communicate(b"\n")
    assert metered.end() == [str(folder.path)]
    assert list(carbon.measures(metered.workspace)) == []

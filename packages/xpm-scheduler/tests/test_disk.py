from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from xpm_scheduler import disk
from xpm_scheduler.core import OnDisk
from xpm_scheduler.processes import Exit
from xpm_store.layout import JobFolder, Workspace
from xpm_store.records import Failure, JobStatus, ProcessRecord
from xpm_store.states import FailureReason, JobState


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = Workspace(tmp_path).job("pkg.fit", "0" * 64)
    folder.path.mkdir(parents=True)
    return folder


def test_a_job_without_folder_is_not_done(tmp_path: Path) -> None:
    assert disk.look(Workspace(tmp_path).job("a.b", "1")).what is OnDisk.NOT_DONE


def test_the_marker_of_success_outweighs_a_live_process(folder: JobFolder) -> None:
    ProcessRecord.local(os.getpid()).write(folder)
    assert disk.look(folder).what is OnDisk.RUNNING
    folder.done.touch()
    assert disk.look(folder).what is OnDisk.DONE


def test_a_dead_process_and_a_recycled_number_do_not_count(folder: JobFolder) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    record = ProcessRecord.local(process.pid)
    process.wait()
    record.write(folder)
    assert disk.look(folder).what is OnDisk.NOT_DONE
    own = ProcessRecord.local(os.getpid())
    ProcessRecord("local", own.pid, own.host, own.boot_id, 1.0).write(folder)
    assert disk.look(folder).what is OnDisk.NOT_DONE


def test_a_process_of_another_host_is_left_to_the_lock(folder: JobFolder) -> None:
    ProcessRecord("local", os.getpid(), "elsewhere.example.org").write(folder)
    assert disk.look(folder).what is OnDisk.NOT_DONE


def test_a_torn_process_record_is_no_process(folder: JobFolder) -> None:
    folder.pid.write_text('{"type": "lo')
    assert disk.look(folder).what is OnDisk.NOT_DONE


def test_a_job_without_marker_gets_one_that_tells_the_signal(folder: JobFolder) -> None:
    ending = disk.ending_without_marker(Exit(None, signal.SIGKILL))
    disk.mark_failed(folder, ending, signal.SIGKILL)
    failure = Failure.read(folder)
    assert failure is not None
    assert (failure.code, failure.signal) == (137, 9)
    assert "SIGKILL" in (failure.message or "")
    status = JobStatus.read_or_new(folder)
    assert (status.state, status.reason) == (JobState.ERROR, FailureReason.FAILED)
    assert disk.read_marker(folder) == ending


def test_what_the_launcher_knows_is_the_reason(folder: JobFolder) -> None:
    ending = disk.ending_without_marker(Exit(None, signal.SIGKILL, FailureReason.MEMORY))
    assert ending.reason is FailureReason.MEMORY
    assert disk.ending_without_marker(Exit(None, None)).code is None

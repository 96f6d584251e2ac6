"""What is written of a holder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.errors import DamagedRecord, StorageError
from xpm_store.holders import Holder, Holders, is_dead
from xpm_store.layout import HoldersFolder, JobFolder
from xpm_store.processes import Owner
from xpm_store.records import ProcessRecord

JOB = JobFolder(Path("/ws/jobs/lab.fit") / ("1" * 64))


def test_a_holder_survives_its_file(tmp_path: Path) -> None:
    holder = Holder(JOB, {"count": 2}, ProcessRecord.local(os.getpid()), Owner.current())
    holders = Holders(HoldersFolder(tmp_path))
    holders._write(holder)
    read = holders.holder(JOB)
    assert read is not None
    assert read.since > 0
    assert read.to_json() == holder.to_json()
    assert holders.all() == ([read], [])


@given(count=st.none() | st.booleans() | st.integers() | st.text() | st.floats())
def test_a_holder_holds_at_least_one_unit_whatever_is_written(count: object) -> None:
    assert Holder(JOB, {"count": count}).count >= 1
    assert Holder(JOB, {}).count == 1


def test_hidden_and_foreign_files_are_no_holders(tmp_path: Path) -> None:
    folder = HoldersFolder(tmp_path)
    folder.jobs.mkdir()
    for name in (".lab.fit@1.json.12.tmp", ".hidden.json", "notes.txt"):
        (folder.jobs / name).write_text("{}")
    assert Holders(folder).all() == ([], [])


def test_a_file_without_a_job_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"information": {}}')
    with pytest.raises(DamagedRecord, match="counted as 1, remove it"):
        Holder.read(path)
    assert Holder.read(tmp_path / "missing.json") is None


def test_a_folder_that_cannot_be_listed_names_its_path(tmp_path: Path) -> None:
    folder = HoldersFolder(tmp_path)
    folder.jobs.symlink_to("jobs")  # a link to itself
    with pytest.raises(StorageError, match=str(folder.jobs)):
        Holders(folder).all()


def test_a_damaged_pid_file_proves_nothing(tmp_path: Path) -> None:
    job = JobFolder(tmp_path / "jobs" / "lab.fit" / ("1" * 64))
    job.path.mkdir(parents=True)
    job.pid.write_text("{")
    dead = Owner(os.uname().nodename, "another boot", 1, 0.0)
    assert is_dead(Holder(job, owner=dead))
    assert not is_dead(Holder(job, owner=Owner("another-host", None, 1, None)))

"""Looking at the folder of a job: the quick way says what the plain one says."""

from __future__ import annotations

from typing import Any

import pytest
from xpm_store.index.folders import fingerprint, look_at
from xpm_store.layout import Workspace
from xpm_store.records import Failure, job_state_on_disk


def test_the_quick_way_agrees_with_the_plain_one(golden_workspace: Workspace) -> None:
    folders = list(golden_workspace.job_folders())
    assert len(folders) > 10
    for folder in folders:
        assert look_at(folder) == job_state_on_disk(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"state": NaN}'])
def test_it_agrees_when_the_record_is_damaged(lab: Any, content: bytes) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a")
    lab.finish(run, lab.start(run, folder))
    folder.status.write_bytes(content)
    quick, plain = look_at(folder), job_state_on_disk(folder)
    assert (quick.state, quick.ended_at, quick.status) == (
        plain.state,
        plain.ended_at,
        plain.status,
    )
    assert [str(problem) for problem in quick.problems] == [str(p) for p in plain.problems]
    lab.kill(run)


def test_a_fingerprint_changes_with_markers_and_records(lab: Any) -> None:
    run = lab.begin("sweep")
    folder = lab.folder("a")
    assert fingerprint(folder.path) == ""
    lab.submit(run, "a")
    job = lab.start(run, folder)
    started = fingerprint(folder.path)
    lab.finish(run, job, failure=Failure())
    assert fingerprint(folder.path) not in ("", started)
    lab.kill(run)

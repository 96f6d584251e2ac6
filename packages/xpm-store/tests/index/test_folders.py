"""Looking at the folder of a job: the quick way says what the plain one says."""

from __future__ import annotations

from typing import Any

import pytest
from xpm_store.index.folders import fingerprint, is_marked, look_at, look_at_done
from xpm_store.layout import JobFolder, Workspace
from xpm_store.records import Failure, JobStatus, job_state_on_disk
from xpm_store.state import JobView, observe


def assert_they_agree(folder: JobFolder) -> bool:
    """What the quick way says is shown as what the plain one says; whether it says something."""
    quick = look_at_done(str(folder.path), folder.name)
    plain = job_state_on_disk(folder)
    assert look_at(folder) == plain
    if quick is None:
        return False
    view = JobView(folder.job_id, folder.task_id)
    assert observe(view, quick) == observe(view, plain)
    assert plain.problems == ()
    return True


def test_the_quick_way_agrees_with_the_plain_one(golden_workspace: Workspace) -> None:
    folders = list(golden_workspace.job_folders())
    done = [folder for folder in folders if assert_they_agree(folder)]
    assert {folder.path for folder in done} == {f.path for f in folders if f.done.exists()}


@pytest.mark.parametrize("progress", [[], [(0, 0.5, "epochs")]])
@pytest.mark.parametrize("padding", [0, 5000])
def test_it_agrees_on_long_records_and_on_progress(
    lab: Any, progress: list[tuple[int, float, str]], padding: int
) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a")
    job = lab.start(run, folder)
    for level, value, desc in progress:
        job.progress(level, value, desc)
    lab.finish(run, job)
    status = JobStatus.read(folder)
    assert status is not None
    status.extra["padding"] = "x" * padding
    status.write(folder)
    assert assert_they_agree(folder)
    lab.kill(run)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"state": NaN}'])
def test_it_leaves_a_damaged_record_to_the_plain_one(lab: Any, content: bytes) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a")
    lab.finish(run, lab.start(run, folder))
    folder.status.write_bytes(content)
    assert look_at_done(str(folder.path), folder.name) is None
    lab.kill(run)


def test_a_marker_of_either_end_is_seen(lab: Any) -> None:
    run = lab.begin("sweep")
    for name, failure in [("a", None), ("b", Failure())]:
        folder = lab.submit(run, name)
        job = lab.start(run, folder)
        assert not is_marked(str(folder.path), folder.task_id)
        lab.finish(run, job, failure=failure)
        assert is_marked(str(folder.path), folder.task_id)
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

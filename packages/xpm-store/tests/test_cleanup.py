"""Jobs that no run lists, their removal, and partial folders without jobs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xpm_store.cleanup import remove_jobs, unlisted_jobs, unused_partials
from xpm_store.index import Index
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.records import ProcessRecord
from xpm_store.trash import Trash


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / ".__experimaestro__").touch()
    return Workspace(tmp_path)


def job(workspace: Workspace, name: str, *, runs: bool = False) -> JobFolder:
    folder = workspace.job("lab.fit", name)
    folder.private.mkdir(parents=True)
    if runs:
        ProcessRecord.local(os.getpid()).write(folder)
    else:
        folder.done.touch()
    return folder


def test_jobs_that_no_run_lists_are_stray_while_they_run(workspace: Workspace) -> None:
    job(workspace, "ended")
    job(workspace, "alive", runs=True)
    with Index.open(workspace) as index:
        index.sync()
        unlisted = unlisted_jobs(index)
    assert [row.job_id for row in unlisted.stray] == ["alive"]
    assert [row.job_id for row in unlisted.orphans] == ["ended"]


def test_a_removed_job_is_in_the_trash_and_can_come_back(workspace: Workspace) -> None:
    folder = job(workspace, "ended")
    removal = remove_jobs(workspace, [folder], "orphans")
    assert removal.removed == (folder,)
    assert not folder.path.exists()
    with Index.open(workspace) as index:
        index.sync()
        assert index.orphans() == []
        Trash(workspace).restore(removal.entries[0].entry_id)
        index.sync()
        assert [row.job_id for row in index.orphans()] == ["ended"]


def test_a_job_that_runs_or_is_locked_stays_with_the_reason(workspace: Workspace) -> None:
    alive = job(workspace, "alive", runs=True)
    starting, cleaned = job(workspace, "starting"), job(workspace, "cleaned")
    gone = workspace.job("lab.fit", "gone")
    with FileLock(starting.lock), FileLock(cleaned.reader_lock):
        removal = remove_jobs(workspace, [alive, starting, cleaned, gone], "test")
    assert removal.entries == ()
    reasons = {folder.job_id: reason for folder, reason in removal.kept}
    assert "may be alive: kill the job first" in reasons["alive"]
    assert reasons["starting"].startswith("fit.lock is held by")
    assert reasons["cleaned"].startswith("fit.lock is held by")
    assert reasons["gone"] == "it has no folder"
    assert alive.path.exists() and starting.path.exists()


def test_many_jobs_are_removed_in_several_entries(workspace: Workspace) -> None:
    folders = [job(workspace, f"{number:03}") for number in range(201)]
    removal = remove_jobs(workspace, folders, "test")
    assert (len(removal.entries), len(removal.removed)) == (2, 201)


def test_partial_folders_are_used_by_the_links_of_jobs(workspace: Workspace) -> None:
    used = workspace.partials / "lab.fit" / "best" / "1"
    unused = workspace.partials / "lab.fit" / "best" / "2"
    used.mkdir(parents=True)
    unused.mkdir(parents=True)
    links = job(workspace, "a").partial_links
    links.mkdir()
    (links / "best").symlink_to("/elsewhere/partials/lab.fit/best/1")  # the workspace was moved
    assert unused_partials(workspace) == [unused]

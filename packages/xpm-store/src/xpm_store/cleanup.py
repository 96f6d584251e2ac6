"""What nobody needs in a workspace: jobs that no run lists, partial folders without jobs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from xpm_store.index import Index, JobRow
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.records import job_state_on_disk
from xpm_store.trash import Trash, TrashEntry

__all__ = ["Removal", "Unlisted", "remove_jobs", "unlisted_jobs", "unused_partials"]

JOBS_AT_ONCE = 200
"""Each holds two open files, its locks: a process may have about a thousand."""


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Jobs with a folder that no run lists.

    Attributes:
        stray: Those that run, or may: they are to be killed before they are removed.
        orphans: Those that ended, or never started.
    """

    stray: tuple[JobRow, ...]
    orphans: tuple[JobRow, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """What `remove_jobs` did.

    Attributes:
        entries: What is in the trash now: an entry per 200 jobs.
        removed: The folders that went.
        kept: Those that stay, with the reason.
    """

    entries: tuple[TrashEntry, ...]
    removed: tuple[JobFolder, ...]
    kept: tuple[tuple[JobFolder, str], ...]


def unlisted_jobs(index: Index) -> Unlisted:
    """The jobs that no run lists, from an index that was just synced."""
    rows = index.orphans()
    stray = tuple(row for row in rows if row.state.running())
    return Unlisted(stray, tuple(row for row in rows if not row.state.running()))


def remove_jobs(workspace: Workspace, folders: Iterable[JobFolder], reason: str) -> Removal:
    """Moves the folders of jobs to the trash; one that runs, or is being started, stays.

    Concurrency: takes the two locks of each job (that of schedulers and jobs, that of 2.x readers)
    and looks at the job again once it holds them: a job cannot start meanwhile.

    Raises:
        StorageError: The file system refused; what had been moved can be restored.
    """
    folders = list(folders)
    entries: list[TrashEntry] = []
    removed: list[JobFolder] = []
    kept: list[tuple[JobFolder, str]] = []
    for start in range(0, len(folders), JOBS_AT_ONCE):
        with ExitStack() as held:
            free: list[JobFolder] = []
            for folder in folders[start : start + JOBS_AT_ONCE]:
                obstacle = _obstacle(folder, held)
                if obstacle is None:
                    free.append(folder)
                else:
                    kept.append((folder, obstacle))
            if free:
                entries.append(Trash(workspace).put([one.path for one in free], reason))
                removed += free
    return Removal(tuple(entries), tuple(removed), tuple(kept))


def _obstacle(folder: JobFolder, held: ExitStack) -> str | None:
    """Why a job must stay; None when it can go, its locks being held until `held` is closed."""
    if not folder.path.is_dir():
        return "it has no folder"
    for path in (folder.lock, folder.reader_lock):
        lock = FileLock(path)
        if not lock.acquire(0):
            return f"{path.name} is held by {lock.owner() or 'another process'}"
        held.callback(lock.release)
    disk = job_state_on_disk(folder)
    if not disk.is_marked and disk.process is not None and disk.alive is not False:
        where = f" on {disk.process.host}" if disk.process.host else ""
        return f"its process {disk.process.pid}{where} may be alive: kill the job first"
    return None


def unused_partials(workspace: Workspace) -> list[Path]:
    """The partial folders that no job of the workspace links to, sorted.

    Complexity: one listing per job folder.
    """
    used: set[tuple[str, ...]] = set()
    for folder in workspace.job_folders():
        used.update(_linked_partials(folder))
    there = workspace.partials.glob("*/*/*")
    return sorted(path for path in there if path.is_dir() and path.parts[-3:] not in used)


def _linked_partials(folder: JobFolder) -> Sequence[tuple[str, ...]]:
    """The last parts `T/name/H'` of the links: they hold wherever the workspace was moved."""
    try:
        with os.scandir(folder.partial_links) as entries:
            links = [Path(entry.path).readlink() for entry in entries if entry.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return [link.parts[-3:] for link in links]

"""Archive folders: a second place for jobs that are done, read from, copied to, or moved to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from xpm_store import atomic, fs
from xpm_store.errors import StorageError
from xpm_store.job_copy import copy_job
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.settings import AuxiliaryFolder

__all__ = ["Kept", "find", "keep", "recover"]

LOCK_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a job that is done is kept.

    Attributes:
        path: Its folder in the archive.
        is_moved: The folder in the workspace is a link to it now.
    """

    path: Path
    is_moved: bool


def find(job: JobFolder, folders: Sequence[AuxiliaryFolder]) -> JobFolder | None:
    """The first archived copy of a job that is done; changes nothing."""
    for folder in folders:
        found = _in(folder, job)
        if found.done.exists():
            return found
    return None


def recover(job: JobFolder, folders: Sequence[AuxiliaryFolder]) -> JobFolder | None:
    """Copies a job back from the first archive folder that has it; called before it is started.

    Durability: the folder appears complete.
    Concurrency: several processes may do it at once: one copies, the others wait.

    Returns:
        The archived job, when it was copied back; None when no folder has it, or when the job
        has a folder already (a link that leads nowhere is replaced).

    Raises:
        LockTimeout: Another process has been copying it for 10 s.
        StorageError: The file system refused; the job has no folder.
    """
    if job.path.is_dir():
        return None
    found = find(job, folders)
    if found is None:
        return None
    if job.path.is_symlink():
        fs.remove(job.path)
    return found if _copy(found, job, relocate=True) else None


def keep(job: JobFolder, folders: Sequence[AuxiliaryFolder]) -> list[Kept]:
    """Copies a job that is done to the archive folders of mode `backup` and `move`.

    With `move`, the folder in the workspace then becomes a link to the copy (to the last one, if
    several folders ask for it). A job that is not done, or moved already, is left as it is.

    Concurrency: holds both locks of the job; several processes may do it at once.

    Returns:
        Where it is kept now, by this call or an earlier one.

    Raises:
        LockTimeout: The job, or its copy, was in the hands of another process for 10 s.
        StorageError: The file system refused; the job is as before, or moved.
    """
    wanted = [folder for folder in folders if folder.mode in ("backup", "move")]
    if job.path.is_symlink():
        fs.remove_tree(_aside(job))  # an earlier call was interrupted at its very end
        return []
    if not wanted or not job.done.exists():
        return []
    kept = []
    with ExitStack() as held:
        for path in (job.lock, job.reader_lock):
            held.enter_context(FileLock(path).hold(LOCK_TIMEOUT_S))
        if not job.done.exists():
            return []
        for folder in wanted:
            target = _in(folder, job)
            if not target.done.exists() and not _copy(job, target, relocate=False):
                continue  # something that is not done has its place: not ours to remove
            kept.append(Kept(target.path, folder.mode == "move"))
        moves = [one for one in kept if one.is_moved]
        if moves:
            _replace_by_link(job, moves[-1].path)
    return kept


def _copy(source: JobFolder, target: JobFolder, *, relocate: bool) -> bool:
    staged = target.path.with_name(f".tmp.{target.job_id}")
    with FileLock(staged.with_name(f"{staged.name}.lock")).hold(LOCK_TIMEOUT_S):
        return copy_job(source, target, staged, relocate=relocate)


def _replace_by_link(job: JobFolder, target: Path) -> None:
    """Puts a link in the place of a folder; in between, `recover` finds the copy."""
    aside = _aside(job)
    fs.remove_tree(aside)
    fs.rename(job.path, aside)
    try:
        atomic.replace_link(job.path, target.absolute())
    except StorageError:
        fs.rename(aside, job.path)
        raise
    fs.fsync_folder(job.path.parent)
    fs.remove_tree(aside)


def _aside(job: JobFolder) -> Path:
    return job.path.with_name(f".moved.{job.job_id}")


def _in(folder: AuxiliaryFolder, job: JobFolder) -> JobFolder:
    root = Path(os.path.expanduser(folder.path))  # noqa: PTH111 - also when it is a text
    return Workspace(root).job(job.task_id, job.job_id)

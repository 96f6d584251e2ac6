"""The folders of jobs, checked: their records, markers, processes and events."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator

from xpm_store import dynamic_locks
from xpm_store.check.findings import Finding, Remedy, Severity
from xpm_store.check.lines import check_lines, finding_of, is_temporary
from xpm_store.errors import DamagedRecord, StorageError
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import is_locked
from xpm_store.records import DiskState, JobStatus, ProcessRecord, job_state_on_disk, read_params

__all__ = ["check_jobs"]

OLD_S = 3600.0
"""A file that is being written beside another for so long was left by someone who was killed."""

_JOB_ID = re.compile(r"[0-9a-f]{64}")


def check_jobs(workspace: Workspace) -> list[Finding]:
    """What is wrong with the folders of jobs; changes nothing.

    Complexity: a few files per job, and its events.
    """
    found: list[Finding] = []
    for folder in workspace.job_folders():
        if not _JOB_ID.fullmatch(folder.job_id):
            found.append(
                Finding(Severity.NOTE, folder.path, "not the folder of a job: its name is no id")
            )
            continue
        try:
            found += _check_job(folder)
        except StorageError as error:
            found.append(finding_of(error))
    return found


def _check_job(folder: JobFolder) -> Iterator[Finding]:
    is_held = is_locked(folder.lock)
    disk = job_state_on_disk(folder)
    yield from _check_records(folder, is_held=is_held)
    if not is_held:
        yield from _check_process(folder, disk)
        yield from _check_markers(folder)
    for _, path in folder.archived_events():
        yield from check_lines(path, is_live=is_held)
    yield from check_lines(folder.task_outputs, is_live=is_held)
    yield from _check_leftovers(folder)


def _check_records(folder: JobFolder, *, is_held: bool) -> Iterator[Finding]:
    remedy = None if is_held else Remedy.REMOVE
    try:
        JobStatus.read(folder)
    except DamagedRecord as problem:
        yield finding_of(problem, remedy)
    try:
        ProcessRecord.read(folder)
    except DamagedRecord as problem:
        yield finding_of(problem, None if is_held else Remedy.REMOVE)
    if folder.params.exists():
        try:
            read_params(folder)
        except DamagedRecord as problem:
            # no remedy: it is the only file that says what the job computed
            yield finding_of(problem)
    try:
        dynamic_locks.read(folder)
    except DamagedRecord as problem:
        yield finding_of(problem, None if is_held else Remedy.REMOVE)


def _check_process(folder: JobFolder, disk: DiskState) -> Iterator[Finding]:
    if not folder.pid.exists() or disk.process is None:
        if disk.is_marked and folder.pid.exists():
            yield from _check_marked_process(folder)
        return
    if disk.alive is False:
        yield Finding(
            Severity.DAMAGE,
            folder.pid,
            f"process {disk.process.pid} is gone, and left no marker",
            Remedy.MARK_FAILED,
        )


def _check_marked_process(folder: JobFolder) -> Iterator[Finding]:
    """A process file beside a marker: left by a process that was killed at its very end."""
    try:
        record = ProcessRecord.read(folder)
    except DamagedRecord:
        return
    owner = record.owner if record else None
    if owner is None or owner.is_alive() is False:
        yield Finding(
            Severity.NOTE, folder.pid, "the job has ended, its process is gone", Remedy.REMOVE_PID
        )


def _check_markers(folder: JobFolder) -> Iterator[Finding]:
    if folder.done.exists() and folder.failed.exists():
        yield Finding(
            Severity.DAMAGE,
            folder.failed,
            f"the job is marked as failed and, in {folder.done.name}, as done: done counts",
            Remedy.REMOVE,
        )


def _check_leftovers(folder: JobFolder) -> Iterator[Finding]:
    for parent in (folder.path, folder.private):
        try:
            with os.scandir(parent) as entries:
                names = [entry.name for entry in entries if is_temporary(entry.name)]
        except (FileNotFoundError, NotADirectoryError):
            continue
        for name in names:
            path = parent / name
            try:
                age_s = time.time() - path.lstat().st_mtime
            except FileNotFoundError:
                continue
            if age_s > OLD_S:
                problem = "left by someone who was killed while writing"
                yield Finding(Severity.NOTE, path, problem, Remedy.REMOVE)

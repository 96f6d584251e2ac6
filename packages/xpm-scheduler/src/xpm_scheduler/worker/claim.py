"""Who runs a job, when several processes were started for it: exactly one, whoever dies when.

The protocol, between the scheduler (S) and the process it starts (P). S holds `N.lock` from 1 to 4.

1. S reads the state of the job again: done, or running (`N.pid` names a live process): nothing to
   do.
2. S removes `N.done` and `N.failed`, writes `params.json` and `N.py`, and starts P.
3. S writes `N.pid`, atomically, with the host, boot, number and start time of P.
4. S releases `N.lock`.
5. P takes `N.lock`, waiting for it if need be, and keeps it until it ends. It then looks at what
   is there: `N.done`: nothing to do; a live process other than P in `N.pid`: P leaves; an
   `N.failed` that appeared while P waited: P leaves; `N.pid` missing, or naming a dead process: P
   writes its own.

If S dies between 2 and 3, its lock is free: either P takes it first and writes `N.pid`, and a
second scheduler finds it running; or a second scheduler S' takes it first, and starts P'. Then
either P' takes the lock before P, which finds `N.done`, a new `N.failed`, or is still waiting; or
P takes it before P', finds P' named in `N.pid` and leaves. In no case do both run the task, and in
no case does neither.

A person who runs `N.py` by hand is one more P, that nobody announced.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from xpm_store.errors import DamagedRecord
from xpm_store.layout import JobFolder
from xpm_store.locks import FileLock
from xpm_store.processes import Owner
from xpm_store.records import ProcessRecord

__all__ = ["Claim", "Verdict", "claim_job"]


class Verdict(Enum):
    """What a process must do with the job it was started for."""

    RUN = "run"
    """The job is ours until we release the lock."""

    DONE = "done"
    """It is done already."""

    LEAVE = "leave"
    """Another process runs it, or has run it since we were started."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer, with the lock that goes with `RUN` and the reason of `LEAVE`."""

    verdict: Verdict
    lock: FileLock | None = None
    reason: str = ""


_Stamp: TypeAlias = tuple[int, int] | None
"""What tells one content of a file from the next: its inode (files are replaced) and its time."""


class JobLock(FileLock):
    """The lock of a job, held by its process only: those that a task forks do not keep it."""

    def leave_out_of_forks(self) -> None:
        """Let go of the lock in the processes forked from now on, as `exec` does by itself."""
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def claim_job(folder: JobFolder) -> Claim:
    """Take the job, or say why not.

    Returns only when the lock is ours, or when another live process is known to have the job.

    Raises:
        StorageError: The file system refused.
    """
    before = (_stamp(folder.failed), _stamp(folder.pid))
    lock = JobLock(folder.lock)
    if not lock.acquire(0):
        other = _process_elsewhere(_read_process(folder))
        if other is not None and other.is_alive() is not False:
            return Claim(Verdict.LEAVE, reason=f"it runs as the {other}")
        lock.acquire()
    claim = _look(folder, lock, before)
    if claim.verdict is Verdict.RUN:
        lock.leave_out_of_forks()
    else:
        lock.release()
    return claim


def _look(folder: JobFolder, lock: JobLock, before: tuple[_Stamp, _Stamp]) -> Claim:
    """Decide, with the lock held."""
    if folder.done.exists():
        return Claim(Verdict.DONE)
    failed_before, pid_before = before
    failed = _stamp(folder.failed)
    if failed is not None and failed != failed_before:
        return Claim(Verdict.LEAVE, reason="another process ran it meanwhile, and it failed")
    record = _read_process(folder)
    other = _process_elsewhere(record)
    if other is not None:
        if other.is_alive() is not False:
            return Claim(Verdict.LEAVE, reason=f"it runs as the {other}")
        if _stamp(folder.pid) != pid_before:
            return Claim(Verdict.LEAVE, reason=f"the {other} ran it meanwhile, and died")
    if record is None or other is not None:
        ProcessRecord.local(os.getpid()).write(folder)
    return Claim(Verdict.RUN, lock)


def _read_process(folder: JobFolder) -> ProcessRecord | None:
    try:
        return ProcessRecord.read(folder)
    except DamagedRecord:
        return None


def _process_elsewhere(record: ProcessRecord | None) -> Owner | None:
    """The process that `N.pid` names, if it is another one than this one.

    What is not a process of a machine (a batch system's number) was written by the launcher that
    started us.
    """
    owner = None if record is None else record.owner
    if owner is None or (owner.pid == os.getpid() and owner.is_alive()):
        return None
    return owner


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_mtime_ns)

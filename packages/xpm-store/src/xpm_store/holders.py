"""Who holds what jobs share: a file per job in a folder, counted under one lock.

Counter tokens and partial folders are kept this way. A file says which job holds how much, who
took it for the job (its scheduler, until the job runs) and which process uses it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xpm_store import atomic, fs
from xpm_store.errors import DamagedRecord, StorageError
from xpm_store.layout import HoldersFolder, JobFolder
from xpm_store.locks import FileLock, is_locked
from xpm_store.processes import Owner
from xpm_store.records.disk import process_is_alive
from xpm_store.records.fields import object_of, text
from xpm_store.records.jobs import ProcessRecord

__all__ = ["Holder", "Holders", "is_dead"]

LOCK_TIMEOUT_S = 10.0
"""How long a change waits for others: they hold the lock for milliseconds."""

TRY_TIMEOUT_S = 0.2
"""How long an attempt waits for others: a job of 2.x may hold the lock of its partial for days."""

UNOWNED_GRACE_S = 30.0
"""A holder written by 2.x, that does not say who took it, is never judged before that delay."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A job that holds a part of what is shared.

    Attributes:
        job: The job.
        information: What it holds: `{"count": 2}`, `{"partial_name": "checkpoints"}`.
        process: The process of the job, once it is started.
        owner: The scheduler that took it; None in the files of 2.x.
        since: When the file was last written, in seconds since 1970.
    """

    job: JobFolder
    information: dict[str, Any] = field(default_factory=dict)
    process: ProcessRecord | None = None
    owner: Owner | None = None
    since: float = 0.0

    @property
    def job_uri(self) -> str:
        """The name of the job in the file: its folder, then its script name."""
        return str(self.job.path / self.job.name)

    @property
    def count(self) -> int:
        """How many units it holds; at least 1, whatever is written."""
        count = self.information.get("count", 1)
        return max(count, 1) if isinstance(count, int) else 1

    def to_json(self) -> dict[str, Any]:
        """Its fields, for a file; `owner` is our addition, ignored by 2.x."""
        value: dict[str, Any] = {"job_uri": self.job_uri, "information": self.information}
        if self.process is not None:
            value["process"] = self.process.to_json()
        if self.owner is not None:
            value["owner"] = self.owner.to_json()
        return value

    @classmethod
    def read(cls, path: Path) -> Holder | None:
        """The holder that a file names; None when the file is gone.

        Raises:
            DamagedRecord: The file names no job.
        """
        value = atomic.read_json_object(path)
        if value is None:
            return None
        uri = text(value.get("job_uri"))
        if not uri:
            raise DamagedRecord(path, "names no job: what it holds is counted as 1, remove it")
        try:
            since = path.stat().st_mtime
        except FileNotFoundError:
            return None
        return cls(
            JobFolder(Path(uri).parent),
            object_of(value.get("information")),
            ProcessRecord.from_json(value.get("process")),
            Owner.from_json(value.get("owner")),
            since,
        )


class Holders:
    """The holders of one shared thing.

    Durability: what is held is told to other processes at once; it need not survive a crash of
    the machine, after which no process lives.
    Concurrency: any process and thread; everything that counts or changes holds `ipc.lock`.
    Complexity: a small file is read per holder.
    """

    def __init__(self, folder: HoldersFolder) -> None:
        """Nothing is touched yet."""
        self.folder = folder

    def all(self) -> tuple[list[Holder], list[DamagedRecord]]:
        """The holders, oldest first, and the files that name none; changes nothing."""
        holders: list[Holder] = []
        problems: list[DamagedRecord] = []
        for path in self._files():
            try:
                holder = Holder.read(path)
            except DamagedRecord as problem:
                problems.append(problem)
            else:
                if holder is not None:
                    holders.append(holder)
        holders.sort(key=lambda holder: holder.since)
        return holders, problems

    def holder(self, job: JobFolder) -> Holder | None:
        """What a job holds; None when it holds nothing.

        Raises:
            DamagedRecord: Its file names no job.
        """
        return Holder.read(self.folder.holder(job))

    def try_acquire(
        self, job: JobFolder, information: dict[str, Any], available: Callable[[], int]
    ) -> bool:
        """Gives a job what it asks for, if there is enough of it; never waits for other jobs.

        Holders that are dead are removed first, when there is not enough. A job that holds
        something already gets what it asks for instead.

        Args:
            job: The job; its scheduler holds `N.lock`.
            information: What it asks for, see `Holder`.
            available: How much there is in all; asked under the lock.

        Returns:
            Whether the job holds it now. False too when others hold the lock itself.

        Raises:
            StorageError: The file system refused; the job holds nothing more.
        """
        wanted = Holder(job, information, owner=Owner.current())
        lock = FileLock(self.folder.lock)
        if not lock.acquire(TRY_TIMEOUT_S):
            return False
        with _released(lock):
            for used in (self._used_by_others, self._used_by_living_others):
                if used(job) + wanted.count <= available() and not self._is_taken(job):
                    self._write(wanted)
                    return True
        return False

    def set_process(self, job: JobFolder, process: ProcessRecord) -> bool:
        """Says which process uses what a job holds: from now on its life is what counts.

        Returns:
            False when the job holds nothing (any more): then nothing is written.

        Raises:
            LockTimeout: The lock was not free for 10 s.
        """
        with FileLock(self.folder.lock).hold(LOCK_TIMEOUT_S):
            holder = self.holder(job)
            if holder is None or not _is_same(holder.job, job):
                return False
            self._write(replace(holder, process=process))
            return True

    def release(self, job: JobFolder) -> bool:
        """Takes back what a job holds.

        Returns:
            Whether it held something.

        Raises:
            LockTimeout: The lock was not free for 10 s.
        """
        path = self.folder.holder(job)
        if not path.exists():  # most often: the process of the job did it
            return False
        with FileLock(self.folder.lock).hold(LOCK_TIMEOUT_S):
            if not path.exists() or self._is_taken(job):
                return False
            fs.remove(path)
            return True

    def reap(self) -> list[Holder]:
        """Takes back what dead jobs hold (see `is_dead`).

        Returns:
            The holders that were removed; none when others hold the lock.
        """
        lock = FileLock(self.folder.lock)
        if not self.folder.jobs.is_dir() or not lock.acquire(TRY_TIMEOUT_S):
            return []
        with _released(lock):
            return self._reap()

    def _reap(self) -> list[Holder]:
        dead = [holder for holder in self.all()[0] if is_dead(holder)]
        for holder in dead:
            fs.remove(self.folder.holder(holder.job))
        return dead

    def _is_taken(self, job: JobFolder) -> bool:
        """Whether the file of a job speaks of the same job in another workspace.

        Tokens are shared by workspaces, but the name of the file does not say which one: of two
        jobs with the same identifier, one waits.
        """
        try:
            holder = self.holder(job)
        except DamagedRecord:
            return False
        return holder is not None and not _is_same(holder.job, job)

    def _used_by_others(self, job: JobFolder) -> int:
        """What all but one job hold; a file that cannot be understood holds 1."""
        holders, problems = self.all()
        others = [holder for holder in holders if not _is_same(holder.job, job)]
        return len(problems) + sum(holder.count for holder in others)

    def _used_by_living_others(self, job: JobFolder) -> int:
        self._reap()
        return self._used_by_others(job)

    def _write(self, holder: Holder) -> None:
        path = self.folder.holder(holder.job)
        fs.make_folder(path.parent)
        atomic.replace_json(path, holder.to_json(), durable=False)

    def _files(self) -> list[Path]:
        try:
            with os.scandir(self.folder.jobs) as entries:
                names = [entry.name for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise StorageError("list", self.folder.jobs, error) from error
        # hidden ones are being written beside
        return [self.folder.jobs / name for name in sorted(names) if _is_holder_file(name)]


def is_dead(holder: Holder) -> bool:
    """Whether nobody uses what a job holds, beyond doubt: time alone proves nothing.

    Its scheduler, if it lives, takes back what the job held itself. Without it, the process
    decides where it can be checked from here (same host); elsewhere, the marker of the job does,
    if it was written after the file, and nobody holds the lock of the job.
    """
    taker = holder.owner.is_alive() if holder.owner else None
    if taker is True:
        return False
    process = holder.process or _process_of(holder.job)
    if process is not None:
        alive = process_is_alive(process)
        return alive is False or (alive is None and _has_ended(holder))
    if is_locked(holder.job.lock):
        return False
    if holder.owner is None:
        # 2.x holds the lock of the job from before it takes a token until it has said the process
        return time.time() - holder.since > UNOWNED_GRACE_S
    return taker is False or _has_ended(holder)


def _process_of(job: JobFolder) -> ProcessRecord | None:
    """The process that was started, when its scheduler was killed before it could say so."""
    try:
        return ProcessRecord.read(job)
    except DamagedRecord:
        return None


def _has_ended(holder: Holder) -> bool:
    """Whether the job left a marker since it holds something, and is in nobody's hands."""
    if is_locked(holder.job.lock):
        return False
    for marker in (holder.job.done, holder.job.failed):
        try:
            if marker.stat().st_mtime > holder.since:
                return True
        except OSError:
            continue
    return False


def _is_same(one: JobFolder, other: JobFolder) -> bool:
    """Whether two names are those of one folder: a workspace may be reached through a link."""
    return one == other or (
        one.job_id == other.job_id and os.path.realpath(one.path) == os.path.realpath(other.path)
    )


def _is_holder_file(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")


@contextmanager
def _released(lock: FileLock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()

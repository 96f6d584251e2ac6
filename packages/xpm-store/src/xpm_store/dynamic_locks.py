"""`locks.json`: what a job must hold while it runs, told by its scheduler to its process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xpm_store import atomic, fs
from xpm_store.errors import DamagedRecord
from xpm_store.holders import Holders
from xpm_store.layout import HoldersFolder, JobFolder
from xpm_store.partials import PartialFolder
from xpm_store.records.fields import text
from xpm_store.records.jobs import ProcessRecord
from xpm_store.tokens import TokenFolder

__all__ = [
    "DynamicLock",
    "confirm",
    "partial_lock",
    "read",
    "release",
    "remove",
    "token_lock",
    "write",
]

TOKEN_CLASS = ("experimaestro.tokens", "CounterTokenLock")
PARTIAL_CLASS = ("experimaestro.core.partial_lock", "PartialLock")


@dataclass(frozen=True, slots=True)
class DynamicLock:
    """An entry of `locks.json`.

    Attributes:
        module: Where the class is that 2.x makes of the entry, and
        class_name: its name.
        lock_file_path: The file that says that the job holds it.
        fields: What else that class needs.
    """

    module: str
    class_name: str
    lock_file_path: Path
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether it is a token or a partial; others come from third parties."""
        return (self.module, self.class_name) in (TOKEN_CLASS, PARTIAL_CLASS)

    def to_json(self) -> dict[str, Any]:
        """Its fields, for the file."""
        return {
            "module": self.module,
            "class": self.class_name,
            **self.fields,
            "lock_file_path": str(self.lock_file_path),
        }


def token_lock(token: TokenFolder, job: JobFolder, count: int) -> DynamicLock:
    """The entry of a job that holds units of a token."""
    fields = {"token_path": str(token.path), "count": count, "name": token.name}
    return DynamicLock(*TOKEN_CLASS, token.holder_path(job), fields)


def partial_lock(partial: PartialFolder, job: JobFolder) -> DynamicLock:
    """The entry of a job that holds a partial folder."""
    fields = {
        "partial_path": str(partial.path),
        "partial_name": partial.name,
        "job_uri": str(job.path / job.name),
    }
    return DynamicLock(*PARTIAL_CLASS, partial.holder_path(job), fields)


def write(job: JobFolder, locks: Sequence[DynamicLock]) -> None:
    """Replaces `locks.json`; without locks, removes it: what was needed once is not any more.

    Readable by whoever may read the job. Its caller holds `N.lock`.
    """
    if locks:
        atomic.replace_json(
            job.locks_json, {"dynamic_locks": [lock.to_json() for lock in locks]}, durable=False
        )
    else:
        remove(job)


def read(job: JobFolder) -> list[DynamicLock]:
    """What a job must hold; empty when there is no file.

    Raises:
        DamagedRecord: The file, or an entry, is not understood: to run without a lock is worse
            than not to run.
    """
    value = atomic.read_json_object(job.locks_json)
    if value is None:
        return []
    entries = value.get("dynamic_locks")
    if not isinstance(entries, list):
        raise DamagedRecord(job.locks_json, "no list `dynamic_locks` in it")
    return [_entry(job, entry) for entry in entries]


def remove(job: JobFolder) -> None:
    """Removes `locks.json`: the job has released what it held, or needs nothing any more."""
    fs.remove(job.locks_json)


def confirm(job: JobFolder, process: ProcessRecord) -> list[DynamicLock]:
    """Called in the process of a job, before its task: says that this process uses the locks.

    Returns:
        The tokens and partials that the job does not hold (any more): it must not run.

    Raises:
        DamagedRecord: `locks.json` is not understood.
        LockTimeout: A lock was not free for 10 s.
    """
    return [
        lock for lock in read(job) if lock.is_known and not _holders(lock).set_process(job, process)
    ]


def release(job: JobFolder) -> None:
    """Called in the process of a job, when its task is over: takes back its tokens and partials.

    `locks.json` goes with them.

    Raises:
        DamagedRecord: `locks.json` is not understood.
        LockTimeout: A lock was not free for 10 s; those before it are released.
    """
    for lock in read(job):
        if lock.is_known:
            _holders(lock).release(job)
    remove(job)


def _holders(lock: DynamicLock) -> Holders:
    return Holders(HoldersFolder(lock.lock_file_path.parent.parent))


def _entry(job: JobFolder, entry: Any) -> DynamicLock:
    fields = dict(entry) if isinstance(entry, dict) else {}
    module, name = text(fields.pop("module", None)), text(fields.pop("class", None))
    path = text(fields.pop("lock_file_path", None))
    if not (module and name and path):
        raise DamagedRecord(
            job.locks_json, "an entry without `module`, `class` or `lock_file_path`"
        )
    return DynamicLock(module, name, Path(path), fields)

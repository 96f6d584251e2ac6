"""Partial folders: shared by the jobs that differ in excluded parameters, one job at a time."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from xpm_store import atomic, fs
from xpm_store.errors import DamagedRecord
from xpm_store.holders import Holder, Holders
from xpm_store.layout import JobFolder, partial_holders
from xpm_store.records.fields import integer
from xpm_store.records.jobs import ProcessRecord

__all__ = ["PartialFolder"]


class PartialFolder:
    """A partial folder, `partials/T/name/H'`: what it holds, and which job uses it.

    Concurrency: any process and thread. Unlike 2.x, a job does not hold the lock while it runs
    (its file is enough, for 2.x too), so that nobody is held up by asking.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is touched yet; `Workspace.partial` gives the path."""
        self.path = path
        self._folder = partial_holders(path)
        self._holders = Holders(self._folder)

    @property
    def name(self) -> str:
        """The name of the partial in the class of the task."""
        return self.path.parent.name

    @property
    def watched(self) -> Path:
        """The folder that changes when the partial is taken or released."""
        return self._folder.jobs

    def holder_path(self, job: JobFolder) -> Path:
        """The file that says that a job holds the partial (`lock_file_path` in `locks.json`)."""
        return self._folder.holder(job)

    def create(self) -> None:
        """Makes the folder, and what its lock needs; one that exists is fine.

        Raises:
            StorageError: The file system refused.
        """
        fs.make_folder(self._folder.jobs)
        if not self._folder.informations.exists():
            atomic.replace_json(self._folder.informations, {"max_write_locks": 1}, durable=False)

    def link(self, job: JobFolder) -> None:
        """Links the partial into the folder of a job: that is what keeps it from clean-up."""
        atomic.replace_link(job.partial_links / self.name, self.path)

    def try_acquire(self, job: JobFolder) -> bool:
        """Gives the folder to a job if no other one uses it; never waits.

        What a dead job holds is taken back first.

        Returns:
            Whether the job holds it. False too while a job of 2.x holds the lock itself.

        Raises:
            StorageError: The file system refused; the job does not hold it.
        """
        self.create()
        return self._holders.try_acquire(job, {"partial_name": self.name}, self._capacity)

    def set_process(self, job: JobFolder, process: ProcessRecord) -> bool:
        """Says which process uses the folder; False when the job does not hold it (any more).

        Raises:
            LockTimeout: The lock of the partial was not free for 10 s.
        """
        return self._holders.set_process(job, process)

    def release(self, job: JobFolder) -> bool:
        """Takes the folder back from a job; False when it did not hold it.

        Raises:
            LockTimeout: The lock of the partial was not free for 10 s.
        """
        return self._holders.release(job)

    def holder(self, job: JobFolder) -> Holder | None:
        """What is written of a job; None when it does not hold the folder."""
        return self._holders.holder(job)

    def holders(self) -> list[Holder]:
        """The job that uses the folder, if any (several if 2.x settings allow it)."""
        return self._holders.all()[0]

    def reap(self) -> list[Holder]:
        """Takes the folder back from jobs that are dead beyond doubt, and says which."""
        return self._holders.reap()

    def _capacity(self) -> int:
        value = None
        with suppress(DamagedRecord):  # the lock of a partial never allowed more than one
            value = atomic.read_json_object(self._folder.informations)
        return max(integer((value or {}).get("max_write_locks")) or 1, 1)

    def __repr__(self) -> str:
        return f"PartialFolder({str(self.path)!r})"

"""Counter tokens: so many units, shared by the jobs of all the experiments of a user."""

from __future__ import annotations

from pathlib import Path

from xpm_store import atomic, fs
from xpm_store.errors import NotEnoughUnits
from xpm_store.holders import LOCK_TIMEOUT_S, Holder, Holders
from xpm_store.layout import HoldersFolder, JobFolder, token_holders, tokens_base
from xpm_store.locks import FileLock
from xpm_store.records.fields import integer
from xpm_store.records.jobs import ProcessRecord

__all__ = ["TokenFolder"]


class TokenFolder:
    """A counter token: its folder says how many units there are, and which jobs hold them.

    Concurrency: any process and thread, of any version from 2.3 on.
    """

    def __init__(self, base: Path | None, name: str) -> None:
        """Nothing is touched yet.

        Args:
            base: The folder that has a folder `tokens`; None for that of the user.
            name: The name of the token.
        """
        self._open(name, token_holders(base or tokens_base(), name))

    @classmethod
    def at(cls, path: Path, name: str | None = None) -> TokenFolder:
        """The token kept in a folder of its own, wherever it is; named after it by default."""
        token = cls.__new__(cls)
        token._open(name or path.name.removesuffix(".counter"), HoldersFolder(path))
        return token

    def _open(self, name: str, folder: HoldersFolder) -> None:
        self.name = name
        self._folder = folder
        self._holders = Holders(folder)

    @property
    def path(self) -> Path:
        """The folder of the token."""
        return self._folder.path

    @property
    def watched(self) -> Path:
        """The folder that changes when units are taken or released."""
        return self._folder.jobs

    def holder_path(self, job: JobFolder) -> Path:
        """The file that says what a job holds (`lock_file_path` in `locks.json`)."""
        return self._folder.holder(job)

    @property
    def total(self) -> int:
        """How many units there are; 0 as long as nobody said.

        Raises:
            DamagedRecord: The file that says it holds something else.
        """
        value = atomic.read_json_object(self._folder.informations)
        return max(integer((value or {}).get("total")) or 0, 0)

    def set_total(self, total: int) -> None:
        """Says how many units there are; the last one who says it is right.

        Fewer than are held now takes nothing from anyone: those who come wait until enough are
        released.

        Raises:
            ValueError: The total is negative.
            StorageError: The file system refused.
        """
        if total < 0:
            raise ValueError(f"token {self.name}: a total of {total} units; expected 0 or more")
        # those who wait watch it
        fs.make_folder(self._folder.jobs)
        with FileLock(self._folder.lock).hold(LOCK_TIMEOUT_S):
            atomic.replace_json(self._folder.informations, {"total": total})

    def try_acquire(self, job: JobFolder, count: int = 1) -> bool:
        """Gives units to a job if that many are free; never waits for other jobs.

        What dead jobs hold is taken back first, when it is needed. A job that holds some already
        holds `count` in all afterwards.

        Args:
            job: The job; its scheduler holds `N.lock`.
            count: How many units, at least 1.

        Returns:
            Whether the job holds them. When not, something changes in `watched` once it may.

        Raises:
            NotEnoughUnits: The token has fewer in all.
            StorageError: The file system refused; the job holds nothing more.
        """
        if count < 1:
            raise ValueError(f"token {self.name}: {count} units asked for; expected 1 or more")
        total = self.total
        if count > total:
            raise NotEnoughUnits(self.name, count, total)
        return self._holders.try_acquire(job, {"count": count}, lambda: self.total)

    def set_process(self, job: JobFolder, process: ProcessRecord) -> bool:
        """Says which process uses the units of a job: from now on its life is what counts.

        Returns:
            False when the job holds none (any more): nothing is written.

        Raises:
            LockTimeout: The lock of the token was not free for 10 s.
        """
        return self._holders.set_process(job, process)

    def release(self, job: JobFolder) -> bool:
        """Takes back the units of a job; False when it held none.

        Raises:
            LockTimeout: The lock of the token was not free for 10 s.
        """
        return self._holders.release(job)

    def holder(self, job: JobFolder) -> Holder | None:
        """What a job holds; None when it holds nothing."""
        return self._holders.holder(job)

    def holders(self) -> list[Holder]:
        """The jobs that hold units, oldest first; changes nothing."""
        return self._holders.all()[0]

    def available(self) -> int:
        """How many units are free, dead holders not being looked at; changes nothing."""
        holders, problems = self._holders.all()
        return max(self.total - len(problems) - sum(holder.count for holder in holders), 0)

    def reap(self) -> list[Holder]:
        """Takes back the units of jobs that are dead beyond doubt, and says which."""
        return self._holders.reap()

    def __repr__(self) -> str:
        return f"TokenFolder({str(self.path)!r})"

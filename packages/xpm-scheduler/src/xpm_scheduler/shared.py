"""What jobs share and must hold while they run: units of a token, a partial folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_store import dynamic_locks
from xpm_store.partials import PartialFolder
from xpm_store.tokens import TokenFolder

if TYPE_CHECKING:
    from xpm_store.dynamic_locks import DynamicLock
    from xpm_store.layout import JobFolder

__all__ = ["Demand", "PartialDemand", "TokenDemand", "give_back", "take_all"]


class Demand(ABC):
    """Something that a job must hold while it runs. Small and immutable: jobs may share one."""

    __slots__ = ()

    @property
    @abstractmethod
    def path(self) -> Path:
        """The folder of what is shared: demands of the same path compete."""

    @property
    @abstractmethod
    def watched(self) -> Path:
        """The folder that changes when some of it is taken or given back."""

    @abstractmethod
    def describe(self) -> str:
        """What is waited for, for a person."""

    @abstractmethod
    def is_free(self, job: JobFolder) -> bool:
        """Whether a job could hold it now, dead holders left out."""

    @abstractmethod
    def try_take(self, job: JobFolder) -> bool:
        """Gives it to a job if there is enough of it; never waits for other jobs."""

    @abstractmethod
    def release(self, job: JobFolder) -> None:
        """Takes it back."""

    @abstractmethod
    def lock(self, job: JobFolder) -> DynamicLock:
        """What the process of the job is told of it."""


@dataclass(frozen=True, slots=True)
class TokenDemand(Demand):
    """Units of a counter token."""

    token: TokenFolder
    count: int

    @property
    def path(self) -> Path:
        """The folder of the token."""
        return self.token.path

    @property
    def watched(self) -> Path:
        """A file there for each job that holds some."""
        return self.token.watched

    def describe(self) -> str:
        """Which token, and how many units."""
        units = "unit" if self.count == 1 else "units"
        return f"{self.count} {units} of the token {self.token.name!r}"

    def is_free(self, job: JobFolder) -> bool:
        """Whether there are enough units, or will never be: taking them says so."""
        if self.token.available() >= self.count or self.token.holder(job) is not None:
            return True
        if self.count > self.token.total:
            return True
        return bool(self.token.reap()) and self.token.available() >= self.count

    def try_take(self, job: JobFolder) -> bool:
        """Takes the units, all or none.

        Raises:
            NotEnoughUnits: The token has fewer in all.
        """
        return self.token.try_acquire(job, self.count)

    def release(self, job: JobFolder) -> None:
        """Gives the units back."""
        self.token.release(job)

    def lock(self, job: JobFolder) -> DynamicLock:
        """The entry of `locks.json`."""
        return dynamic_locks.token_lock(self.token, job, self.count)


@dataclass(frozen=True, slots=True)
class PartialDemand(Demand):
    """A partial folder, for one job at a time."""

    partial: PartialFolder

    @property
    def path(self) -> Path:
        """The partial folder."""
        return self.partial.path

    @property
    def watched(self) -> Path:
        """A file there for the job that uses it."""
        return self.partial.watched

    def describe(self) -> str:
        """Which folder."""
        return f"the partial folder {self.partial.path}"

    def is_free(self, job: JobFolder) -> bool:
        """Whether no other job uses it."""
        others = [holder for holder in self.partial.holders() if holder.job != job]
        return not others or len(self.partial.reap()) >= len(others)

    def try_take(self, job: JobFolder) -> bool:
        """Takes the folder, and links it into that of the job."""
        if not self.partial.try_acquire(job):
            return False
        self.partial.link(job)
        return True

    def release(self, job: JobFolder) -> None:
        """Lets other jobs use it."""
        self.partial.release(job)

    def lock(self, job: JobFolder) -> DynamicLock:
        """The entry of `locks.json`."""
        return dynamic_locks.partial_lock(self.partial, job)


def take_all(demands: Sequence[Demand], job: JobFolder) -> Demand | None:
    """Takes all that a job needs, or nothing; never waits for other jobs.

    They are taken in the order of their paths, the same for all schedulers, once all were seen
    free: two jobs that want the same two things do not undo each other's work for ever.

    Args:
        demands: What the job needs, in the order of their paths.
        job: The job; the caller holds its `N.lock`.

    Returns:
        The demand that was refused; None when the job holds all.

    Raises:
        StoreError: A request can never be met, or the file system refused; the job holds nothing.
    """
    if len(demands) > 1:
        for demand in demands:
            if not demand.is_free(job):
                return demand
    taken: list[Demand] = []
    refused = None
    try:
        for demand in demands:
            if not demand.try_take(job):
                refused = demand
                break
            taken.append(demand)
        else:
            dynamic_locks.write(job, [demand.lock(job) for demand in demands])
            taken.clear()
    finally:
        for demand in taken:
            demand.release(job)
    return refused


def give_back(job: JobFolder) -> None:
    """Takes back what a job that is over still holds, whoever took it for it.

    Concurrency: the caller holds `N.lock`: nobody has started the job again.
    """
    dynamic_locks.release(job)

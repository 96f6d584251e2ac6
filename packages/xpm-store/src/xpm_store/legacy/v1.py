"""The experiments of a workspace of experimaestro 1, each read as one run named `v1`.

There, `xp/X/jobs/T/H` and `xp/X/jobs.bak/T/H` are links to the folders of the jobs; nothing else
is kept of an experiment. The folders of jobs are those of 2.x, without records nor events.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xpm_store.errors import StorageError
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import is_locked

__all__ = ["V1_RUN", "V1Experiment", "V1Job", "v1_experiments"]

V1_RUN = "v1"
"""The name of the one run of an experiment of version 1."""


@dataclass(frozen=True, slots=True)
class V1Job:
    """A job that an experiment of version 1 links to.

    Attributes:
        folder: Its folder, which may be gone.
        linked_at: When it was linked, in seconds since 1970.
    """

    folder: JobFolder
    linked_at: float


@dataclass(frozen=True, slots=True)
class V1Experiment:
    """An experiment of version 1, `xp/X`."""

    path: Path

    @property
    def workspace(self) -> Workspace:
        """The workspace it is in."""
        return Workspace(self.path.parent.parent)

    @property
    def experiment_id(self) -> str:
        """The name of the experiment, `X`."""
        return self.path.name

    @property
    def links(self) -> tuple[Path, Path]:
        """The folders of links to jobs: of the last run, then of the one before it."""
        return self.path / "jobs", self.path / "jobs.bak"

    @property
    def lock(self) -> Path:
        """Held by the program that runs the experiment."""
        return self.path / "lock"

    @property
    def is_locked(self) -> bool:
        """Whether a program runs the experiment now."""
        return is_locked(self.lock)

    def jobs(self) -> list[V1Job]:
        """The jobs of both folders, each once, oldest link first."""
        found: dict[tuple[str, str], V1Job] = {}
        for folder in self.links:
            for link, linked_at in _links(folder):
                job = self.workspace.job(link.parent.name, link.name)
                found.setdefault((job.task_id, job.job_id), V1Job(job, linked_at))
        return sorted(found.values(), key=lambda job: (job.linked_at, job.folder.path))

    def changed_at(self) -> float:
        """When the folder was last changed, in seconds since 1970."""
        return self.path.stat().st_mtime


def v1_experiments(workspace: Workspace) -> list[V1Experiment]:
    """The experiments of version 1 that a workspace still holds, by name; changes nothing.

    Raises:
        StorageError: The folder cannot be listed.
    """
    folder = workspace.v1_experiments
    if folder.is_symlink() or not folder.is_dir():
        return []
    found = [V1Experiment(path) for path in _folders(folder)]
    return [one for one in found if any(links.is_dir() for links in one.links)]


def _links(folder: Path) -> Iterator[tuple[Path, float]]:
    for task in _folders(folder):
        with os.scandir(task) as entries:
            for entry in entries:
                if entry.name[0] != ".":
                    yield Path(entry.path), entry.stat(follow_symlinks=False).st_mtime


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError("list", folder, error) from error

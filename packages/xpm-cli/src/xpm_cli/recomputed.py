"""Jobs whose identifier is not the one that the present code computes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.errors import ConfigError
from xpm_config.serialization.loader import Loader, Paths
from xpm_store.records import read_params

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_store.layout import JobFolder, Workspace


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A job, under the identity that the present code gives to its parameters.

    Attributes:
        folder: Its folder.
        task_id: The task, as it is called now.
        job_id: The identifier, as it is computed now.
        problem: Why it could not be computed; the two others are then those of the folder.
    """

    folder: JobFolder
    task_id: str
    job_id: str
    problem: str | None = None

    @property
    def is_changed(self) -> bool:
        """Whether the present code would not find the job."""
        return (self.task_id, self.job_id) != (self.folder.task_id, self.folder.job_id)


def recompute(folder: JobFolder) -> Recomputed:
    """The identity of a job for the present code; the classes of the user are imported."""
    try:
        objects: list[dict[str, Any]] = [dict(item) for item in read_params(folder)["objects"]]
        for item in objects:
            item.pop("identifier", None)  # what is stored would be trusted
        paths = Paths(folder.path, folder.workspace.root)
        loader = Loader(folder.params, as_instance=False, paths=paths)
        loader.load(objects)
        config = loader.object(objects[-1]["id"])
        info = config.__xpm__
        return Recomputed(folder, str(info.xpmtype.name), str(info.identifier))
    except (ConfigError, ImportError, LookupError, OSError, ValueError) as error:
        message = f"{type(error).__name__}: {error}"
        return Recomputed(folder, folder.task_id, folder.job_id, message)


def recomputed_jobs(workspace: Workspace) -> Iterator[Recomputed]:
    """The jobs of a workspace that have parameters, each under its present identity."""
    for folder in workspace.job_folders():
        if folder.params.is_file() and not folder.path.is_symlink():
            yield recompute(folder)


def link(job: Recomputed, workspace: Workspace) -> str | None:
    """Have the present code find a job: a link leads from its new place to its folder.

    Returns:
        What prevents it; None when the link is there.
    """
    new = workspace.job(job.task_id, job.job_id)
    if new.path.exists() and not new.path.samefile(job.folder.path):
        return "a job of the new identifier is there already"
    new.path.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(new.path):
        new.path.symlink_to(os.path.relpath(job.folder.path, new.path.parent))
    if new.name != job.folder.name and job.folder.done.exists():
        # the markers are named after the task, which has another name now
        marker: Path = new.done
        if not marker.exists():
            marker.symlink_to(job.folder.done.name)
    return None

"""A workspace as experimaestro 1 left it."""

from __future__ import annotations

import os
from pathlib import Path

from xpm_store.layout import JobFolder, Workspace

TRAIN, EVALUATE = "lab.train", "lab.evaluate"
DONE, FAILED, OLD, UNSTARTED = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)
CHANGED_AT = 1_600_000_000.0


class V1:
    """Writes it; the times of all folders are known."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root)
        root.mkdir(parents=True)
        self.workspace.marker.touch()

    def job(self, task: str, job_id: str, *, done: bool | None) -> JobFolder:
        """The folder of a job that is done, failed, or neither."""
        folder = self.workspace.job(task, job_id)
        folder.path.mkdir(parents=True)
        folder.params.write_text('{"objects": [], "tags": {}}')
        os.utime(folder.params, (CHANGED_AT - 100, CHANGED_AT - 100))
        if done is not None:
            marker = folder.done if done else folder.failed
            marker.write_text("" if done else "1")
            os.utime(marker, (CHANGED_AT - 50, CHANGED_AT - 50))
        return folder

    def link(self, experiment: str, folder: JobFolder, links: str = "jobs") -> Path:
        """Links a job to an experiment, as 1.x does: with a relative path."""
        link = self.workspace.v1_experiments / experiment / links / folder.task_id / folder.job_id
        link.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * 5
        link.symlink_to(f"{up}jobs/{folder.task_id}/{folder.job_id}")
        os.utime(link, (CHANGED_AT - 100, CHANGED_AT - 100), follow_symlinks=False)
        self._set_times(experiment)
        return link

    def _set_times(self, experiment: str) -> None:
        os.utime(self.workspace.v1_experiments / experiment, (CHANGED_AT, CHANGED_AT))


def write(root: Path) -> V1:
    """Two experiments: one with a failed job and one of the run before, one that is done."""
    v1 = V1(root)
    done = v1.job(TRAIN, DONE, done=True)
    v1.link("mixed", done)
    v1.link("mixed", v1.job(EVALUATE, FAILED, done=False))
    v1.link("mixed", v1.job(TRAIN, OLD, done=True), links="jobs.bak")
    v1.link("mixed", done, links="jobs.bak")
    v1.link("fine", done)
    return v1

"""The end of transient jobs: the folders that nobody wants to keep are removed."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING

from xpm_store.states import JobState

from xpm_scheduler import disk

if TYPE_CHECKING:
    from xpm_store.recorders import RunRecorder

    from xpm_scheduler.job import Job

__all__ = ["remove_transient"]

logger = logging.getLogger("xpm")


def remove_transient(jobs: Iterable[Job], recorder: RunRecorder) -> None:
    """Removes the folders of the jobs submitted with `REMOVE`, once the run has succeeded.

    A job that another experiment follows, or whose folder is locked, is kept.
    """
    for job in jobs:
        if not job.transient.should_remove or job.state is not JobState.DONE or job.experiments:
            continue
        lock = disk.lock_of(job.folder)
        if not lock.acquire(0):
            continue
        with lock:
            try:
                shutil.rmtree(job.path)
            except OSError as error:
                logger.warning("the transient job %s cannot be removed: %s", job.path, error)
                continue
        recorder.job_removed(job.identifier, job.task_id)

"""What an experiment says when it is left: which jobs failed and why, which go on."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_store.states import FailureReason, JobState

if TYPE_CHECKING:
    from xpm_scheduler.job import Job

__all__ = ["report_failures", "report_running", "tail"]

logger = logging.getLogger("xpm")

_TAIL_LINES = 8
_TAIL_BYTES = 4096
_MOST_JOBS = 20


def report_failures(jobs: Sequence[Job]) -> None:
    """Says which jobs failed by themselves, with their log and its last lines, and how many others.

    Args:
        jobs: All the jobs in error.
    """
    own = [job for job in jobs if job.failure_reason is not FailureReason.DEPENDENCY]
    for job in own[:_MOST_JOBS]:
        reason = job.failure_reason or FailureReason.FAILED
        why = f": {job.message}" if job.message else ""
        lines = "".join(f"\n    {line}" for line in tail(job.stderr))
        logger.error(
            "job %s/%s failed (%s)%s; its log is %s%s",
            job.task_id,
            job.identifier,
            reason.value.lower(),
            why,
            job.stderr,
            lines,
        )
    others = len(jobs) - len(own)
    if len(own) > _MOST_JOBS:
        logger.error("… and %d more jobs failed", len(own) - _MOST_JOBS)
    if others:
        logger.error("%d %s not started, as they depend on those", others, _jobs_were(others))


def report_running(name: str, jobs: Sequence[Job]) -> None:
    """Says that jobs go on after the experiment was left."""
    running = sum(job.state.running() for job in jobs)
    waiting = sum(job.state is JobState.UNSCHEDULED for job in jobs)
    if running:
        logger.warning(
            "%s: %d %s still running and will go on; run the experiment again to find %s",
            name,
            running,
            "job is" if running == 1 else "jobs are",
            "it" if running == 1 else "them",
        )
    if waiting:
        logger.warning("%s: %d %s not started", name, waiting, _jobs_were(waiting))


def tail(path: Path) -> list[str]:
    """The last lines of a log; none when there is no log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-_TAIL_LINES:]


def _jobs_were(count: int) -> str:
    return "job was" if count == 1 else "jobs were"

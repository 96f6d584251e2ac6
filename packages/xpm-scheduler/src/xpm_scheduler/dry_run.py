"""What submitting does when nothing is run: tell what would be, and at most write the files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from xpm_config.modes import RunMode
from xpm_store.records import DiskState, job_state_on_disk
from xpm_store.states import FailureReason, JobState

if TYPE_CHECKING:
    from xpm_scheduler.job import Job

__all__ = ["simulate"]


def simulate(job: Job, mode: RunMode) -> None:
    """Prints on the standard error what would be done with a job; generates its files if asked.

    Nothing on disk is touched in a dry run. The job gets the state found on disk.
    """
    found = job_state_on_disk(job.folder) if job.path.exists() else DiskState(None)
    if found.state in (JobState.DONE, JobState.ERROR, JobState.RUNNING):
        job.state, job.failure_reason = found.state, found.reason
    tags = ", ".join(f"{name}={value}" for name, value in sorted(job.tags.items()))
    suffix = f" ({tags})" if tags else ""
    print(f"[{_word(job.state, found.reason)}] Simulating {job.relpath}{suffix}", file=sys.stderr)
    print(f"  launcher: {type(job.launcher).__name__}", file=sys.stderr)
    for dependency in job.dependencies:
        print(f"  depends on: {dependency.relpath}", file=sys.stderr)
    if mode is RunMode.GENERATE_ONLY and job.state is not JobState.RUNNING:
        _generate(job)


def _generate(job: Job) -> None:
    """Writes the parameters of a job, as a start would; a job that is done is left alone."""
    from xpm_scheduler import disk  # lazy: a dry run writes nothing
    from xpm_scheduler.launchers.script import write_script

    if job.state is JobState.DONE:
        return
    job.path.mkdir(parents=True, exist_ok=True)
    with disk.lock_of(job.folder):
        disk.write_parameters(job)
        environment = job.launcher.environment_for(
            workspace=job.workspace.environment, job=job.environ
        )
        write_script(job.folder, environment, job.python_path)


def _word(state: JobState, reason: FailureReason | None) -> str:
    if state is JobState.ERROR:
        return "failed" if reason is not FailureReason.DEPENDENCY else "not run"
    return state.value if state in (JobState.DONE, JobState.RUNNING) else "not run"

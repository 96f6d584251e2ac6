"""An experiment of version 1 as one run, put together from the folders of its jobs."""

from __future__ import annotations

from xpm_store.errors import DamagedRecord
from xpm_store.legacy.v1 import V1_RUN, V1Experiment
from xpm_store.loading import LoadedRun, load_job
from xpm_store.records import RunState, SubmittedJob, process_is_alive
from xpm_store.records.disk import job_state_on_disk
from xpm_store.state import RunView, settle, start_run
from xpm_store.states import JobState, RunStatus

__all__ = ["load_v1_run", "v1_run_state"]


def load_v1_run(experiment: V1Experiment) -> LoadedRun:
    """The one run of an experiment of version 1, named `v1`; changes nothing.

    Its jobs are those of both folders of links, without tags. Times are those of files. It runs
    while a program holds it or a job lives; it has failed if a job did, or was never ended.

    Complexity: a few files per job.
    """
    problems: list[DamagedRecord] = []
    view = start_run(RunState(experiment.experiment_id, V1_RUN), _submitted(experiment))
    is_running = experiment.is_locked
    for job_id, job in view.jobs.items():
        folder = experiment.workspace.job(job.task_id, job_id)
        shown, found = load_job(folder)
        problems += found
        shown.submitted_at = job.submitted_at
        view.jobs[job_id] = shown
        disk = job_state_on_disk(folder)
        if not disk.is_marked and disk.process is not None:
            is_running = is_running or process_is_alive(disk.process) is not False
    _complete(view)
    return LoadedRun(settle(view, is_locked=is_running), problems)


def v1_run_state(view: RunView, run_id: str) -> RunState:
    """The record of a run of 2.x that says what `load_v1_run` found."""
    ended = view.status is not RunStatus.RUNNING
    return RunState(
        view.experiment_id,
        run_id,
        view.status,
        started_at=view.started_at,
        ended_at=view.ended_at if ended else None,
        job_states={job_id: (job.state, job.reason) for job_id, job in view.jobs.items()},
    )


def _submitted(experiment: V1Experiment) -> list[SubmittedJob]:
    return [
        SubmittedJob(job.folder.job_id, job.folder.task_id, timestamp=job.linked_at)
        for job in experiment.jobs()
    ]


def _complete(view: RunView) -> None:
    """The status and the times of a run that wrote none."""
    jobs = list(view.jobs.values())
    begun = [job.submitted_at for job in jobs if job.submitted_at is not None]
    ended = [job.ended_at for job in jobs if job.ended_at is not None]
    view.started_at = min(begun, default=None)
    if all(job.state is JobState.DONE or job.state.is_error() for job in jobs):
        view.status = RunStatus.DONE
        view.ended_at = max(ended, default=view.started_at)

"""A workspace written by our recorders: an experiment of five jobs, live or finished."""

from __future__ import annotations

import os
from pathlib import Path

from xpm_store.layout import Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders import JobRecorder, RunRecorder
from xpm_store.records import Failure, JobStatus, ProcessRecord, SubmittedJob, write_params
from xpm_store.states import FailureReason, JobState, RunStatus

TRAIN, EVALUATE = "sample.tasks.train", "sample.tasks.evaluate"
FINE, BROKEN, LATE = "1" * 64, "2" * 64, "3" * 64
AFTER_BROKEN, UNUSED = "4" * 64, "5" * 64


def definition(job: SubmittedJob, number: int) -> dict[str, object]:
    """An object as `objects.jsonl` and `params.json` hold it."""
    return {
        "id": number,
        "module": "sample.tasks",
        "type": job.task_id.rpartition(".")[2].title(),
        "typename": job.task_id,
        "identifier": job.job_id,
        "fields": {},
    }


def create(workspace: Workspace, name: str = "sample") -> RunRecorder:
    """Begins a run; the lock of the experiment is held by the caller."""
    return RunRecorder.create(
        workspace,
        name,
        hostname=os.uname().nodename,
        environment={"python_version": "3.11.7", "packages": {}, "editable_packages": {}},
    )


def submit(recorder: RunRecorder) -> None:
    """Submits the jobs."""
    jobs = [
        SubmittedJob(FINE, TRAIN, {"lr": 0.1, "model": "small"}, timestamp=1.7e9),
        SubmittedJob(BROKEN, TRAIN, {"lr": 0.5, "model": "small"}, timestamp=1.7e9),
        SubmittedJob(LATE, EVALUATE, {"lr": 0.1}, (FINE,), timestamp=1.7e9),
        SubmittedJob(AFTER_BROKEN, EVALUATE, {"lr": 0.5}, (BROKEN,), timestamp=1.7e9),
        SubmittedJob(UNUSED, TRAIN, {}, (), 1, timestamp=1.7e9),
    ]
    for number, job in enumerate(jobs):
        recorder.job_submitted(job, [definition(job, number)])
        recorder.job_state(job.job_id, job.task_id, JobState.WAITING)
    recorder.job_state(UNUSED, TRAIN, JobState.TRANSIENT)
    recorder.action_added("a" * 64, "Export all", "sample.tasks.Export.XPMConfig")
    recorder.flush()


def begin(root: Path, name: str = "sample") -> tuple[Workspace, FileLock, RunRecorder]:
    """Begins a run and submits the jobs: the lock of the experiment is held."""
    workspace = Workspace(root)
    lock = FileLock(workspace.experiment(name).lock)
    lock.acquire()
    try:
        recorder = create(workspace, name)
        submit(recorder)
    except BaseException:
        lock.release()
        raise
    return workspace, lock, recorder


def launch(recorder: RunRecorder, job_id: str, task_id: str, pid: int) -> JobRecorder:
    """What the scheduler, then the job, do until the job runs."""
    folder = recorder.run.experiment.workspace.job(task_id, job_id)
    folder.private.mkdir(parents=True, exist_ok=True)
    process = ProcessRecord.local(pid)
    write_params(folder, {"workspace": str(folder.workspace.root), "version": 3, "objects": []})
    status = JobStatus(job_id, task_id, str(folder.path), JobState.SCHEDULED, process=process)
    status.scheduler_state = JobState.SCHEDULED
    status.write(folder)
    process.write(folder)
    recorder.job_state(job_id, task_id, JobState.SCHEDULED)
    job = JobRecorder(folder)
    job.started()
    job.progress(0, 0.0)
    job.progress(0, 0.5, "half way")
    return job


def end(recorder: RunRecorder, jobs: dict[str, JobRecorder]) -> RunStatus:
    """Ends the jobs that run (`BROKEN` fails), then the run."""
    for job_id, job in jobs.items():
        if job_id == BROKEN:
            failure = Failure(3, FailureReason.FAILED, "it broke")
            job.finished(JobState.ERROR, failure)
            recorder.job_state(job_id, TRAIN, JobState.ERROR, failure.reason)
            recorder.job_state(AFTER_BROKEN, EVALUATE, JobState.ERROR, FailureReason.DEPENDENCY)
        else:
            job.finished(JobState.DONE)
            recorder.job_state(job_id, job.folder.task_id, JobState.DONE)
    return recorder.complete(RunStatus.DONE)


def write_finished(root: Path, name: str = "sample") -> Workspace:
    """A workspace with one run, from its first line to its end."""
    workspace, lock, recorder = begin(root, name)
    jobs = {
        FINE: launch(recorder, FINE, TRAIN, os.getpid()),
        BROKEN: launch(recorder, BROKEN, TRAIN, os.getpid()),
    }
    jobs[LATE] = launch(recorder, LATE, EVALUATE, os.getpid())
    end(recorder, jobs)
    lock.release()
    return workspace


def write_live(root: Path) -> tuple[FileLock, RunRecorder, dict[str, JobRecorder]]:
    """A workspace with one run that goes on: a job is done, another runs."""
    _, lock, recorder = begin(root)
    fine = launch(recorder, FINE, TRAIN, os.getpid())
    fine.finished(JobState.DONE)
    recorder.job_state(FINE, TRAIN, JobState.DONE)
    running = launch(recorder, LATE, EVALUATE, os.getpid())
    return lock, recorder, {LATE: running}

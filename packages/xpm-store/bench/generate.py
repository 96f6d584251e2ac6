"""Workspaces of any size, made of the files that a scheduler and its jobs leave."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from xpm_store.events import JobChanged, JobProgressed, encode
from xpm_store.jsontext import encode as to_json
from xpm_store.layout import Workspace
from xpm_store.records import Environment, JobStatus, ProcessRecord, RunState, SubmittedJob
from xpm_store.states import FailureReason, JobState, RunStatus

TASKS = [f"lab.tasks.task{n}" for n in range(10)]
START = 1_790_000_000.0


@dataclass(frozen=True)
class Made:
    workspace: Workspace
    jobs: list[SubmittedJob]


def job_of(rank: int) -> SubmittedJob:
    """Job `rank`: 10 tasks, 3 tags, one dependency in two."""
    name = hashlib.sha256(str(rank).encode()).hexdigest()
    needs = (hashlib.sha256(str(rank - 1).encode()).hexdigest(),) if rank % 2 else ()
    tags = {"lr": 10.0 ** -(rank % 5), "model": f"model-{rank % 20}", "seed": rank}
    return SubmittedJob(name, TASKS[rank % 10], tags, needs, 0, START + rank * 0.01)


def make(root: Path, count: int, *, per_experiment: int = 5000) -> Made:
    """A workspace of `count` jobs that ended (one in 20 failed), in runs of `per_experiment`."""
    workspace = Workspace(root)
    root.mkdir(parents=True)
    workspace.marker.touch()
    workspace.job_events.mkdir(parents=True)
    workspace.experiment_events.mkdir()
    jobs = [job_of(rank) for rank in range(count)]
    for rank, job in enumerate(jobs):
        make_job(workspace, job, JobState.ERROR if rank % 20 == 7 else JobState.DONE)
    for start in range(0, count, per_experiment):
        make_run(
            workspace, f"sweep-{start // per_experiment}", jobs[start : start + per_experiment]
        )
    return Made(workspace, jobs)


def make_run(workspace: Workspace, experiment: str, jobs: list[SubmittedJob]) -> None:
    run = workspace.experiment(experiment).run("20260921_120000")
    run.events_dir.mkdir(parents=True)
    run.experiment.current.symlink_to(run.run_id)
    run.experiment.lock.touch()
    lines = "".join(to_json(job.to_json()) + "\n" for job in jobs)
    run.jobs_jsonl.write_text(lines)
    run.objects_jsonl.touch()
    times = (START, START + 3600)
    states = {job.job_id: state_of(workspace, job) for job in jobs}
    state = RunState(
        experiment, run.run_id, RunStatus.DONE, "host", *times, job_states=states,
        dependencies={job.job_id: job.depends_on for job in jobs},
    )  # fmt: skip
    run.status.write_text(to_json(state.to_json()))
    environment = Environment({"python_version": "3.11"}, "host", *times, RunStatus.DONE)
    environment.write(run)


def state_of(workspace: Workspace, job: SubmittedJob) -> tuple[JobState, FailureReason | None]:
    failed = workspace.job(job.task_id, job.job_id).failed.exists()
    return (JobState.ERROR, FailureReason.FAILED) if failed else (JobState.DONE, None)


def make_job(workspace: Workspace, job: SubmittedJob, state: JobState) -> None:
    folder = workspace.job(job.task_id, job.job_id)
    path, name = str(folder.path), folder.name
    folder.events_dir.mkdir(parents=True)
    at = job.timestamp + 5
    reason = FailureReason.FAILED if state is JobState.ERROR else None
    status = JobStatus(
        job.job_id, job.task_id, path, state, reason, state, reason, at, at + 60, 0,
        run_group_id="20260921-120000.01", events_count=0,
    )  # fmt: skip
    events = [
        JobChanged(at, job.job_id, job.task_id, JobState.RUNNING, None, at),
        JobProgressed(at, job.job_id, job.task_id, 0, 0.0),
        JobChanged(at + 60, job.job_id, job.task_id, state, reason, at, at + 60, 0),
    ]
    files = {
        "params.json": to_json({"workspace": str(workspace.root), "version": 3, "objects": []}),
        f"{name}.py": "#!/usr/bin/env python3\n",
        f"{name}.out": "done\n",
        f"{name}.err": "",
        f"{name}.lock": "",
        ".experimaestro/status.json": to_json(status.to_json()),
        ".experimaestro/events/event-0.jsonl": "".join(map(encode, events)),
    }
    if state is JobState.ERROR:
        files[f"{name}.failed"] = to_json({"code": 1, "reason": "failed"})
    else:
        files[f"{name}.done"] = ""
    for file, text in files.items():
        with open(f"{path}/{file}", "w", encoding="utf-8") as out:  # noqa: PTH123 - by the million
            out.write(text)


def start_jobs(workspace: Workspace, jobs: list[SubmittedJob]) -> None:
    """Makes jobs run: a folder with a living process, a record, and live events."""
    for job in jobs:
        folder = workspace.job(job.task_id, job.job_id)
        folder.private.mkdir(parents=True)
        status = JobStatus(
            job.job_id, job.task_id, str(folder.path), JobState.RUNNING, events_count=0
        )
        folder.status.write_text(to_json(status.to_json()))
        ProcessRecord.local(os.getpid()).write(folder)
        events = [JobChanged(job.timestamp, job.job_id, job.task_id, JobState.RUNNING, None, 1.0)]
        folder.live_event(0).write_text("".join(map(encode, events)))


def progress(workspace: Workspace, jobs: list[SubmittedJob], value: float) -> None:
    """Each job reports progress."""
    for job in jobs:
        with workspace.job(job.task_id, job.job_id).live_event(0).open("a") as out:
            out.write(encode(JobProgressed(job.timestamp, job.job_id, job.task_id, 0, value)))


def end_jobs(workspace: Workspace, jobs: list[SubmittedJob]) -> None:
    """Jobs that run end well."""
    for job in jobs:
        folder = workspace.job(job.task_id, job.job_id)
        status = JobStatus(job.job_id, job.task_id, str(folder.path), JobState.DONE)
        folder.status.write_text(to_json(status.to_json()))
        folder.pid.unlink()
        folder.done.touch()
        folder.live_event(0).unlink()

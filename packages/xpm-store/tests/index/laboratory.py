"""A small workspace written by our recorders, for the tests of the index."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders import JobRecorder, RunRecorder
from xpm_store.records import Failure, ProcessRecord, SubmittedJob
from xpm_store.states import JobState, RunStatus


class Lab:
    """Runs experiments in a workspace, with a clock of its own."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root)
        root.mkdir(parents=True, exist_ok=True)
        self.workspace.marker.touch()
        self.now = 1_790_000_000.0
        self.locks: dict[str, FileLock] = {}
        self.jobs: dict[str, JobRecorder] = {}

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    def begin(self, experiment: str) -> RunRecorder:
        lock = self.locks.setdefault(
            experiment, FileLock(self.workspace.experiment(experiment).lock)
        )
        assert lock.acquire(0)
        return RunRecorder.create(
            self.workspace, experiment, hostname="here", environment={}, clock=self.clock
        )

    def kill(self, run: RunRecorder) -> None:
        """The scheduler is gone: what it had written stays."""
        run.flush()
        self.locks[run.run.experiment_id].release()

    def end(self, run: RunRecorder, status: RunStatus = RunStatus.DONE) -> None:
        run.complete(status)
        self.locks[run.run.experiment_id].release()

    def folder(self, name: str, task: str = "lab.fit") -> JobFolder:
        return self.workspace.job(task, hashlib.sha256(name.encode()).hexdigest())

    def submit(self, run: RunRecorder, name: str, task: str = "lab.fit", **more: Any) -> JobFolder:
        folder = self.folder(name, task)
        run.job_submitted(SubmittedJob(folder.job_id, task, timestamp=self.clock(), **more), [])
        run.flush()
        return folder

    def start(self, run: RunRecorder, folder: JobFolder) -> JobRecorder:
        folder.private.mkdir(parents=True, exist_ok=True)
        run.job_state(folder.job_id, folder.task_id, JobState.SCHEDULED)
        ProcessRecord.local(os.getpid()).write(folder)
        job = JobRecorder(folder, clock=self.clock)
        job.started()
        run.flush()
        return job

    def finish(self, run: RunRecorder, job: JobRecorder, *, failure: Failure | None = None) -> None:
        state = JobState.DONE if failure is None else JobState.ERROR
        job.finished(state, failure)
        folder = job.folder
        folder.pid.unlink(missing_ok=True)
        run.job_state(
            folder.job_id, folder.task_id, state, None if failure is None else failure.reason
        )
        run.flush()

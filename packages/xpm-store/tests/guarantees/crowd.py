"""What each process of a crowd does to one workspace: it writes, looks, removes, or prunes."""

from __future__ import annotations

import os
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from xpm_store.cleanup import remove_jobs
from xpm_store.errors import NotRestored, StorageError
from xpm_store.history import prune_history
from xpm_store.index import Index
from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders import JobRecorder, RunRecorder
from xpm_store.records import Failure, ProcessRecord, SubmittedJob
from xpm_store.settings import HistorySettings
from xpm_store.states import FailureReason, JobState, RunStatus
from xpm_store.trash import Trash

TASKS = ("crowd.train", "crowd.evaluate")
POOL = 12
"""Jobs are few, and shared by all writers: they meet."""


class Writer:
    """Runs an experiment again and again, as a scheduler and its jobs do."""

    def __init__(self, workspace: Workspace, chance: random.Random, name: str) -> None:
        self.workspace, self.chance, self.name = workspace, chance, name

    def step(self) -> None:
        """One run: jobs are submitted, some are executed, and it ends, or is killed."""
        experiment = self.workspace.experiment(self.name)
        with FileLock(experiment.lock):
            run = RunRecorder.create(self.workspace, self.name, hostname="here", environment={})
            for _ in range(self.chance.randint(1, 6)):
                self._job(run)
            if self.chance.random() < 0.25:
                run.flush()
                run.close()  # killed
                return
            run.complete(RunStatus.DONE)
            prune_history(experiment, run.run_id, HistorySettings(3, 1))

    def _job(self, run: RunRecorder) -> None:
        number = self.chance.randrange(POOL)
        task = TASKS[number % len(TASKS)]
        folder = self.workspace.job(task, f"{number:064x}")
        tags = {"n": number, "by": self.name}
        run.job_submitted(SubmittedJob(folder.job_id, task, tags, timestamp=1.7e9 + number), [])
        lock = FileLock(folder.lock)
        if not lock.acquire(0):
            return
        try:
            self._execute(run, folder)
        finally:
            lock.release()

    def _execute(self, run: RunRecorder, folder: JobFolder) -> None:
        job_id, task = folder.job_id, folder.task_id
        if folder.done.exists():
            run.job_state(job_id, task, JobState.DONE)
            return
        ProcessRecord.local(os.getpid()).write(folder)
        run.job_state(job_id, task, JobState.SCHEDULED)
        job = JobRecorder(folder)
        job.started()
        job.progress(0, 0.5, "half way")
        if self.chance.random() < 0.3:
            failure = Failure(3, FailureReason.FAILED, "it broke")
            job.finished(JobState.ERROR, failure)
            run.job_state(job_id, task, JobState.ERROR, failure.reason)
        else:
            job.finished(JobState.DONE)
            run.job_state(job_id, task, JobState.DONE)


class Reader:
    """Keeps the index up to date, and asks; now and then the index is deleted under all."""

    def __init__(self, workspace: Workspace, chance: random.Random, name: str) -> None:
        self.chance = chance
        self.index = Index.open(workspace)

    def step(self) -> None:
        """One look at the workspace."""
        self.index.sync()
        self.index.experiments()
        self.index.jobs(where='@state = "done"', limit=10)
        self.index.orphans()
        if self.chance.random() < 0.05:
            self.index.path.unlink(missing_ok=True)


class Remover:
    """Moves jobs to the trash, brings some back, empties it."""

    def __init__(self, workspace: Workspace, chance: random.Random, name: str) -> None:
        self.workspace, self.chance = workspace, chance
        self.index = Index.open(workspace)

    def step(self) -> None:
        """One removal."""
        self.index.sync()
        rows = self.index.jobs()
        some = self.chance.sample(rows, min(len(rows), self.chance.randint(1, 3)))
        removal = remove_jobs(self.workspace, [JobFolder(row.path) for row in some], "crowd")
        trash = Trash(self.workspace)
        for entry in removal.entries:
            if self.chance.random() < 0.3 and not any(
                (self.workspace.root / path).exists() for path in entry.paths
            ):
                self._restore(trash, entry.entry_id)
        if self.chance.random() < 0.2:
            trash.empty()

    def _restore(self, trash: Trash, entry_id: str) -> None:
        # a writer may be faster, or the trash be emptied meanwhile
        with suppress(NotRestored, StorageError):
            trash.restore(entry_id)


Role = Callable[[Workspace, random.Random, str], Writer | Reader | Remover]
ROLES: tuple[Role, ...] = (Writer, Writer, Writer, Writer, Reader, Reader, Remover, Remover)


def run(workspace: Workspace, turns: Callable[[], Iterator[object]], logs: Path) -> int:
    """Lets eight processes work at once; returns how many steps they made.

    Args:
        workspace: Where.
        turns: Gives each process its turns.
        logs: A folder for what goes wrong.

    Raises:
        AssertionError: One of them failed; with its traceback.
    """
    children = []
    for number, role in enumerate(ROLES):
        log = logs / f"{number}.log"
        pid = os.fork()
        if pid == 0:
            os._exit(_work(workspace, role, number, turns, log))
        children.append((pid, log))
    failed = [log for pid, log in children if os.waitpid(pid, 0)[1] != 0]
    assert not failed, "\n".join(log.read_text() for log in failed)
    return sum(int(log.read_text()) for _, log in children)


def _work(
    workspace: Workspace,
    role: Role,
    number: int,
    turns: Callable[[], Iterator[object]],
    log: Path,
) -> int:
    steps = 0
    try:
        worker = role(workspace, random.Random(number), f"x{number}")
        for _ in turns():
            worker.step()
            steps += 1
    except BaseException:
        log.write_text(f"{role} {number}, step {steps}\n{traceback.format_exc()}")
        sys.stderr.flush()
        return 1
    log.write_text(str(steps))
    return 0

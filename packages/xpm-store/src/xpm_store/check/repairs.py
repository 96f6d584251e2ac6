"""What is done about what a check found: nothing is lost, what is removed goes to the trash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from xpm_store import atomic, fs, jsontext
from xpm_store.check.findings import Finding, Remedy, Repaired
from xpm_store.errors import DamagedRecord, StoreError
from xpm_store.holders import Holders
from xpm_store.layout import ExperimentFolder, HoldersFolder, JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders import recover_killed_runs
from xpm_store.records import Failure, JobStatus, job_state_on_disk
from xpm_store.states import FailureReason, JobState
from xpm_store.trash import Trash

__all__ = ["repair"]

REASON = "check --repair"
"""Why it is in the trash."""


def repair(workspace: Workspace, findings: Iterable[Finding]) -> list[Repaired]:
    """Mends what can be mended; each finding by itself, in the order given.

    Concurrency: takes the lock of what it changes; what is in use is left, and told.
    Durability: what is removed is in the trash of the workspace, from which it can be restored.

    Returns:
        What became of each.
    """
    return [_repair(workspace, finding) for finding in findings]


def _repair(workspace: Workspace, finding: Finding) -> Repaired:
    if finding.remedy is None:
        return Repaired(finding, obstacle="a person must look at it")
    try:
        done, trash = _REMEDIES[finding.remedy](workspace, finding.path)
    except _InUseError as obstacle:
        return Repaired(finding, obstacle=str(obstacle))
    except StoreError as error:
        return Repaired(finding, obstacle=str(error))
    return Repaired(finding, done, trash=trash)


_Outcome = tuple[str, str | None]
"""What was done, and the entry of the trash."""


class _InUseError(Exception):
    """Someone holds what would be changed."""


@contextmanager
def _held(*paths: Path) -> Iterator[None]:
    """Holds locks, if they are free."""
    with ExitStack() as held:
        for path in paths:
            lock = FileLock(path)
            if not lock.acquire(0):
                holder = lock.owner() or "another process"
                raise _InUseError(f"in use: {path} is held by {holder}")
            held.callback(lock.release)
        yield


def _locks_of(workspace: Workspace, path: Path) -> tuple[Path, ...]:
    """The locks of the run or job that a file belongs to; both paths of those of a job."""
    parts = list(path.relative_to(workspace.root).parts)
    if parts[0] == "jobs" and len(parts) > 3:
        job = JobFolder(workspace.root.joinpath(*parts[:3]))
        return job.lock, job.reader_lock
    if parts[0] == "experiments" and len(parts) > 2:
        return (ExperimentFolder(workspace.root.joinpath(*parts[:2])).lock,)
    if parts[0] == "carbon":
        return (workspace.carbon / ".lock",)
    return ()


def _experiment_of(workspace: Workspace, path: Path) -> ExperimentFolder:
    """The experiment of a file of a run, or of a file of events."""
    parts = path.relative_to(workspace.root).parts
    if parts[0] == "experiments":
        return workspace.experiment(parts[1])
    if len(parts) > 3:  # those of 2.1 have a folder per experiment
        return workspace.experiment(parts[2])
    return workspace.experiment(path.stem.rpartition("-")[0])


def _close_run(workspace: Workspace, path: Path) -> _Outcome:
    experiment = _experiment_of(workspace, path)
    with _held(experiment.lock):
        trash = None
        with suppress(DamagedRecord):
            atomic.read_json_object(path)
            return _recover(experiment), None
        if path.name == "status.json":
            trash = _put(workspace, path)
        return _recover(experiment), trash


def _recover(experiment: ExperimentFolder) -> str:
    closed = recover_killed_runs(experiment)
    names = ", ".join(run.run_id for run in closed)
    return f"closed {names}" if names else "put its events away"


def _link_current(workspace: Workspace, path: Path) -> _Outcome:
    experiment = ExperimentFolder(path.parent)
    with _held(experiment.lock):
        runs = experiment.runs()
        if not runs:
            return "no run is left to lead to", None
        atomic.replace_link(experiment.current, runs[-1].run_id)
        return f"leads to {runs[-1].run_id}", None


def _keep_good_lines(workspace: Workspace, path: Path) -> _Outcome:
    with _held(*_locks_of(workspace, path)):
        read = atomic.read_lines(path, decode=jsontext.decode)
        lines = "".join(f"{jsontext.encode(value)}\n" for value in read.objects)
        good = path.with_name(f".{path.name}.good.tmp")
        atomic.replace_text(good, lines)
        trash = _put(workspace, path)
        fs.rename(good, path)
        fs.fsync_folder(path.parent)
    return f"kept {len(read.objects)} lines", trash


def _remove(workspace: Workspace, path: Path) -> _Outcome:
    with _held(*_locks_of(workspace, path)):
        return "moved to the trash", _put(workspace, path)


def _mark_failed(workspace: Workspace, path: Path) -> _Outcome:
    job = JobFolder(path.parent)
    with _held(job.lock, job.reader_lock):
        disk = job_state_on_disk(job)
        if disk.is_marked or disk.process is None or disk.alive is not False:
            return "it has changed meanwhile: nothing to do", None
        message = f"process {disk.process.pid} ended, and left no marker"
        Failure(1, FailureReason.FAILED, message).write(job)
        fs.remove(job.pid)
        status = JobStatus.read_or_new(job)
        status.state, status.reason = JobState.ERROR, FailureReason.FAILED
        status.process = None
        status.write(job)
    return "marked as failed", None


def _remove_pid(workspace: Workspace, path: Path) -> _Outcome:
    job = JobFolder(path.parent)
    with _held(job.lock, job.reader_lock):
        if not job_state_on_disk(job).is_marked:
            return "it has changed meanwhile: nothing to do", None
        fs.remove(job.pid)
    return "removed", None


def _reap(workspace: Workspace, path: Path) -> _Outcome:
    dead = Holders(HoldersFolder(path.parent.parent)).reap()
    return f"released {len(dead)}", None


def _rebuild_index(workspace: Workspace, path: Path) -> _Outcome:
    from xpm_store.index import Index  # lazy: only this one needs a database

    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        fs.remove(path.with_name(name))
    with Index.open(workspace, path=path) as index:
        report = index.sync()
    return f"made anew: {report.runs} runs", None


def _put(workspace: Workspace, path: Path) -> str:
    return Trash(workspace).put([path], REASON).entry_id


_REMEDIES: dict[Remedy, Callable[[Workspace, Path], _Outcome]] = {
    Remedy.CLOSE_RUN: _close_run,
    Remedy.LINK_CURRENT: _link_current,
    Remedy.KEEP_GOOD_LINES: _keep_good_lines,
    Remedy.REMOVE: _remove,
    Remedy.MARK_FAILED: _mark_failed,
    Remedy.REMOVE_PID: _remove_pid,
    Remedy.REAP: _reap,
    Remedy.REBUILD_INDEX: _rebuild_index,
}

"""An experiment copied from a workspace to another: one run, the jobs it lists, their partials."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from xpm_store import atomic, fs, jsontext
from xpm_store.errors import NoSuchExperiment, StorageError
from xpm_store.events import event_files
from xpm_store.job_copy import copy_job, copy_tree, take_place
from xpm_store.layout import JobFolder, RunFolder, Workspace
from xpm_store.locks import FileLock, is_locked
from xpm_store.records import SubmittedJob, job_state_on_disk, read_submitted_jobs
from xpm_store.relocation import Relocation
from xpm_store.versions import require_readable, require_runnable

__all__ = [
    "CopyResult",
    "copy_experiment",
    "format_run_id",
    "list_experiments",
    "list_runs",
    "read_jobs_jsonl",
    "resolve_current_run",
    "resolve_workspace_path",
]

LOCK_TIMEOUT_S = 10.0


@dataclass(slots=True)
class CopyResult:
    """What a copy did, or would do.

    Attributes:
        jobs_copied: Jobs that were copied.
        jobs_skipped: Jobs that the other workspace had already.
        errors: What could not be copied, a line each: call again when it is mended. The run is
            only copied once there are none.
    """

    jobs_copied: int = 0
    jobs_skipped: int = 0
    errors: list[str] = field(default_factory=list)


def list_experiments(workspace: Path | Workspace) -> list[str]:
    """The names of the experiments of a workspace, sorted."""
    return [one.experiment_id for one in _workspace(workspace).experiment_folders()]


def list_runs(workspace: Path | Workspace, experiment: str) -> list[str]:
    """The names of the runs of an experiment, oldest first.

    Raises:
        NoSuchExperiment: The workspace has no such experiment.
    """
    return [run.run_id for run in _runs(_workspace(workspace), experiment)]


def resolve_current_run(workspace: Path | Workspace, experiment: str) -> str | None:
    """The name of the current run of an experiment; None when it has no run.

    Raises:
        NoSuchExperiment: The workspace has no such experiment.
    """
    _runs(_workspace(workspace), experiment)
    run = _workspace(workspace).experiment(experiment).current_run()
    return run.run_id if run else None


def format_run_id(run_id: str) -> str:
    """A run id for people.

    Example:
        >>> format_run_id("20260131_101500.2")
        '2026-01-31 10:15:00 (2)'
    """
    stamp, _, number = run_id.partition(".")
    with suppress(ValueError):
        shown = datetime.strptime(stamp, "%Y%m%d_%H%M%S").isoformat(sep=" ")
        return f"{shown} ({number})" if number else shown
    return run_id


def read_jobs_jsonl(run: Path | RunFolder) -> list[SubmittedJob]:
    """The jobs that a run lists, each once, in the order of their first submission."""
    folder = run if isinstance(run, RunFolder) else RunFolder(run)
    return list(read_submitted_jobs(folder)[0].values())


def resolve_workspace_path(workspace: str | Path) -> Path:
    """The folder of a workspace: its name in the settings, else a path.

    Raises:
        NoWorkspace: It is neither the name of a workspace nor a folder.
    """
    from xpm_store.settings import find_workspace  # lazy: only names need the settings

    path = Path(workspace).expanduser()
    if isinstance(workspace, Path) or path.is_dir():
        return path
    return find_workspace(workspace=str(workspace)).path


def copy_experiment(
    source: Path | Workspace,
    target: Path | Workspace,
    experiment: str,
    run: str | None = None,
    dry_run: bool = False,
    *,
    on_job: Callable[[JobFolder, bool], None] | None = None,
) -> CopyResult:
    """Copies a run of an experiment, and the jobs it lists, to another workspace.

    Jobs that are there already are left as they are; the others are made under `.xpm-staging`
    and take their place complete. Partial folders that they use come along. The run comes last,
    so that a run that is listed has its jobs. Nothing is written in the source.

    Args:
        source: The workspace it is in.
        target: The workspace it goes to; made if it is a new folder.
        experiment: The name of the experiment.
        run: The name of the run; None for the current one.
        dry_run: Only count.
        on_job: Told of each job, and whether it was copied.

    Durability: what is in place is complete and on the disk; an interrupted copy goes on when
    called again.
    Concurrency: jobs may run in both workspaces; those that run in the source are not copied.

    Raises:
        NoSuchExperiment: The source has no such experiment, or run.
        NewerWorkspace: A later version wrote one of them.
        OldWorkspace: The target is of version 1.
        LockTimeout: The experiment runs in the target.
        StorageError: The file system of the target refused something beside jobs.
    """
    here, there = _workspace(source), _workspace(target)
    require_readable(here)
    require_runnable(there)
    folder = _run(here, experiment, run)
    jobs = read_jobs_jsonl(folder)
    result = CopyResult()
    if folder == folder.experiment.current_run() and is_locked(folder.experiment.lock):
        result.errors.append(f"run {folder.run_id} of {experiment} goes on: wait for its end")
    staging = there.staging / _staging_name(folder)
    if not dry_run and not there.is_marked:
        fs.make_folder(there.root)
        fs.close(fs.create(there.marker), there.marker)
    for job in jobs:
        _copy_listed_job(here.job(job.task_id, job.job_id), there, staging, result, dry_run, on_job)
    if not dry_run and not result.errors:
        _copy_run(folder, jobs, there, staging)
        fs.remove_tree(staging)
        fs.remove_empty_folder(there.staging)
    return result


def _copy_listed_job(
    source: JobFolder,
    there: Workspace,
    staging: Path,
    result: CopyResult,
    dry_run: bool,
    on_job: Callable[[JobFolder, bool], None] | None,
) -> None:
    if not source.path.is_dir():  # transient, or never started: the run says so
        return
    target = there.job(source.task_id, source.job_id)
    is_copied = False
    if not os.path.lexists(target.path):
        obstacle = _obstacle(source)
        if obstacle:
            result.errors.append(f"{source.task_id}/{source.job_id}: {obstacle}")
            return
        try:
            is_copied = dry_run or copy_job(
                source, target, staging / source.task_id / source.job_id
            )
            if not dry_run:
                _copy_partials(source, there, staging)
        except StorageError as error:
            result.errors.append(f"{source.task_id}/{source.job_id}: {error}")
            return
    result.jobs_copied += is_copied
    result.jobs_skipped += not is_copied
    if on_job is not None:
        on_job(target, is_copied)


def _obstacle(job: JobFolder) -> str | None:
    if is_locked(job.lock):
        return "it is being started, or runs: copy it again when it has ended"
    disk = job_state_on_disk(job)
    if not disk.is_marked and disk.process is not None and disk.alive is not False:
        return "its process may be alive: copy it again when it has ended"
    return None


def _copy_partials(job: JobFolder, there: Workspace, staging: Path) -> None:
    """Copies the partial folders that a job links to, unless they are there."""
    if not job.partial_links.is_dir():
        return
    for link in job.partial_links.iterdir():
        if not link.is_symlink():
            continue
        parts = link.readlink().parts[-3:]
        source = job.workspace.partials.joinpath(*parts)
        target = there.partials.joinpath(*parts)
        if len(parts) == 3 and source.is_dir() and not target.exists():
            staged = staging.joinpath("partials", *parts)
            fs.remove_tree(staged)
            copy_tree(source, staged)
            fs.remove_tree(staged / ".experimaestro")  # who holds it, there
            fs.make_folder(target.parent)
            take_place(staged, target)


def _copy_run(run: RunFolder, jobs: list[SubmittedJob], there: Workspace, staging: Path) -> None:
    """Copies the folder of a run, with links to the jobs of the other workspace."""
    experiment = there.experiment(run.experiment_id)
    target = experiment.run(run.run_id)
    with FileLock(experiment.lock).hold(LOCK_TIMEOUT_S):
        if not target.path.exists():
            staged = RunFolder(staging / run.run_id)
            fs.remove_tree(staged.path)
            copy_tree(run.path, staged.path, left_out=frozenset([run.status_lock.name]))
            for number, events in event_files(run):
                if not staged.archived_event(number).exists():
                    fs.copy_file(events, staged.archived_event(number))
            for job in jobs:
                link = staged.job_link(job.task_id, job.job_id)
                if link.is_symlink():
                    folder = there.job(job.task_id, job.job_id).path
                    atomic.replace_link(link, folder.absolute())
            _relocate_objects(run, staged, there)
            take_place(staged.path, target.path)
        if experiment.runs()[-1] == target or experiment.current_run() is None:
            atomic.replace_link(experiment.current, target.run_id)


def _relocate_objects(run: RunFolder, staged: RunFolder, there: Workspace) -> None:
    """Rewrites the paths of `objects.jsonl`; lines that are not understood are kept out."""
    if not run.objects_jsonl.exists():
        return
    root = run.experiment.workspace.root
    relocation = Relocation([str(root), os.path.realpath(root)], str(there.root.absolute()))
    read = atomic.read_lines(run.objects_jsonl, decode=jsontext.decode)
    lines = [f"{jsontext.encode(relocation.definition(value))}\n" for value in read.objects]
    atomic.replace_text(staged.objects_jsonl, "".join(lines))


def _staging_name(run: RunFolder) -> str:
    """The same for every try of a copy."""
    return hashlib.sha256(os.fsencode(os.path.realpath(run.path))).hexdigest()[:12]


def _workspace(workspace: Path | Workspace) -> Workspace:
    return workspace if isinstance(workspace, Workspace) else Workspace(Path(workspace))


def _runs(workspace: Workspace, experiment: str) -> list[RunFolder]:
    runs = workspace.experiment(experiment).runs() if experiment else []
    if not runs and experiment not in list_experiments(workspace):
        raise _no("experiment", experiment, list_experiments(workspace))
    return runs


def _run(workspace: Workspace, experiment: str, run: str | None) -> RunFolder:
    runs = _runs(workspace, experiment)
    if run is None:
        current = workspace.experiment(experiment).current_run()
        if current is not None:
            return current
    for folder in runs:
        if folder.run_id == run:
            return folder
    raise _no(f'run of "{experiment}"', run or "current", [one.run_id for one in runs])


def _no(what: str, name: str, known: list[str]) -> NoSuchExperiment:
    import difflib  # lazy: only to help who mistyped a name

    close = difflib.get_close_matches(name, known, n=1)
    return NoSuchExperiment(what, name, known, close[0] if close else None)

"""`migrate v1-to-v2`: every experiment of version 1 becomes a run of 2.x, and every job keeps it.

The folders of jobs stay where they are. What a run of 2.x needs is written into `xp/X`; then one
rename makes it `experiments/X/R`. Interrupted anywhere, the migration is begun again and goes on.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from xpm_store import atomic, fs, jsontext
from xpm_store.errors import NewerWorkspace
from xpm_store.layout import ExperimentFolder, RunFolder, Workspace
from xpm_store.legacy.loading import load_v1_run, v1_run_state
from xpm_store.legacy.v1 import V1_RUN, V1Experiment, v1_experiments
from xpm_store.locks import FileLock
from xpm_store.records import RunState, SubmittedJob
from xpm_store.versions import LAYOUT_VERSION, workspace_version

__all__ = ["MigratedExperiment", "Migration", "migrate_v1"]

NOWHERE = "/experimaestro_v2_migrated_workspace_do_not_use_v1"
"""Where `xp` leads after a migration, so that a 1.x program fails instead of beginning anew."""

LEFTOVER = "xp_MIGRATED_TO_V2"

_NOTE = ".from-v1.json"


@dataclass(frozen=True, slots=True)
class MigratedExperiment:
    """An experiment of version 1, and the run that it becomes.

    Attributes:
        jobs: How many jobs the run lists.
    """

    experiment_id: str
    run_id: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Migration:
    """What `migrate_v1` did, or would do.

    Attributes:
        experiments: By name.
        leftover: Where what else was in `xp` is now; None when there was nothing.
    """

    experiments: tuple[MigratedExperiment, ...]
    leftover: Path | None


def migrate_v1(workspace: Workspace, *, dry_run: bool = False) -> Migration:
    """Makes a workspace of version 1 one of 2.x; does nothing to one that is already.

    Args:
        workspace: The workspace.
        dry_run: Only say what would be done.

    Durability: each experiment moves at once; an interrupted migration goes on when called again.
    Concurrency: refuses while an experiment runs.

    Raises:
        NewerWorkspace: A later version wrote it.
        LockTimeout: An experiment runs; those before it are migrated.
        StorageError: The file system refused; call again.
    """
    version = workspace_version(workspace)
    if version > LAYOUT_VERSION:
        raise NewerWorkspace(workspace.root, version, LAYOUT_VERSION)
    done = [_migrate(one, dry_run=dry_run) for one in v1_experiments(workspace)]
    leftover = None if dry_run else _close_v1(workspace)
    return Migration(tuple(done), leftover)


def _migrate(old: V1Experiment, *, dry_run: bool) -> MigratedExperiment:
    experiment = old.workspace.experiment(old.experiment_id)
    view = load_v1_run(old).view
    if dry_run:
        run_id = _free_run(experiment, old.changed_at()).run_id
        return MigratedExperiment(old.experiment_id, run_id, len(view.jobs))
    fs.make_folder(experiment.path)
    with ExitStack() as held:
        held.enter_context(FileLock(experiment.lock).hold(0))
        if old.lock.exists():
            held.enter_context(FileLock(old.lock).hold(0))
        note = experiment.path / _NOTE
        run = _free_run(experiment, _changed_at(old, note))
        state = v1_run_state(view, run.run_id)
        state.run_tags = [V1_RUN]  # a run with a tag is never pruned: its jobs keep a run
        prepared = RunFolder(old.path)
        state.write_locked(prepared)
        for job in view.jobs.values():
            link = prepared.job_link(job.task_id, job.job_id)
            atomic.replace_link(link, old.workspace.job(job.task_id, job.job_id).path.absolute())
        lines = [
            SubmittedJob(job.job_id, job.task_id, timestamp=job.submitted_at or 0.0).to_json()
            for job in view.jobs.values()
        ]
        text = "".join(f"{jsontext.encode(line)}\n" for line in lines)
        atomic.replace_text(prepared.jobs_jsonl, text)
        fs.rename(old.path, run.path)
        fs.fsync_folder(experiment.path)
        atomic.replace_link(experiment.current, _latest(experiment, run).run_id)
        fs.remove(note)
    return MigratedExperiment(old.experiment_id, run.run_id, len(view.jobs))


def _changed_at(old: V1Experiment, note: Path) -> float:
    """When 1.x changed the experiment last: noted, for the migration changes the folder too."""
    said = (atomic.read_json_object(note) or {}).get("changed_at_s")
    if isinstance(said, (int, float)):
        return float(said)
    changed_at = old.changed_at()
    atomic.replace_json(note, {"changed_at_s": changed_at})
    return changed_at


def _free_run(experiment: ExperimentFolder, at: float) -> RunFolder:
    stamp = time.strftime("%Y%m%d_%H%M%S", time.localtime(at))
    run, number = experiment.run(stamp), 0
    while run.path.exists():
        number += 1
        run = experiment.run(f"{stamp}.{number}")
    return run


def _latest(experiment: ExperimentFolder, migrated: RunFolder) -> RunFolder:
    """The run that `current` should name: runs of 2.x are later than the one of version 1."""
    others = [run for run in experiment.runs() if not _is_migrated(run)]
    return others[-1] if others else migrated


def _is_migrated(run: RunFolder) -> bool:
    state = RunState.read(run)
    return state is not None and V1_RUN in state.run_tags


def _close_v1(workspace: Workspace) -> Path | None:
    """Leaves a link to nowhere where version 1 looks for experiments.

    Returns:
        The folder of what was in `xp` beside experiments, if anything was.
    """
    folder, leftover = workspace.v1_experiments, workspace.root / LEFTOVER
    if folder.is_dir() and not folder.is_symlink():
        number = 0
        while leftover.exists():
            number += 1
            leftover = workspace.root / f"{LEFTOVER}.{number}"
        fs.rename(folder, leftover)
    elif not leftover.is_dir():
        return None
    if not workspace.is_marked:
        fs.close(fs.create(workspace.marker), workspace.marker)
    atomic.replace_link(folder, NOWHERE)
    return None if fs.remove_empty_folder(leftover) else leftover

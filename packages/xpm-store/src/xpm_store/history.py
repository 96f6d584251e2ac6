"""Which runs of an experiment are kept: the newest completed ones, and what is worth a look."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from xpm_store import fs
from xpm_store.errors import DamagedRecord
from xpm_store.layout import ExperimentFolder, RunFolder
from xpm_store.records import Environment, RunState, SubmittedJob
from xpm_store.settings import HistorySettings
from xpm_store.state import settle, start_run
from xpm_store.states import RunStatus

__all__ = ["PastRun", "past_runs", "prune_history", "superfluous"]


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run, as far as its keeping depends on it.

    Attributes:
        status: How it ended; `RUNNING` only for the one that goes on: a killed run has failed.
        is_tagged: Someone gave it a name: it is kept.
    """

    run_id: str
    status: RunStatus
    is_tagged: bool = False


def past_runs(experiment: ExperimentFolder, *, running: str | None = None) -> list[PastRun]:
    """The runs of an experiment, oldest first.

    Args:
        experiment: The experiment.
        running: The run that goes on; every other one that says it runs was killed.
    """
    return [_past_run(run, is_running=run.run_id == running) for run in experiment.runs()]


def superfluous(runs: Sequence[PastRun], current: str, history: HistorySettings) -> list[str]:
    """The runs that need not be kept, oldest first.

    Failed runs go when the current one completed, or when a later one did; of the rest, the
    `max_done` newest completed ones (the current one among them) and the `max_failed` newest
    failed ones stay. Runs with a tag, detached ones and the current one always stay.

    Args:
        runs: All the runs, oldest first.
        current: The run that just ended.
        history: How many to keep.
    """
    done = [run for run in runs if run.status is RunStatus.DONE]
    failed = [run for run in runs if run.status is RunStatus.FAILED]
    order = {run.run_id: rank for rank, run in enumerate(runs)}
    newest_done = order[done[-1].run_id] if done else -1
    overtaken = {run.run_id for run in failed if order[run.run_id] < newest_done}
    if any(run.run_id == current for run in done):
        overtaken = {run.run_id for run in failed}
    remaining = [run for run in failed if run.run_id not in overtaken]
    surplus = {
        *overtaken,
        *(run.run_id for run in done[: max(0, len(done) - history.max_done)]),
        *(run.run_id for run in remaining[: max(0, len(remaining) - history.max_failed)]),
    }
    return [
        run.run_id
        for run in runs
        if run.run_id in surplus and not run.is_tagged and run.run_id != current
    ]


def prune_history(
    experiment: ExperimentFolder,
    current: str,
    history: HistorySettings,
    *,
    dry_run: bool = False,
) -> list[RunFolder]:
    """Removes the runs that need not be kept; the folders of their jobs stay.

    Concurrency: its caller holds the lock of the experiment.
    Durability: a run goes at once: it is renamed, then removed. What an interrupted call left
    behind is removed by the next one.

    Returns:
        The runs that went (or would, with `dry_run`), oldest first.

    Raises:
        StorageError: A run could not be removed.
    """
    names = superfluous(past_runs(experiment), current, history)
    gone = [experiment.run(name) for name in names]
    if not dry_run:
        for run in gone:
            remains = run.path.with_name(f"{_REMAINS}{run.run_id}")
            shutil.rmtree(remains, ignore_errors=True)
            fs.rename(run.path, remains)
        for remains in experiment.path.glob(f"{_REMAINS}*"):
            shutil.rmtree(remains, ignore_errors=True)
    return gone


_REMAINS = ".removed-"
"""Hidden folders are never runs."""


def _past_run(run: RunFolder, *, is_running: bool) -> PastRun:
    try:
        state = RunState.read(run)
    except DamagedRecord:
        state = None
    if state is None:
        state = RunState(run.experiment_id, run.run_id)
    try:
        environment = Environment.read(run)
    except DamagedRecord:
        environment = None
    if state.status is RunStatus.RUNNING and environment is not None and environment.status:
        state.status = environment.status
    jobs = [SubmittedJob(job_id, "") for job_id in state.job_states]
    settled = settle(start_run(state, jobs), is_locked=is_running)
    return PastRun(run.run_id, settled.status, is_tagged=bool(state.run_tags))

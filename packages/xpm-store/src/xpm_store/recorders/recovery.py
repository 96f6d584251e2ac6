"""Closing the runs whose scheduler was killed: their state is written, their events put away."""

from __future__ import annotations

import logging
from pathlib import Path

from xpm_store import fs
from xpm_store.atomic import read_lines
from xpm_store.errors import DamagedRecord, StoreError
from xpm_store.events.files import archive_event_file, link_event_file
from xpm_store.layout import ExperimentFolder, RunFolder
from xpm_store.loading import load_run
from xpm_store.recorders.run_record import take_view
from xpm_store.records.fields import text
from xpm_store.records.runs import Environment, RunState
from xpm_store.states import RunStatus

__all__ = ["recover_killed_runs"]

logger = logging.getLogger("xpm.store")


def recover_killed_runs(experiment: ExperimentFolder) -> list[RunFolder]:
    """Closes the runs of an experiment that were killed; its lock is held by the caller.

    The record of each becomes `failed`, with the last known state of its jobs, dependencies,
    actions and services; its events get their permanent names. A run that cannot be closed (a
    file system that refuses) is left as it is, with a warning: new runs do not depend on it.

    Returns:
        The runs that were closed.
    """
    closed = []
    for run in experiment.runs():
        try:
            if _is_open(run):
                _close(run)
                closed.append(run)
        except StoreError as trouble:
            logger.warning("run %s of %s: %s", run.run_id, experiment.experiment_id, trouble)
    for number, live in experiment.live_events():
        try:
            _put_away(experiment, number, live)
        except StoreError as trouble:
            logger.warning("events of %s: %s", experiment.experiment_id, trouble)
    return closed


def _is_open(run: RunFolder) -> bool:
    """Whether the record of a run says that it goes on, or says nothing."""
    try:
        state = RunState.read(run)
    except DamagedRecord:
        return True
    return state is None or state.status is RunStatus.RUNNING


def _close(run: RunFolder) -> None:
    view = load_run(run, is_locked=False).view
    try:
        state = RunState.read(run)
    except DamagedRecord:
        state = None
    state = state or RunState(run.experiment_id, run.run_id)
    take_view(state, view)
    state.write(run)
    try:
        environment = Environment.read(run)
    except DamagedRecord:
        environment = None
    if environment is not None and environment.status is None:
        environment.status, environment.ended_at = view.status, view.ended_at
        environment.write(run)


def _put_away(experiment: ExperimentFolder, number: int, live: Path) -> None:
    """Gives an event file its permanent name in each run that it speaks of (2.x mixed them)."""
    names = {text(value.get("run_id")) for value in read_lines(live).objects} - {""}
    runs = [run for name in sorted(names) if (run := experiment.run(name)).path.is_dir()]
    if not runs:
        # nothing in it, or its run was removed
        fs.remove(live)
        return
    for run in runs[1:]:
        link_event_file(live, run.archived_event(number))
    archive_event_file(live, runs[0].archived_event(number))

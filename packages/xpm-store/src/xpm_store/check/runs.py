"""Runs, checked: their records, lists, events and links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from xpm_store.atomic import read_json_object
from xpm_store.check.findings import Finding, Remedy, Severity
from xpm_store.check.lines import check_lines, finding_of
from xpm_store.errors import DamagedRecord, StorageError
from xpm_store.layout import ExperimentFolder, RunFolder, Workspace
from xpm_store.locks import is_locked
from xpm_store.records import Environment, RunState
from xpm_store.states import RunStatus

__all__ = ["check_runs"]


def check_runs(workspace: Workspace) -> list[Finding]:
    """What is wrong with the runs of a workspace; changes nothing.

    Complexity: the files of all runs are read.
    """
    found: list[Finding] = []
    for experiment in workspace.experiment_folders():
        is_held = is_locked(experiment.lock)
        current = experiment.current_run()
        found += _check_links(experiment)
        for run in experiment.runs():
            found += _check_run(run, is_live=is_held and run == current)
        if not is_held:
            found += _check_live_events(experiment)
    return found


def _check_links(experiment: ExperimentFolder) -> Iterator[Finding]:
    runs = experiment.runs()
    link = experiment.current
    if not runs:
        if not link.is_symlink():
            yield Finding(Severity.NOTE, experiment.path, "an experiment without a run")
        return
    if not link.is_symlink():
        yield Finding(
            Severity.DAMAGE, link, "missing: it leads to the latest run", Remedy.LINK_CURRENT
        )
    elif not (experiment.path / link.readlink().name).is_dir():
        yield Finding(
            Severity.DAMAGE, link, f"leads to {link.readlink()}, which is gone", Remedy.LINK_CURRENT
        )


def _check_run(run: RunFolder, *, is_live: bool) -> Iterator[Finding]:
    yield from _check_state(run, is_live=is_live)
    yield from _check_record(run.environment, lambda: Environment.read(run))
    if not run.jobs_jsonl.exists():
        yield Finding(
            Severity.DAMAGE,
            run.jobs_jsonl,
            "missing: only links, if any, tell the jobs of the run, without their tags",
        )
    for path in (run.jobs_jsonl, run.objects_jsonl):
        yield from check_lines(path, is_live=is_live)
    for _, path in run.archived_events():
        yield from check_lines(path, is_live=is_live)


def _check_state(run: RunFolder, *, is_live: bool) -> Iterator[Finding]:
    try:
        state = RunState.read(run)
    except DamagedRecord as problem:
        yield finding_of(problem, None if is_live else Remedy.CLOSE_RUN)
        return
    except StorageError as error:
        yield finding_of(error)
        return
    if state is None:
        yield Finding(
            Severity.DAMAGE,
            run.status,
            "missing: the run is known from its other files only",
            None if is_live else Remedy.CLOSE_RUN,
        )
    elif state.status is RunStatus.RUNNING and not is_live:
        yield Finding(
            Severity.NOTE,
            run.status,
            "says that the run goes on, but nobody holds its lock: it was killed",
            Remedy.CLOSE_RUN,
        )


def _check_record(path: Path, read: Callable[[], object]) -> Iterator[Finding]:
    try:
        read()
        read_json_object(path)
    except DamagedRecord as problem:
        yield finding_of(problem, Remedy.REMOVE)
    except StorageError as error:
        yield finding_of(error)


def _check_live_events(experiment: ExperimentFolder) -> Iterator[Finding]:
    for _, path in experiment.live_events():
        yield from check_lines(path, is_live=False)
        yield Finding(
            Severity.NOTE,
            path,
            "events of a run that nobody runs any more",
            Remedy.CLOSE_RUN,
        )

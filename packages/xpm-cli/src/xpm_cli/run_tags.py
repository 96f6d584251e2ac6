"""Names given to runs: kept in `run_tags` of the run's `status.json`, one run per name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_store.locks import FileLock
from xpm_store.records import RunState

from xpm_cli.errors import BadInput, CliError, NotFound
from xpm_cli.schema import close_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_store.layout import ExperimentFolder, RunFolder

_LOCK_TIMEOUT_S = 10.0


class TagTaken(CliError):
    """Another run has that name already."""


def find_run(experiment: ExperimentFolder, text: str) -> RunFolder:
    """The run of that identifier; `latest` and `oldest` are understood.

    Raises:
        NotFound: There is no such run.
    """
    runs = experiment.runs()
    if runs and text in ("latest", "oldest"):
        return runs[-1] if text == "latest" else runs[0]
    for run in runs:
        if run.run_id == text:
            return run
    hint = close_name(text, [run.run_id for run in runs])
    raise NotFound(f"the experiment '{experiment.experiment_id}' has no run '{text}'{hint}")


def tags_of(experiment: ExperimentFolder) -> dict[str, str]:
    """Name → run identifier, in the order of names."""
    found = {}
    for run in experiment.runs():
        state = RunState.read(run)
        found.update(dict.fromkeys(state.run_tags if state else (), run.run_id))
    return dict(sorted(found.items()))


def add_tag(experiment: ExperimentFolder, run: RunFolder, name: str, *, force: bool) -> None:
    """Give a name to a run.

    Args:
        experiment: The experiment of the run.
        run: The run.
        name: The name.
        force: Take it from the run that has it.

    Raises:
        TagTaken: Another run has it, and `force` is not given.
        BadInput: It cannot be a name.
    """
    if not name.strip() or name in ("latest", "oldest"):
        raise BadInput(f"{name!r} cannot be the name of a run")
    holder = tags_of(experiment).get(name)
    if holder == run.run_id:
        return
    if holder is not None:
        if not force:
            raise TagTaken(f"the run {holder} is called '{name}' already; --force moves the name")
        remove_tag(experiment, name)
    _change(run, lambda tags: [*tags, name])


def remove_tag(experiment: ExperimentFolder, name: str) -> str:
    """Take a name from the run that has it.

    Returns:
        The run that had it.

    Raises:
        NotFound: No run has it.
    """
    tags = tags_of(experiment)
    if name not in tags:
        hint = close_name(name, tags)
        raise NotFound(f"no run of '{experiment.experiment_id}' is called '{name}'{hint}")
    _change(experiment.run(tags[name]), lambda names: [n for n in names if n != name])
    return tags[name]


def _change(run: RunFolder, change: Callable[[list[str]], list[str]]) -> None:
    """Rewrite the names of a run, under the lock of its record."""
    with FileLock(run.status_lock).hold(_LOCK_TIMEOUT_S):
        state = RunState.read(run)
        if state is None:
            raise NotFound(f"the run {run.run_id} has no record: {run.status} does not exist")
        state.run_tags = change(state.run_tags)
        state.write_locked(run)

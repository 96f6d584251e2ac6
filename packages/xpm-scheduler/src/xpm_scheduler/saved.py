"""What an experiment keeps for others: configurations saved under a name in its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_store.errors import DamagedRecord
from xpm_store.records import RunState
from xpm_store.states import RunStatus

from xpm_scheduler.errors import NothingSaved

if TYPE_CHECKING:
    from xpm_store.layout import RunFolder, Workspace

__all__ = ["load_saved", "save_in"]


def save_in(run: RunFolder, obj: Any, name: str) -> None:
    """Saves configurations, with their data files, in `data/{name}` of a run."""
    from xpm_config.serialization import save  # lazy: few experiments save something

    save(obj, run.data / name)


def load_saved(
    workspace: Workspace, reference: str, name: str, run_id: str | None, own: RunFolder | None
) -> Any:
    """What an experiment saved: in its newest run that succeeded, else in its newest one.

    Args:
        workspace: Where both experiments are.
        reference: The experiment that saved.
        name: The name it was saved under.
        run_id: The run to read, instead of the best one.
        own: The run that asks, which is never read.

    Raises:
        NothingSaved: There is no such experiment, run or name; the message says what there is.
    """
    from xpm_config.serialization import load  # lazy: few experiments load something

    experiment = workspace.experiment(reference)
    runs = [run for run in experiment.runs() if run != own]
    if not runs:
        known = [one.experiment_id for one in workspace.experiment_folders()]
        raise NothingSaved(f"the experiment {reference!r} has no run", "experiments", known)
    if run_id is not None:
        known = [run.run_id for run in runs]
        runs = [run for run in runs if run.run_id == run_id]
        if not runs:
            raise NothingSaved(f"{reference!r} has no run {run_id!r}", "runs", known)
    having = [run for run in runs if (run.data / name).is_dir()]
    if not having:
        names = {path.name for run in runs if run.data.is_dir() for path in run.data.iterdir()}
        raise NothingSaved(f"{reference!r} saved nothing named {name!r}", "names", sorted(names))
    succeeded = [run for run in having if _has_succeeded(run)]
    return load((succeeded or having)[-1].data / name)


def _has_succeeded(run: RunFolder) -> bool:
    try:
        state = RunState.read(run)
    except DamagedRecord:
        return False
    return state is not None and state.status is RunStatus.DONE

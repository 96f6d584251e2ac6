"""Who writes: one recorder for a run (in the scheduler), one for a job (in its own process)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_store.recorders.job import JobRecorder as JobRecorder
    from xpm_store.recorders.recovery import recover_killed_runs as recover_killed_runs
    from xpm_store.recorders.run import RunRecorder as RunRecorder

__all__ = ["JobRecorder", "RunRecorder", "recover_killed_runs"]

_HOMES = {"JobRecorder": "job", "RunRecorder": "run", "recover_killed_runs": "recovery"}


def __getattr__(name: str) -> Any:
    """Loads a recorder when it is asked for: a job's process needs only its own."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # lazy, as the rest

    return getattr(import_module(f"{__name__}.{home}"), name)

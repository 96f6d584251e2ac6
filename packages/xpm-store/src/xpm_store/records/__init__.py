"""What is written about runs and jobs: one record per file, read tolerantly, replaced whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_store.records.disk import DiskState as DiskState
    from xpm_store.records.disk import job_state_on_disk as job_state_on_disk
    from xpm_store.records.disk import process_is_alive as process_is_alive
    from xpm_store.records.jobs import CarbonTotals as CarbonTotals
    from xpm_store.records.jobs import Failure as Failure
    from xpm_store.records.jobs import JobStatus as JobStatus
    from xpm_store.records.jobs import LevelProgress as LevelProgress
    from xpm_store.records.jobs import ProcessRecord as ProcessRecord
    from xpm_store.records.jobs import read_params as read_params
    from xpm_store.records.jobs import write_params as write_params
    from xpm_store.records.runs import Action as Action
    from xpm_store.records.runs import Environment as Environment
    from xpm_store.records.runs import RunState as RunState
    from xpm_store.records.runs import Service as Service
    from xpm_store.records.runs import SubmittedJob as SubmittedJob
    from xpm_store.records.runs import read_submitted_jobs as read_submitted_jobs

_HOMES = {
    "disk": ("DiskState", "job_state_on_disk", "process_is_alive"),
    "jobs": (
        "CarbonTotals",
        "Failure",
        "JobStatus",
        "LevelProgress",
        "ProcessRecord",
        "read_params",
        "write_params",
    ),
    "runs": (
        "Action",
        "Environment",
        "RunState",
        "Service",
        "SubmittedJob",
        "read_submitted_jobs",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Action",
    "CarbonTotals",
    "DiskState",
    "Environment",
    "Failure",
    "JobStatus",
    "LevelProgress",
    "ProcessRecord",
    "RunState",
    "Service",
    "SubmittedJob",
    "job_state_on_disk",
    "process_is_alive",
    "read_params",
    "read_submitted_jobs",
    "write_params",
]


def __getattr__(name: str) -> Any:
    """Loads a record when it is asked for: a job's process needs only those of jobs."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # lazy, as the rest

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value

"""The jobs of earlier runs that a new one is most like, and how it differs from them.

Looks at the folders of the jobs only: a dry run writes nothing, an index would.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.fields import MISSING
from xpm_store.atomic import read_json_object
from xpm_store.errors import StoreError
from xpm_store.layout import JobFolder

if TYPE_CHECKING:
    from xpm_config.config import Config
    from xpm_config.difference import Difference

    from xpm_scheduler.job import Job

__all__ = ["Change", "EarlierJobs"]

_NEWEST = 100
"""Jobs of a task that are compared: to rank them costs 0.3 ms for each new job."""


@dataclass(frozen=True, slots=True)
class Change:
    """The earlier job that a new one is most like.

    Attributes:
        folder: That of the earlier job.
        differences: `path: before → now`, the first ones in the order of identifiers.
        problem: Why they cannot be told, if they cannot.
    """

    folder: JobFolder
    differences: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    folder: JobFolder
    traits: Mapping[str, Any]


class EarlierJobs:
    """The jobs of earlier runs, by task; each folder is read at most once."""

    def __init__(self) -> None:
        self._by_task: dict[Path, list[_Candidate]] = {}
        self._load = lru_cache(maxsize=_NEWEST)(_load)

    def nearest(self, job: Job) -> Change | None:
        """How a job differs from the earlier one of its task that shares most with it.

        Returns:
            None when the task has no earlier job.
        """
        task_folder = job.path.parent
        candidates = self._by_task.get(task_folder)
        if candidates is None:
            candidates = self._by_task[task_folder] = _newest(task_folder)
        if not candidates:
            return None
        own = _traits_of(job)
        # the newest of those that share most: `max` takes the first
        best = max(candidates, key=lambda one: _shared(own, one.traits))
        try:
            differences = _differences(self._load(best.folder.path), job.config)
        except Exception as error:  # the code of users, of another time
            return Change(best.folder, problem=f"{type(error).__name__}: {error}")
        return Change(best.folder, tuple(map(_told, differences)))


def _newest(task_folder: Path) -> list[_Candidate]:
    """The newest jobs of a task that were started once, newest first."""
    try:
        with os.scandir(task_folder) as entries:
            found = [(entry.stat().st_mtime, entry.path) for entry in entries if entry.is_dir()]
    except OSError:
        return []
    candidates = []
    for _, path in sorted(found, reverse=True):
        folder = JobFolder(Path(path))
        traits = _traits_on_disk(folder)
        if traits is not None:
            candidates.append(_Candidate(folder, traits))
        if len(candidates) == _NEWEST:
            break
    return candidates


def _traits_on_disk(folder: JobFolder) -> dict[str, Any] | None:
    """Tags and parameters of a job; None when it was never started, or is damaged."""
    try:
        params = read_json_object(folder.params)
        if params is None:
            return None
        objects = {one["id"]: one["identifier"] for one in params["objects"]}
        fields = params["objects"][-1]["fields"]
        tags = params.get("tags") or {}
    except (StoreError, KeyError, TypeError, IndexError):
        return None
    traits = {f"#{name}": value for name, value in tags.items()}
    for name, value in fields.items():
        if isinstance(value, dict) and value.get("type") == "python":
            traits[name] = (objects.get(value.get("value")),)
        else:
            traits[name] = value
    return traits


def _traits_of(job: Job) -> dict[str, Any]:
    """The same, of a job that is not on disk; values that are not plain are left out."""
    traits: dict[str, Any] = {f"#{name}": value for name, value in job.tags.items()}
    for name, value in job.config.__xpm__.values.items():
        if value is None or isinstance(value, bool | int | float | str):
            traits[name] = value
        elif getattr(value, "_xpm", None) is not None:
            traits[name] = (str(value.__xpm__.identifier),)
    return traits


def _shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    return sum(other.get(name, MISSING) == value for name, value in one.items())


def _load(path: Path) -> Config:
    from xpm_config.serialization import from_task_dir  # lazy: only when something has changed

    found: Config = from_task_dir(path, partial_loading=False)
    return found


def _differences(before: Config, now: Config) -> list[Difference]:
    from xpm_config.difference import why_differ  # lazy: the same

    return why_differ(before, now)


def _told(difference: Difference) -> str:
    return f"{difference.path or 'type'}: {_shown(difference.left)} → {_shown(difference.right)}"


def _shown(value: Any) -> str:
    if value is MISSING:
        return "(default)"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"

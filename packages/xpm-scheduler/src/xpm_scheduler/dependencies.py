"""What a job waits for: other jobs, and its part of what jobs share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xpm_config.fields import Partial
from xpm_config.graph import TaskDependency, is_configuration, task_dependencies
from xpm_store.errors import NotEnoughUnits
from xpm_store.layout import Workspace
from xpm_store.partials import PartialFolder

from xpm_scheduler.errors import SchedulerError
from xpm_scheduler.job import Job
from xpm_scheduler.shared import Demand, PartialDemand, TokenDemand

__all__ = ["demands_of", "dependencies_of", "merge_demands"]

_partials: dict[type, tuple[Partial, ...]] = {}
"""The partials that each task class declares, its parents' included: found once."""


def dependencies_of(task: Any) -> tuple[Job, ...]:
    """The jobs that must be done before a task is started, each once.

    The producers of dynamic outputs are not among them: they may still be running.

    Raises:
        SchedulerError: It was given something that is not a dependency.
    """
    found: dict[int, Job] = {}
    for dependency in (*task_dependencies(task), *task.__xpm__.dependencies):
        if isinstance(dependency, Demand):
            continue
        if isinstance(dependency, TaskDependency) and dependency.soft:
            continue
        job = _job_of(dependency)
        found[id(job)] = job
    return tuple(found.values())


def demands_of(task: Any, workspace: Workspace) -> tuple[Demand, ...]:
    """What the job of a task must hold while it runs: its tokens, and the partials of its class.

    Raises:
        NotEnoughUnits: It asks for more units of a token than there are, in all.
    """
    information = task.__xpm__
    explicit = [one for one in information.dependencies if isinstance(one, Demand)]
    declared = partials_of(information.xpmtype.cls)
    if not explicit and not declared:
        return ()
    task_id = information.xpmtype.name
    for partial in declared:
        identifier = str(information.get_partial_identifier(partial))
        path = workspace.partial(task_id, partial.name or "unnamed", identifier)
        explicit.append(PartialDemand(PartialFolder(path)))
    return merge_demands(explicit)


def merge_demands(demands: Iterable[Demand]) -> tuple[Demand, ...]:
    """The demands in the order of their paths; units of one token, asked for twice, add up.

    Raises:
        NotEnoughUnits: There are fewer units in all.
    """
    found: dict[Path, Demand] = {}
    for demand in demands:
        known = found.get(demand.path)
        if isinstance(demand, TokenDemand) and isinstance(known, TokenDemand):
            count, total = known.count + demand.count, demand.token.total
            if count > total:
                raise NotEnoughUnits(demand.token.name, count, total)
            demand = TokenDemand(demand.token, count)
        found[demand.path] = demand
    return tuple(found[path] for path in sorted(found))


def partials_of(cls: type) -> tuple[Partial, ...]:
    """The partials that a class of tasks declares, those of its parents included."""
    known = _partials.get(cls)
    if known is None:
        named = {
            name: value
            for parent in reversed(cls.__mro__)
            for name, value in vars(parent).items()
            if isinstance(value, Partial)
        }
        known = _partials[cls] = tuple(named.values())
    return known


def _job_of(dependency: object) -> Job:
    if isinstance(dependency, Job):
        return dependency
    task = dependency.task if isinstance(dependency, TaskDependency) else dependency
    if is_configuration(task):
        job = task.__xpm__.job  # type: ignore[attr-defined]
        if isinstance(job, Job):
            return job
        raise SchedulerError(
            f"{task!r} has no job: it was not submitted, or in a dry run, or in another process"
        )
    raise SchedulerError(
        f"{dependency!r} ({type(dependency).__name__}) is not a dependency: give a submitted task, "
        "or what token.dependency(count) returns"
    )

"""What a job waits for: the jobs of the tasks found below its own, and those it was given."""

from __future__ import annotations

from typing import Any

from xpm_config.graph import TaskDependency, task_dependencies

from xpm_scheduler.errors import SchedulerError
from xpm_scheduler.job import Job

__all__ = ["dependencies_of"]


def dependencies_of(task: Any) -> tuple[Job, ...]:
    """The jobs that must be done before a task is started, each once.

    The producers of dynamic outputs are not among them: they may still be running.

    Raises:
        SchedulerError: It was given something that is not a dependency.
    """
    found: dict[int, Job] = {}
    for dependency in (*task_dependencies(task), *task.__xpm__.dependencies):
        if isinstance(dependency, TaskDependency) and dependency.soft:
            continue
        job = _job_of(dependency)
        found[id(job)] = job
    return tuple(found.values())


def _job_of(dependency: object) -> Job:
    if isinstance(dependency, Job):
        return dependency
    if isinstance(dependency, TaskDependency):
        job = dependency.task.__xpm__.job
        if isinstance(job, Job):
            return job
        raise SchedulerError(
            f"{dependency.task!r} has no job: it was submitted in a dry run, or in another process"
        )
    raise SchedulerError(
        f"{dependency!r} ({type(dependency).__name__}) is not a dependency: give what another "
        "task's __xpm__.dependency() returns"
    )

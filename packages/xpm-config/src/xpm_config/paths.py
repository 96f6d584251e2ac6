"""Where jobs, partials and caches live in a workspace: pure functions of their names."""

from __future__ import annotations

from pathlib import Path

__all__ = ["cache_path", "job_path", "partial_path", "script_name"]


def job_path(workspace: Path, type_name: str, identifier: str) -> Path:
    """The folder of a job, `workspace/jobs/T/H`.

    Args:
        workspace: The root of the workspace.
        type_name: The lower-case type name of the task, one path component.
        identifier: The 64 hexadecimal digits of the task's identifier.

    Example:
        >>> job_path(Path("/w"), "demo.fit", "ab12").as_posix()
        '/w/jobs/demo.fit/ab12'
    """
    return workspace / "jobs" / type_name / identifier


def partial_path(workspace: Path, type_name: str, name: str, identifier: str) -> Path:
    """The folder shared by the tasks with one partial identifier, `workspace/partials/T/name/H'`.

    Args:
        workspace: The root of the workspace.
        type_name: The lower-case type name of the task.
        name: The name of the partial (that of the class attribute).
        identifier: The 64 hexadecimal digits of the partial identifier.
    """
    return workspace / "partials" / type_name / name / identifier


def cache_path(workspace: Path, class_name: str, identifier: str, name: str) -> Path:
    """The file or folder given to a method decorated with `cache(name)`.

    Args:
        workspace: The root of the workspace.
        class_name: `module.qualname` of the class, its case kept.
        identifier: The 64 hexadecimal digits of the configuration's identifier.
        name: The argument of the decorator.
    """
    return workspace / "config" / class_name / identifier / name


def script_name(type_name: str) -> str:
    """The base name of a job's files: what follows the last dot of its type name.

    Example:
        >>> script_name("demo.models.fit")
        'fit'
    """
    return type_name.rpartition(".")[2]

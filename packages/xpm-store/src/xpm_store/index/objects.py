"""Dependencies found in `objects.jsonl`, for runs whose writer (2.7 and before) stored none."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from xpm_store.atomic import read_lines

__all__ = ["dependencies_of"]


def dependencies_of(path: Path, jobs: Container[str]) -> dict[str, tuple[str, ...]]:
    """The jobs that each job of a run depends on.

    From the fields and init tasks of a job, references are followed: a job is a dependency, and an
    object made by another task depends on that task; nothing behind them is followed.

    Args:
        path: `objects.jsonl` of the run.
        jobs: The identifiers of the jobs of the run.
    """
    identifiers: dict[int, str] = {}
    reached: dict[int, tuple[int, ...]] = {}  # what an object leads to: jobs and makers only
    found: dict[str, tuple[str, ...]] = {}
    for value in read_lines(path).objects:
        number = value.get("id")
        if not isinstance(number, int):
            continue
        identifier = value.get("identifier")
        maker = value.get("task")
        is_job = isinstance(identifier, str) and identifier in jobs
        identifiers[number] = identifier if isinstance(identifier, str) else ""
        # definitions come before those that need them: one pass is enough
        needs: dict[int, None] = {}
        for reference in _references(value):
            needs.update(dict.fromkeys(reached.get(reference, ())))
        if is_job:
            names = [identifiers.get(need, "") for need in needs if need != number]
            found[str(identifier)] = tuple(name for name in names if name)
        if is_job:
            reached[number] = (number,)
        elif isinstance(maker, int) and maker != number:
            reached[number] = (maker,)
        else:
            reached[number] = tuple(needs)
    return found


def _references(definition: dict[str, Any]) -> Iterator[int]:
    """The objects that a definition names in its fields and init tasks."""
    init_tasks = definition.get("init-tasks")
    for item in init_tasks if isinstance(init_tasks, list) else ():
        if isinstance(item, int):
            yield item
    stack: list[Any] = [definition.get("fields")]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            if value.get("type") == "python" and isinstance(value.get("value"), int):
                yield value["value"]
            else:
                stack.extend(reversed(list(value.values())))

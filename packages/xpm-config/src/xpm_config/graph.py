"""The graph of configurations: what lies below one, and the tasks that it depends on.

Everything here is iterative (no recursion limit is met) and linear in the number of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = ["TaskDependency", "configurations_in", "task_dependencies", "walk"]

SCALARS = frozenset({int, float, str, bool, type(None), bytes})
CONTAINERS = (list, tuple, set, frozenset)
MARK = "__xpm_configuration__"
"""The attribute of the classes of configuration objects."""


@dataclass(frozen=True, slots=True)
class TaskDependency:
    """A submitted task that another one needs.

    A *soft* dependency is recorded but not waited for: it comes from a dynamic output, which
    the task produced while it was running.
    """

    task: Config
    soft: bool


def configurations_in(value: Any) -> Sequence[Config]:
    """The configurations that a parameter value holds, in order, without looking inside them.

    Lists, tuples, sets and dictionaries are looked through, at any depth.
    """
    kind = type(value)
    if kind in SCALARS:
        return ()
    if hasattr(kind, MARK):
        return (value,)
    if kind is list:
        kinds = set(map(type, value))
        if kinds <= SCALARS:
            return ()
        if all(hasattr(kind, MARK) for kind in kinds):
            found: list[Config] = value
            return found
    return _search(value)


def _search(value: Any) -> list[Config]:
    """As `configurations_in`, for nested containers."""
    found: list[Config] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if type(item) in SCALARS:
            continue
        if is_configuration(item):
            found.append(item)
        elif isinstance(item, CONTAINERS):
            stack.extend(reversed(list(item)))
        elif isinstance(item, dict):
            stack.extend(reversed(list(item.values())))
            stack.extend(reversed(list(item)))
    return found


def is_configuration(value: Any) -> bool:
    """True for a configuration object, false for anything else, value objects included."""
    return hasattr(type(value), MARK)


def configurations_below(config: Config) -> list[Config]:
    """The configurations directly below one: those of its parameters, then its init tasks."""
    found: list[Config] = []
    content = config.__dict__
    for name in config.__xpmtype__.parameters:
        value = content.get(name)
        if type(value) not in SCALARS:
            found += configurations_in(value)
    extras = config._xpm.extras
    if extras is not None:
        found += extras.init_tasks
    return found


def walk(
    config: Config,
    *,
    producers: bool = False,
    other_tasks: bool = True,
    seen: set[int] | None = None,
) -> Iterator[Config]:
    """Every configuration below one, once each, those below a node before the node itself.

    Args:
        config: Where to start; it comes last.
        producers: Also go to the tasks that configurations are outputs of.
        other_tasks: Also go to the configurations that belong to a task.
        seen: The `id()` of configurations not to go to; those that are met are added.

    Complexity: linear in the number of nodes and references.
    """
    seen = set() if seen is None else seen
    if id(config) in seen:
        return
    seen.add(id(config))
    stack = [(config, iter(_next_nodes(config, producers)))]
    while stack:
        node, below = stack[-1]
        for child in below:
            if id(child) in seen or not (other_tasks or child._xpm.task is None):
                continue
            seen.add(id(child))
            stack.append((child, iter(_next_nodes(child, producers))))
            break
        else:
            stack.pop()
            yield node


def _next_nodes(config: Config, producers: bool) -> list[Config]:
    """Where to go from a node."""
    found = configurations_below(config)
    task = config._xpm.task
    if producers and task is not None and task is not config and is_configuration(task):
        found.append(task)
    return found


def task_dependencies(task: Config) -> list[TaskDependency]:
    """The submitted tasks that a task needs, each once, in the order they are met.

    Those found below its parameters and init tasks; a configuration that belongs to a task is
    not looked into. A task needed both softly and not is needed.

    Complexity: linear in the number of nodes that belong to no task.
    """
    found: dict[int, TaskDependency] = {}
    seen = {id(task)}
    stack = list(reversed(configurations_below(task)))
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        information = node.__xpm__
        producer = information.task
        if information.submission is not None and information.submission.prepared_by is not None:
            producer = information.submission.prepared_by
        if producer is None:
            stack.extend(reversed(configurations_below(node)))
        elif is_configuration(producer):
            known = found.get(id(producer))
            soft = information.soft and (known is None or known.soft)
            found[id(producer)] = TaskDependency(producer, soft)
    return list(found.values())

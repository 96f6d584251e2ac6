"""The values of one key of a grid: a list, a range, or a geometric progression.

    [1e-3, 1e-2]   {values_list: [1e-3, 1e-2]}
    {range: [start, stop, step]}             integers as in Python: stop is left out
    {range_mult: [start, n, factor]}         start, start x factor, ...: n values
    {value: x}                               one value

`values_range` and `values_mult` are other names of `range` and `range_mult`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from xpm_cli.yaml_tree import Node, Origin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Grid(Generic[T]):
    """The values that a key takes in turn."""

    values: tuple[T, ...]


class GridMistake(Exception):
    """What is written is no set of values; the message says what was expected."""


def value_nodes(node: Node) -> list[Node]:
    """The values that are written, not converted yet; a scalar is one value.

    Raises:
        GridMistake: A form is not known or not complete, or there is no value.
    """
    if node.mapping is not None:
        values = _of_mapping(node)
    else:
        values = [node] if node.items is None else node.items
    if not values:
        raise GridMistake("there is no value: leave the key out, or give one")
    return values


def _of_mapping(node: Node) -> list[Node]:
    entries = node.mapping or {}
    names = [str(key) for key in entries]
    if len(names) != 1 or names[0] not in _FORMS:
        expected = ", ".join(_FORMS)
        raise GridMistake(
            f"expected one of {expected}; found {', '.join(names) or 'an empty mapping'}"
        )
    (content,) = entries.values()
    return _FORMS[names[0]](names[0], content)


def _single(_name: str, node: Node) -> list[Node]:
    return [node]


def _listed(name: str, node: Node) -> list[Node]:
    if node.items is None:
        raise GridMistake(f"{name}: expected a list of values, found {node.describe()}")
    return node.items


def _range(name: str, node: Node) -> list[Node]:
    bounds = [item.value for item in node.items or () if type(item.value) is int]
    if not 1 <= len(bounds) <= 3 or len(bounds) < len(node.items or ()):
        raise GridMistake(
            f"{name}: expected [start, stop, step], integers; found {node.plain()}; for other "
            "numbers, list them"
        )
    if len(bounds) == 3 and bounds[2] == 0:
        raise GridMistake(f"{name}: the step is 0")
    return [Node(value, node.origin) for value in range(*bounds)]


def _progression(name: str, node: Node) -> list[Node]:
    items = [_number(item) for item in node.items or ()]
    n = items[1] if len(items) == 3 else None
    if len(items) != 3 or None in items or type(n) is not int or n < 1:
        raise GridMistake(
            f"{name}: expected [start, n, factor] with n a positive integer; found {node.plain()}"
        )
    start, _, factor = items
    return [Node(start * factor**i, node.origin) for i in range(n)]  # type: ignore[operator]


def _number(node: Node) -> int | float | None:
    value = node.value
    if isinstance(value, str):  # `"1e-3"`, which some YAML readers take for a text
        try:
            return float(value)
        except ValueError:
            return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else None  # type: ignore[return-value]


_FORMS: Mapping[str, Callable[[str, Node], list[Node]]] = {
    "values_list": _listed,
    "range": _range,
    "values_range": _range,
    "range_mult": _progression,
    "values_mult": _progression,
    "value": _single,
}


def node_of(value: Any, origin: Origin) -> Node:
    """A plain value as a node."""
    if isinstance(value, Mapping):
        return Node({key: node_of(item, origin) for key, item in value.items()}, origin)
    if isinstance(value, (list, tuple)):
        return Node([node_of(item, origin) for item in value], origin)
    return Node(value, origin)

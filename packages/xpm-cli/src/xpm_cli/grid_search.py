"""Grid search: several values for some keys of a configuration, and all their combinations."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, Union

import attrs

from xpm_cli.errors import BadInput
from xpm_cli.grid_values import Grid, GridMistake, node_of, value_nodes
from xpm_cli.schema import Checker, close_name, fields_of, is_schema
from xpm_cli.yaml_tree import Origin

__all__ = ["GridError", "GridSearch", "generate_grid"]

T = TypeVar("T")

GridSearch = Union[T, Grid[T]]  # noqa: UP007 - an alias with a parameter: `GridSearch[float]`
"""Annotates a key that takes one value, or several: `lr: GridSearch[float] = 1e-3`.

`generate_grid` gives configurations where it has one.
"""

COUPLED = "config_dicts"
"""The key of the block `grid_search` that holds dictionaries of values which go together."""


class GridError(BadInput, ValueError):
    """A grid cannot be made.

    Attributes:
        key: The dotted path, or the key of the block, where the mistake is.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"grid_search: {key}: {problem}")
        self.key = key


@dataclass(frozen=True, slots=True)
class Axis:
    """Keys that change together, and the values they take in turn."""

    paths: tuple[str, ...]
    points: tuple[tuple[Any, ...], ...]


def generate_grid(cfg: T) -> tuple[list[T], list[dict[str, Any]]]:
    """All the combinations of the values of a configuration.

    The keys of the class come first, in order, then those of the block `grid_search`, then its
    `config_dicts`; the last one changes fastest. The block wins over the class.

    Args:
        cfg: A `@configuration` (or dataclass), as the YAML file was read.

    Returns:
        The configurations, which hold no grid any more and share nothing; and for each the values
        of the keys that vary, by their dotted path: what to tag the tasks with.

    Raises:
        GridError: A path leads nowhere, a value does not fit its key, or coupled values do not
            have the same keys.

    Example:
        >>> from xpm_cli.base_configuration import configuration
        >>> @configuration
        ... class Study:
        ...     lr: GridSearch[float] = 1e-3
        ...     seed: int = 1
        ...     grid_search: dict | None = None
        >>> configurations, tags = generate_grid(Study(lr=[0.1, 0.2], grid_search={"seed": [1, 2]}))
        >>> tags[1]
        {'lr': 0.1, 'seed': 2}
    """
    axes = axes_of(cfg)
    bare = _with(cfg, ["grid_search"], None) if _block(cfg) else cfg
    configurations: list[T] = []
    tags: list[dict[str, Any]] = []
    for points in itertools.product(*(axis.points for axis in axes)):
        made, tag = copy.deepcopy(bare), {}
        for axis, point in zip(axes, points, strict=True):
            for path, value in zip(axis.paths, point, strict=True):
                made = _with(made, path.split("."), copy.deepcopy(value))
                if len(axis.points) > 1:
                    tag[path] = value
        configurations.append(made)
        tags.append(tag)
    return configurations, tags


def size_of(cfg: object) -> int:
    """How many configurations `generate_grid` would give."""
    return math.prod(len(axis.points) for axis in axes_of(cfg))


def axes_of(cfg: object) -> list[Axis]:
    """The keys of a configuration that take several values.

    Raises:
        GridError: As `generate_grid`.
    """
    block = _block(cfg)
    coupled = block.pop(COUPLED, None)
    axes = [
        Axis((path,), tuple((value,) for value in grid.values))
        for path, grid in _inline(cfg)
        if path not in block and path not in _coupled_paths(coupled)
    ]
    for path, spec in block.items():
        axes.append(Axis((path,), tuple((v,) for v in _values(cfg, path, spec))))
    if coupled is not None:
        axes.append(_coupled(cfg, coupled, block))
    return axes


def _block(cfg: object) -> dict[str, Any]:
    """A copy of the block `grid_search`."""
    block = getattr(cfg, "grid_search", None)
    if block is None:
        return {}
    if not isinstance(block, Mapping):
        raise GridError("(the block)", f"expected a mapping of paths, found {block!r}")
    return {str(key): value for key, value in block.items()}


def _inline(cfg: object, prefix: str = "") -> list[tuple[str, Grid[Any]]]:
    """The grids that are values of keys, depth first."""
    found: list[tuple[str, Grid[Any]]] = []
    for f in fields_of(type(cfg)):
        value, path = getattr(cfg, f.name), f"{prefix}{f.name}"
        if not isinstance(value, Grid) and _is_grid(f.type) and isinstance(value, (list, dict)):
            value = _built(f.type, value, path)  # made in Python, where nothing was checked
        if isinstance(value, Grid):
            found.append((path, value))
        elif is_schema(type(value)):
            found += _inline(value, f"{path}.")
    return found


def _is_grid(kind: Any) -> bool:
    return any(typing.get_origin(arg) is Grid for arg in typing.get_args(kind))


def _element(kind: Any) -> Any:
    """What one value of a key is: `T` for `GridSearch[T]`."""
    grids = [arg for arg in typing.get_args(kind) if typing.get_origin(arg) is Grid]
    return typing.get_args(grids[0])[0] if grids else kind


def _built(kind: Any, value: Any, path: str) -> Any:
    """A plain value, checked and converted.

    Raises:
        GridError: It does not fit.
    """
    checker = Checker()
    built = checker.build(kind, node_of(value, Origin("")), "")
    if checker.mistakes:
        raise GridError(path, checker.mistakes[0].message)
    return built


def _values(cfg: object, path: str, spec: Any) -> list[Any]:
    """The values that the block gives to a path."""
    kind = _element(_kind_at(cfg, path))
    try:
        nodes = value_nodes(node_of(spec, Origin("")))
    except GridMistake as mistake:
        raise GridError(path, str(mistake)) from None
    return [_built(kind, node.plain(), path) for node in nodes]


def _coupled_paths(coupled: Any) -> set[str]:
    first = coupled[0] if isinstance(coupled, list) and coupled else {}
    return {str(key) for key in first} if isinstance(first, Mapping) else set()


def _coupled(cfg: object, coupled: Any, block: Mapping[str, Any]) -> Axis:
    """The axis of values that go together."""
    if (
        not isinstance(coupled, list)
        or not coupled
        or not all(isinstance(item, Mapping) and item for item in coupled)
    ):
        raise GridError(COUPLED, f"expected a list of mappings of paths, found {coupled!r}")
    paths = [str(key) for key in coupled[0]]
    for number, item in enumerate(coupled):
        other = {str(key) for key in item}
        if other != set(paths):
            keys = ", ".join(sorted(other ^ set(paths)))
            raise GridError(COUPLED, f"item {number} has not the keys of the first: {keys}")
    if both := [path for path in paths if path in block]:
        raise GridError(COUPLED, f"{', '.join(both)} has values of its own in the block too")
    kinds = [_element(_kind_at(cfg, path)) for path in paths]
    return Axis(
        tuple(paths),
        tuple(
            tuple(_built(k, item[path], path) for k, path in zip(kinds, paths, strict=True))
            for item in ({str(key): value for key, value in one.items()} for one in coupled)
        ),
    )


def _kind_at(cfg: object, path: str) -> Any:
    """The type of the key at a dotted path.

    Raises:
        GridError: The path leads nowhere; the message has the close name.
    """
    value: Any = cfg
    kind: Any = type(cfg)
    walked = type(cfg).__name__
    for part in path.split("."):
        if is_schema(type(value)):
            fields = {f.name: f for f in fields_of(type(value))}
            if part not in fields:
                raise GridError(path, f"{walked} has no '{part}'{close_name(part, fields)}")
            value, kind = getattr(value, part), fields[part].type
        elif isinstance(value, Mapping) and part in value:
            value, kind = value[part], Any
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            arguments = typing.get_args(kind)
            value, kind = value[int(part)], arguments[0] if arguments else Any
        else:
            raise GridError(path, f"there is no '{part}' in {walked}, which is {value!r}")
        walked = f"'{part}'"
    return kind


def _with(value: Any, path: list[str], new: Any) -> Any:
    """A copy of a value where the one at a path is replaced."""
    if not path:
        return new
    part, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {**value, part: _with(value[part], rest, new)}
    if isinstance(value, list):
        return [_with(v, rest, new) if i == int(part) else v for i, v in enumerate(value)]
    inner = _with(getattr(value, part), rest, new)
    if attrs.has(type(value)):
        return attrs.evolve(value, **{part: inner})
    return dataclasses.replace(value, **{part: inner})

"""Checks YAML values against annotated classes, and builds them: every mistake is told at once.

Understands attrs classes and dataclasses, nested; `int`, `float`, `bool`, `str`, `Path`, `None`,
`Any`; `Optional` and unions; `list`, `set`, `frozenset`, `tuple`, `dict`; `Literal`; enumerations;
`Annotated`. The origin of each value goes into the message, which a general library cannot know.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from xpm_cli.grid_values import Grid, GridMistake, value_nodes
from xpm_cli.yaml_tree import Mistake, Node


class Field(NamedTuple):
    """One key that a class accepts."""

    name: str
    type: Any
    required: bool


def is_schema(kind: object) -> bool:
    """Whether a type can be read from a mapping of its fields."""
    return isinstance(kind, type) and (attrs.has(kind) or dataclasses.is_dataclass(kind))


def fields_of(cls: type) -> list[Field]:
    """The keys of an attrs class or a dataclass, in order, with their resolved types.

    Raises:
        NameError: An annotation names something that its module does not have.
    """
    hints = typing.get_type_hints(cls, include_extras=True)
    if attrs.has(cls):
        return [
            Field(f.alias or f.name, hints.get(f.name, Any), f.default is attrs.NOTHING)
            for f in attrs.fields(cls)
            if f.init
        ]
    return [
        Field(
            f.name,
            hints.get(f.name, Any),
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(cls)
        if f.init
    ]


_NAMES: dict[Any, str] = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    str: "a text",
    Path: "a path",
    type(None): "nothing",
}


def type_text(kind: Any) -> str:
    """What a type expects, in words: `a number`, `a list of (an integer)`."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return type_text(args[0])
    if kind in _NAMES:
        return _NAMES[kind]
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(choice) for choice in args)
    if origin in UNIONS:
        return " or ".join(type_text(arg) for arg in args)
    if origin is Grid:
        return f"several of ({type_text(args[0])})"
    if (origin or kind) in SEQUENCES:
        inner = [type_text(arg) for arg in args if arg is not Ellipsis]
        return f"a list of ({', '.join(inner)})" if inner else "a list"
    if (origin or kind) in MAPPINGS:
        return f"a mapping to ({type_text(args[1])})" if args else "a mapping"
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return "one of " + ", ".join(repr(member.value) for member in kind)
    if is_schema(kind):
        return f"a mapping with the keys of {kind.__name__}"
    return getattr(kind, "__name__", str(kind))


class _Refused(Exception):
    """A scalar does not fit; carries the hint to add to the message."""

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self.hint = hint


def _to_int(node: Node) -> int:
    value = node.value
    if isinstance(value, bool):
        raise _Refused
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise _Refused from None
    raise _Refused


def _to_float(node: Node) -> float:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float | str):
        raise _Refused
    try:
        return float(node.value)
    except (ValueError, OverflowError):
        raise _Refused from None


_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def _to_bool(node: Node) -> bool:
    if isinstance(node.value, bool):
        return node.value
    if isinstance(node.value, str | int) and str(node.value).lower() in _TRUTH:
        return _TRUTH[str(node.value).lower()]
    raise _Refused


def _to_str(node: Node) -> str:
    if isinstance(node.value, str):
        return node.value
    if node.text:
        raise _Refused(f'; write "{node.text}", with quotes, for the text')
    raise _Refused


def _to_path(node: Node) -> Path:
    return Path(_to_str(node)).expanduser()


def _to_none(node: Node) -> None:
    if node.value is not None:
        hint = "; write null, without quotes" if node.value == "null" else ""
        raise _Refused(hint)


_SCALARS: dict[Any, Callable[[Node], Any]] = {
    int: _to_int,
    float: _to_float,
    bool: _to_bool,
    str: _to_str,
    Path: _to_path,
    type(None): _to_none,
    None: _to_none,
}
UNIONS = (typing.Union, types.UnionType)
SEQUENCES: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    Sequence: list,
    set: set,
    frozenset: frozenset,
    tuple: tuple,
}
MAPPINGS = (dict, Mapping)
_INVALID = object()


def close_name(name: object, known: typing.Iterable[object]) -> str:
    """`; did you mean 'x'?` when a known name is close, else an empty text."""
    by_lower_case = {str(item).lower(): str(item) for item in known}
    close = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1)
    return f"; did you mean '{by_lower_case[close[0]]}'?" if close else ""


@dataclasses.dataclass(slots=True)
class Checker:
    """Builds values of annotated types from nodes, and collects what is wrong.

    Attributes:
        mistakes: Everything found so far, in the order of the walk.
    """

    mistakes: list[Mistake] = dataclasses.field(default_factory=list)

    def build(self, kind: Any, node: Node, path: str) -> Any:
        """The value of type `kind` that a node describes.

        Args:
            kind: A type as this module understands them.
            node: What was written.
            path: Where it is in the file, with dots; empty for the whole.

        Returns:
            The value; an arbitrary one when a mistake was added.
        """
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:  # first: its metadata may not be hashable
            return self.build(args[0], node, path)
        if kind is Any or kind is object:
            return node.plain()
        if kind in _SCALARS:
            return self._scalar(kind, node, path)
        if origin is typing.Literal:
            return self._choice(kind, {choice: choice for choice in args}, node, path)
        if origin in UNIONS:
            return self._union(kind, args, node, path)
        if origin is Grid:
            return self._grid(args[0], node, path)
        if (origin or kind) in SEQUENCES:
            return self._sequence(kind, origin or kind, args, node, path)
        if (origin or kind) in MAPPINGS:
            return self._mapping(kind, args, node, path)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return self._choice(kind, {member.value: member for member in kind}, node, path)
        if is_schema(kind):
            return self._object(kind, node, path)
        self._add(node, path, f"the type {type_text(kind)} cannot be read from YAML")
        return _INVALID

    def _add(self, node: Node, path: str, message: str) -> None:
        where = f"{path}: " if path else ""
        self.mistakes.append(Mistake(node.origin, where + message))

    def _unexpected(self, kind: Any, node: Node, path: str, hint: str = "") -> Any:
        found = f"expected {type_text(kind)}, found {node.describe()}{hint}"
        self._add(node, path, found)
        return _INVALID

    def _scalar(self, kind: Any, node: Node, path: str) -> Any:
        try:
            return _SCALARS[kind](node)
        except _Refused as refused:
            return self._unexpected(kind, node, path, refused.hint)

    def _choice(self, kind: Any, choices: dict[Any, Any], node: Node, path: str) -> Any:
        for choice, value in choices.items():
            if type(choice) is type(node.value) and choice == node.value:
                return value
        # an unquoted `1` or `yes` where the choices are texts
        if node.text is not None and node.text in choices:
            return choices[node.text]
        return self._unexpected(kind, node, path, close_name(node.plain(), choices))

    def _union(self, kind: Any, args: tuple[Any, ...], node: Node, path: str) -> Any:
        exact = [arg for arg in args if arg is type(node.value)]
        attempts: list[list[Mistake]] = []
        for arg in (*exact, *(arg for arg in args if arg not in exact)):
            attempt = Checker()
            value = attempt.build(arg, node, path)
            if not attempt.mistakes:
                return value
            if arg is not type(None):
                attempts.append(attempt.mistakes)
        if len(attempts) == 1 and (node.mapping is not None or node.items is not None):
            self.mistakes += attempts[0]  # Optional[X]: what is wrong inside X
            return _INVALID
        if any(typing.get_origin(arg) is Grid for arg in args) and node.text is None:
            self.mistakes += attempts[-1]  # GridSearch[X]: what is wrong among the values
            return _INVALID
        hint = "; write null, without quotes" if node.value == "null" else ""
        return self._unexpected(kind, node, path, hint)

    def _grid(self, kind: Any, node: Node, path: str) -> Any:
        """Several values of a type, in one of the forms of `grid_values`."""
        try:
            nodes = value_nodes(node)
        except GridMistake as mistake:
            self._add(node, path, str(mistake))
            return _INVALID
        several = node.mapping is not None or node.items is not None
        return Grid(
            tuple(
                self.build(kind, item, f"{path}.{i}" if several else path)
                for i, item in enumerate(nodes)
            )
        )

    def _sequence(self, kind: Any, to: Any, args: Any, node: Node, path: str) -> Any:
        if node.items is None:
            return self._unexpected(kind, node, path)
        fixed = to is tuple and args and args[-1] is not Ellipsis
        if fixed and len(args) != len(node.items):
            return self._unexpected(kind, node, path, f", not {len(args)}")
        inner = list(args) if fixed else [args[0] if args else Any] * len(node.items)
        before = len(self.mistakes)
        values = [
            self.build(inner[i], item, f"{path}.{i}" if path else str(i))
            for i, item in enumerate(node.items)
        ]
        if len(self.mistakes) > before:
            return _INVALID
        try:
            return SEQUENCES[to](values)
        except TypeError:
            self._add(node, path, "the items of a set must be texts or numbers")
            return _INVALID

    def _mapping(self, kind: Any, args: Any, node: Node, path: str) -> Any:
        if node.mapping is None:
            return self._unexpected(kind, node, path)
        key_kind, value_kind = args or (Any, Any)
        values = {}
        for key, below in node.mapping.items():
            where = f"{path}.{key}" if path else str(key)
            key_node = Node(key, below.origin, None if isinstance(key, str) else str(key))
            built = self.build(key_kind, key_node, f"{where} (key)")
            values[built] = self.build(value_kind, below, where)
        return values

    def _object(self, cls: type, node: Node, path: str) -> Any:
        if node.mapping is None:
            return self._unexpected(cls, node, path)
        before = len(self.mistakes)
        fields = {f.name: f for f in fields_of(cls)}
        values: dict[str, Any] = {}
        for key, below in node.mapping.items():
            if key not in fields:
                self._unknown_key(cls, key, fields, below, path)
                continue
            where = f"{path}.{key}" if path else str(key)
            values[str(key)] = self.build(fields[str(key)].type, below, where)
        for f in fields.values():
            if f.required and f.name not in node.mapping:
                where = f"{path}.{f.name}" if path else f.name
                self._add(node, "", f"'{where}' is missing: expected {type_text(f.type)}")
        if len(self.mistakes) > before:
            return _INVALID
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:  # a validator of the user's class
            self._add(node, path, f"{cls.__name__} refuses these values: {error}")
            return _INVALID

    def _unknown_key(
        self, cls: type, key: object, fields: Mapping[str, Field], node: Node, path: str
    ) -> None:
        hint = close_name(key, fields)
        known = "" if hint else f"; known keys: {', '.join(fields)}"
        self._add(node, path, f"unknown key '{key}' in {cls.__name__}{hint}{known}")

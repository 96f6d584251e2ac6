"""YAML values that remember where they were written: reading, merging, setting one by its path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import yaml

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a value was written: a file and its line (from 1), or an option."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in what the user wrote, told without any exception.

    Attributes:
        origin: Where.
        message: What was found and what was expected.
    """

    origin: Origin
    message: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.message}"


Content: TypeAlias = "dict[Hashable, Node] | list[Node] | object"


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML value.

    Attributes:
        value: A dictionary of nodes, a list of nodes, or a scalar.
        origin: Where the entry that holds it starts: the line of its key, in a mapping.
        text: A scalar that was not quoted, as it was written (`1e-3`, `yes`); else None.
    """

    value: Content
    origin: Origin
    text: str | None = None

    @property
    def mapping(self) -> dict[Hashable, Node] | None:
        """The entries of a mapping; None for anything else."""
        return cast("dict[Hashable, Node]", self.value) if isinstance(self.value, dict) else None

    @property
    def items(self) -> list[Node] | None:
        """The items of a list; None for anything else."""
        return cast("list[Node]", self.value) if isinstance(self.value, list) else None

    def plain(self) -> Any:
        """The value without origins, as `yaml.safe_load` gives it."""
        if self.mapping is not None:
            return {key: node.plain() for key, node in self.mapping.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.value

    def describe(self) -> str:
        """A few words for an error message: kind and value."""
        if self.mapping is not None:
            return "a mapping"
        if self.items is not None:
            return f"a list of {len(self.items)}" if self.items else "an empty list"
        if self.value is None:
            return "nothing" if not self.text else f"nothing ({self.text})"
        if isinstance(self.value, bool):
            return f"the truth value {self.text or str(self.value).lower()}"
        if isinstance(self.value, int | float):
            return f"the number {self.text or self.value}"
        if isinstance(self.value, str):
            return f"the text {self.value!r}"
        return f"the {type(self.value).__name__} {self.value}"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with the floats of YAML 1.2 (`1e-3` is a number)."""


_Loader.yaml_implicit_resolvers = {
    first: list(resolvers) for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9][0-9_]*)(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


@dataclass(slots=True)
class _Builder:
    """Turns the nodes of PyYAML into ours."""

    loader: _Loader
    source: str
    mistakes: list[Mistake] = field(default_factory=list)
    open: set[int] = field(default_factory=set)

    def origin(self, node: yaml.Node) -> Origin:
        return Origin(self.source, node.start_mark.line + 1 if node.start_mark else None)

    def build(self, node: yaml.Node, origin: Origin | None = None) -> Node:
        origin = origin or self.origin(node)
        if id(node) in self.open:
            self.mistakes.append(Mistake(origin, "an alias holds itself"))
            return Node(None, origin)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return Node(self._mapping(node), origin)
            if isinstance(node, yaml.SequenceNode):
                return Node([self.build(item) for item in node.value], origin)
            return self._scalar(node, origin)
        finally:
            self.open.discard(id(node))

    def _scalar(self, node: yaml.Node, origin: Origin) -> Node:
        try:
            value = self.loader.construct_object(node)
        except (yaml.constructor.ConstructorError, ValueError) as error:
            problem = getattr(error, "problem", None) or str(error)
            self.mistakes.append(Mistake(origin, f"{problem}"))
            return Node(None, origin)
        unquoted = getattr(node, "style", None) is None
        return Node(value, origin, str(node.value) if unquoted else None)

    def _mapping(self, node: yaml.MappingNode) -> dict[Hashable, Node]:
        own = {id(key) for key, _ in node.value}
        self.loader.flatten_mapping(node)  # `<<: *base`: the merged entries come first
        entries: dict[Hashable, Node] = {}
        seen: dict[Hashable, Origin] = {}
        for key_node, value_node in node.value:
            origin = self.origin(key_node)
            key = self._scalar(key_node, origin).value
            if not isinstance(key, str | int | float | bool):
                self.mistakes.append(Mistake(origin, "a key must be a text, a number or a boolean"))
                continue
            if id(key_node) in own:
                if key in seen:
                    self.mistakes.append(
                        Mistake(origin, f"the key '{key}' was given already at {seen[key]}")
                    )
                seen[key] = origin
            entries[key] = self.build(value_node, origin)
        return entries


def parse(text: str, source: str) -> tuple[Node, list[Mistake]]:
    """Read one YAML document; an empty one is an empty mapping.

    Args:
        text: The document.
        source: What origins call it: a path as the user gave it, or an option.

    Returns:
        The value and the mistakes found; with mistakes, the value may be incomplete.
    """
    start = Origin(source, 1)
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"this is not YAML: the character #x{error.character:04x} is not allowed"
        return Node({}, start), [Mistake(Origin(source, line), message)]
    try:
        root = loader.get_single_node()
        if root is None:
            return Node({}, start), []
        builder = _Builder(loader, source)
        return builder.build(root), builder.mistakes
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, [error.context, error.problem]))
        origin = Origin(source, mark.line + 1 if mark else None)
        return Node({}, start), [Mistake(origin, f"this is not YAML: {what}")]
    except yaml.YAMLError as error:
        return Node({}, start), [Mistake(start, f"this is not YAML: {error}")]
    except RecursionError:
        return Node({}, start), [Mistake(start, "the values are nested too deeply")]
    finally:
        loader.dispose()


def read(path: Path) -> tuple[Node, list[Mistake]]:
    """Read a YAML file in UTF-8. Unreadable files are mistakes, not exceptions."""
    origin = Origin(str(path))
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        problem = f"the file is not text in UTF-8 (byte {error.start})"
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
    return Node({}, origin), [Mistake(origin, problem)]


def merge(base: Node, over: Node) -> Node:
    """Two values into one: mappings recursively; of anything else, the second."""
    below, above = base.mapping, over.mapping
    if below is None or above is None:
        return over
    merged = dict(below)
    for key, node in above.items():
        merged[key] = merge(merged[key], node) if key in merged else node
    return Node(merged, over.origin)


class NoSuchPlace(Exception):
    """A dotted path leads nowhere."""


def _step(node: Node, part: str, walked: str) -> Hashable:
    """The key or index that one part of a path means below a node.

    Raises:
        NoSuchPlace: `node` is a scalar, or a list without that index.
    """
    if node.items is not None:
        if not re.fullmatch(r"-?\d+", part) or not -len(node.items) <= int(part) < len(node.items):
            raise NoSuchPlace(
                f"'{walked}' is a list of {len(node.items)}: '{part}' is none of its indices"
            )
        return int(part) % len(node.items)
    if node.mapping is None:
        raise NoSuchPlace(f"'{walked}' is {node.describe()}: there is nothing below it")
    matching = [key for key in node.mapping if str(key) == part]
    return matching[0] if matching else part


def replace_at(node: Node, path: list[str], new: Node | None, walked: str = "") -> Node:
    """A copy of a value where the one at a dotted path is replaced, or removed.

    Args:
        node: The value to copy.
        path: Keys and list indices; mappings that are missing on the way are made.
        new: What to put there; None removes.
        walked: The path of `node`, for messages.

    Raises:
        NoSuchPlace: A part of the path is no index of a list, or lies below a scalar; or there
            is nothing to remove.
    """
    origin = node.origin if new is None else new.origin
    if not path:
        return node if new is None else new
    if node.value is None:
        node = Node({}, origin)
    key = _step(node, path[0], walked or "the file")
    below = f"{walked}.{path[0]}" if walked else path[0]
    last = len(path) == 1
    if node.items is not None:
        items = list(node.items)
        assert isinstance(key, int)
        if last and new is None:
            del items[key]
        else:
            items[key] = replace_at(items[key], path[1:], new, below)
        return Node(items, node.origin)
    entries = dict(node.mapping or {})
    if key not in entries and new is None:
        raise NoSuchPlace(f"there is no '{below}' to remove")
    if last and new is None:
        del entries[key]
    else:
        entries[key] = replace_at(entries.get(key, Node({}, origin)), path[1:], new, below)
    return Node(entries, node.origin)


def find(node: Node, path: list[str]) -> Node | None:
    """The value at a dotted path, or None."""
    for part in path:
        try:
            key = _step(node, part, "")
        except NoSuchPlace:
            return None
        inside = node.items if node.items is not None else node.mapping
        try:
            node = inside[key]  # type: ignore[index, call-overload]
        except KeyError:
            return None
    return node

"""Giving values of older files the Python type that JSON made them lose.

2.x writes a tuple as a list, a member of a `str` or `int` enumeration as its value, and the keys
of a dictionary as text; the declared type of the parameter says what they were.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xpm_config.types import (
    DictType,
    EnumType,
    IntType,
    ListType,
    ParameterType,
    SetType,
    TupleType,
    UnionType_,
)

__all__ = ["restorer"]

Restore = Callable[[Any], Any]


def restorer(kind: ParameterType) -> Restore | None:
    """What gives a decoded value its declared type; None when JSON loses nothing of it."""
    make = _MAKERS.get(type(kind))
    return None if make is None else make(kind)


def _unchanged(value: Any) -> Any:
    return value


def _enum(kind: EnumType) -> Restore:
    cls = kind.cls

    def restore(value: Any) -> Any:
        return value if value is None or isinstance(value, cls) else cls(value)

    return restore


def _list(kind: ListType) -> Restore | None:
    element = restorer(kind.element)
    if element is None:
        return None
    return lambda value: [element(item) for item in value] if type(value) is list else value


def _set(kind: SetType) -> Restore | None:
    element = restorer(kind.element)
    if element is None:
        return None
    return lambda value: {element(item) for item in value} if type(value) is set else value


def _tuple(kind: TupleType) -> Restore:
    elements = [restorer(element) or _unchanged for element in kind.elements]

    def restore(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        each = elements * len(value) if kind.variadic else elements
        return tuple(element(item) for element, item in zip(each, value, strict=False))

    return restore


def _dict(kind: DictType) -> Restore | None:
    key = _key(kind.key)
    item = restorer(kind.value)
    if key is None and item is None:
        return None
    of_key, of_item = key or _unchanged, item or _unchanged

    def restore(value: Any) -> Any:
        if type(value) is not dict:
            return value
        return {of_key(name): of_item(content) for name, content in value.items()}

    return restore


def _key(kind: ParameterType) -> Restore | None:
    """As `restorer`, for a key, which is text in a JSON object."""
    if isinstance(kind, IntType):
        return int
    if isinstance(kind, EnumType):
        cls = kind.cls

        def restore(value: Any) -> Any:
            return cls[value] if type(value) is str and value in cls.__members__ else value

        return restore
    return None


def _union(kind: UnionType_) -> Restore | None:
    restorers = [found for found in map(restorer, kind.members) if found is not None]
    if not restorers:
        return None

    def restore(value: Any) -> Any:
        if kind.matches(value):
            return value
        for candidate in restorers:
            try:
                restored = candidate(value)
            except ValueError:
                continue
            if kind.matches(restored):
                return restored
        return value

    return restore


_MAKERS: dict[type[ParameterType], Callable[[Any], Restore | None]] = {
    EnumType: _enum,
    ListType: _list,
    SetType: _set,
    TupleType: _tuple,
    DictType: _dict,
    UnionType_: _union,
}

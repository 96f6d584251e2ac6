"""Parameter types: what each accepts, and what it stores.

A `ParameterType` turns a value into the value that is stored (`coerce`), or says why it cannot
(`Mismatch`, which becomes part of the message of an `InvalidValueError`). Those of single values
are in `scalars`; here are those made of others, and those of configurations.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from .mismatch import Mismatch
from .scalars import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    INT64_MAX,
    INT64_MIN,
    NONE,
    PATH,
    STR,
    WIDE_INT,
    AnyType,
    BoolType,
    EnumType,
    FloatType,
    IntType,
    NoneType_,
    ParameterType,
    PathType,
    StrType,
)

if TYPE_CHECKING:
    from .config import Config

__all__ = [
    "ANY",
    "BOOL",
    "FLOAT",
    "INT",
    "INT64_MAX",
    "INT64_MIN",
    "NONE",
    "PATH",
    "STR",
    "WIDE_INT",
    "AnyType",
    "BoolType",
    "CompoundType",
    "ConfigType",
    "DictType",
    "EnumType",
    "FloatType",
    "InstanceOf",
    "IntType",
    "ListType",
    "Mismatch",
    "NoneType_",
    "ParameterType",
    "PathType",
    "SetType",
    "StrType",
    "TupleType",
    "UnionType_",
    "VariableType",
    "tuple_within",
]


class CompoundType(ParameterType):
    """A type made of others, as which it holds configurations and has variables."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[ParameterType, ...]) -> None:
        self.parts = parts

    @property
    def holds_configs(self) -> bool:  # type: ignore[override]
        """As its parts."""
        return any(part.holds_configs for part in self.parts)

    @property
    def variables(self) -> frozenset[TypeVar]:  # type: ignore[override]
        """Those of its parts."""
        return frozenset().union(*(part.variables for part in self.parts))

    @property
    def holds_tuples(self) -> bool:  # type: ignore[override]
        """As its parts."""
        return any(part.holds_tuples for part in self.parts)


class ListType(CompoundType):
    """Lists; a new one is stored, with its elements converted."""

    __slots__ = ("element",)
    is_mutable = True
    is_container = True

    def __init__(self, element: ParameterType) -> None:
        super().__init__((element,))
        self.element = element

    def coerce(self, value: Any) -> list[Any]:
        """A new list of converted elements."""
        if not isinstance(value, list):
            raise Mismatch(value, str(self))
        exact = self.element.exact
        if exact is not None and exact is not int and set(map(type, value)) == {exact}:
            return list(value)
        return _coerce_items(self.element, value)

    def matches(self, value: Any) -> bool:
        """A list of such elements."""
        return isinstance(value, list) and all(map(self.element.matches, value))

    def __str__(self) -> str:
        return f"list[{self.element}]"


def _coerce_items(element: ParameterType, items: Any) -> list[Any]:
    found: list[Any] = []
    coerce = element.coerce
    try:
        for item in items:
            found.append(coerce(item))
    except Mismatch as mismatch:
        raise mismatch.below(f"[{len(found)}]") from None
    return found


class SetType(CompoundType):
    """Sets; configurations in one are sealed, so that they can be compared."""

    __slots__ = ("element",)
    is_mutable = True
    is_container = True

    def __init__(self, element: ParameterType) -> None:
        super().__init__((element,))
        self.element = element

    def coerce(self, value: Any) -> set[Any]:
        """A new set of converted elements."""
        if not isinstance(value, set):
            raise Mismatch(value, str(self))
        coerce = self.element.coerce
        found = set()
        for item in value:
            try:
                found.add(coerce(item))
            except Mismatch as mismatch:
                raise mismatch.below("{…}") from None
        return found

    def matches(self, value: Any) -> bool:
        """A set of such elements."""
        return isinstance(value, set) and all(map(self.element.matches, value))

    def __str__(self) -> str:
        return f"set[{self.element}]"


class DictType(CompoundType):
    """Dictionaries; keys are text, numbers or members of an enumeration."""

    __slots__ = ("key", "value")
    is_mutable = True
    is_container = True

    def __init__(self, key: ParameterType, value: ParameterType) -> None:
        super().__init__((key, value))
        self.key = key
        self.value = value

    def coerce(self, value: Any) -> dict[Any, Any]:
        """A new dictionary, keys and values converted."""
        if not isinstance(value, dict):
            raise Mismatch(value, str(self))
        found = {}
        for key, item in value.items():
            try:
                stored = self.key.coerce(key)
            except Mismatch as mismatch:
                raise mismatch.below(f", key {key!r}") from None
            try:
                found[stored] = self.value.coerce(item)
            except Mismatch as mismatch:
                raise mismatch.below(f"[{key!r}]") from None
        return found

    def matches(self, value: Any) -> bool:
        """A dictionary of such keys and values."""
        return (
            isinstance(value, dict)
            and all(map(self.key.matches, value))
            and all(map(self.value.matches, value.values()))
        )

    def __str__(self) -> str:
        return f"dict[{self.key}, {self.value}]"


class TupleType(CompoundType):
    """Tuples, of fixed or (`Tuple[T, ...]`) any length."""

    __slots__ = ("elements", "variadic")
    is_container = True

    @property
    def holds_tuples(self) -> bool:  # type: ignore[override]
        """It is one."""
        return True

    def __init__(self, elements: tuple[ParameterType, ...], variadic: bool) -> None:
        super().__init__(elements)
        self.elements = elements
        self.variadic = variadic

    @property
    def is_mutable(self) -> bool:  # type: ignore[override]
        """As its elements."""
        return any(e.is_mutable for e in self.elements)

    def coerce(self, value: Any) -> tuple[Any, ...]:
        """A tuple of converted elements, from a tuple or a list."""
        if not isinstance(value, (tuple, list)):
            raise Mismatch(value, str(self))
        if self.variadic:
            return tuple(_coerce_items(self.elements[0], value))
        if len(value) != len(self.elements):
            count = len(value)
            raise Mismatch(
                value, str(self), hint=f"it has {count} element{'' if count == 1 else 's'}"
            )
        found: list[Any] = []
        for index, (element, item) in enumerate(zip(self.elements, value, strict=True)):
            try:
                found.append(element.coerce(item))
            except Mismatch as mismatch:
                raise mismatch.below(f"[{index}]") from None
        return tuple(found)

    def matches(self, value: Any) -> bool:
        """A tuple of such elements."""
        if not isinstance(value, tuple):
            return False
        if self.variadic:
            return all(map(self.elements[0].matches, value))
        return len(value) == len(self.elements) and all(
            e.matches(v) for e, v in zip(self.elements, value, strict=True)
        )

    def __str__(self) -> str:
        inside = ", ".join(map(str, self.elements)) or "()"
        return f"tuple[{inside}{', ...' if self.variadic else ''}]"


def tuple_within(value: Any) -> tuple[str, tuple[Any, ...]] | None:
    """The first tuple in a value, after the keys that lead to it."""
    if isinstance(value, tuple):
        return "", value
    items: Any = ()
    if isinstance(value, list):
        items = enumerate(value)
    elif isinstance(value, dict):
        items = value.items()
    elif isinstance(value, set):
        items = (("…", item) for item in value)
    for key, item in items:
        found = tuple_within(item)
        if found is not None:
            where, inner = found
            return f"[{key if key == '…' else repr(key)}]{where}", inner
    return None


class InstanceOf(ParameterType):
    """The bare `List`, `Dict` or `Set`: kept as it is, whatever it holds."""

    __slots__ = ("cls",)
    holds_configs = True
    is_mutable = True
    is_container = True

    def __init__(self, cls: type) -> None:
        self.cls = cls

    def coerce(self, value: Any) -> Any:
        """The value itself."""
        if not isinstance(value, self.cls):
            raise Mismatch(value, self.cls.__name__)
        return value

    def matches(self, value: Any) -> bool:
        """An instance is."""
        return isinstance(value, self.cls)

    def __str__(self) -> str:
        return self.cls.__name__


def _yields(member: ParameterType, value: Any) -> bool:
    """Whether a member leaves a value to the one that it is exactly of."""
    return isinstance(member, PathType) or (isinstance(member, BoolType) and isinstance(value, int))


class UnionType_(CompoundType):
    """One of several types.

    The members are tried in the order in which this declaration writes them, with conversion:
    identifiers of 2.x depend on it (`Union[int, str]` stores `"3"` as 3). What has the same
    identifier either way, or none the other way, keeps its exact type: a `bool` in
    `Union[int, bool]`, a text in `Union[Path, str]`.
    """

    __slots__ = ("members",)

    def __init__(self, members: tuple[ParameterType, ...]) -> None:
        super().__init__(members)
        self.members = members

    def reorder(self, members: tuple[ParameterType, ...]) -> None:
        """Sets the order in which the members are tried."""
        self.members = self.parts = members

    @property
    def is_mutable(self) -> bool:  # type: ignore[override]
        """As its members."""
        return any(m.is_mutable for m in self.members)

    def coerce(self, value: Any) -> Any:
        """What the first member that accepts the value stores."""
        exact = [m for m in self.members if m.matches(value)]
        if exact and (self.members[0] is exact[0] or not isinstance(value, (int, float, str))):
            return exact[0].coerce(value)
        if exact and isinstance(value, (bool, Enum)):
            return exact[0].coerce(value)
        hints = []
        for member in self.members:
            if exact and member not in exact and _yields(member, value):
                continue
            try:
                return member.coerce(value)
            except Mismatch as mismatch:
                if mismatch.hint:
                    hints.append(mismatch.hint)
        raise Mismatch(value, str(self), hint="; ".join(hints))

    def matches(self, value: Any) -> bool:
        """What one of its members matches."""
        return any(m.matches(value) for m in self.members)

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))


class ConfigType(ParameterType):
    """Configurations of a class; those of a task class have been submitted."""

    __slots__ = ("arguments", "cls", "is_task", "parts")
    holds_configs = True

    @property
    def variables(self) -> frozenset[TypeVar]:  # type: ignore[override]
        """Those of its arguments."""
        return frozenset().union(*(part.variables for part in self.parts))

    def __init__(self, cls: type[Config], arguments: tuple[ParameterType, ...] = ()) -> None:
        self.cls = cls
        self.arguments = arguments
        self.parts = arguments
        self.is_task = bool(getattr(cls, "__xpm_task__", False))

    def coerce(self, value: Any) -> Any:
        """The configuration itself."""
        cls = self.cls
        state = getattr(value, "_xpm", None)
        if state is None or not isinstance(value, cls):
            converted = self._conversion(value)
            if converted is None:
                raise self._refusal(value)
            value, state = converted, converted._xpm
        if self.is_task and state.task is None:
            raise Mismatch(
                value,
                f"a submitted {cls.__qualname__}",
                hint="The value must be submitted before giving it: call its submit() first",
            )
        if self.arguments:
            from .generics import check_arguments  # only for parameters such as Param[Box[int]]

            check_arguments(value, cls, self.arguments)
        return value

    def _conversion(self, value: Any) -> Config | None:
        """What stands for a deprecated configuration, if the class accepts that."""
        state = getattr(value, "_xpm", None)
        if state is None or self.is_task or value.__xpmtype__.deprecation is None:
            return None
        converted: Config = value.__xpmtype__.deprecation.convert(value)
        return converted if isinstance(converted, self.cls) else None

    def _refusal(self, value: Any) -> Mismatch:
        cls = self.cls
        expected = f"a configuration {cls.__qualname__}"
        if isinstance(value, cls):
            return Mismatch(
                value,
                expected,
                hint=f"this is a value object: build it with {cls.__qualname__}.C(...)",
            )
        if isinstance(value, type) and issubclass(value, cls):
            return Mismatch(
                value, expected, hint=f"this is the class: write {value.__qualname__}.C(...)"
            )
        if isinstance(value, dict):
            return Mismatch(value, expected, hint=f"write {cls.__qualname__}.C(name=value, …)")
        return Mismatch(value, expected)

    def matches(self, value: Any) -> bool:
        """A configuration of the class."""
        return isinstance(value, self.cls) and getattr(value, "_xpm", None) is not None

    def __str__(self) -> str:
        if self.arguments:
            return f"{self.cls.__qualname__}[{', '.join(map(str, self.arguments))}]"
        return self.cls.__qualname__


class VariableType(ParameterType):
    """A type variable: anything that its bound or its constraints accept."""

    __slots__ = ("bound", "variable")
    holds_configs = True
    is_mutable = True

    def __init__(self, variable: TypeVar, bound: ParameterType | None) -> None:
        self.variable = variable
        self.bound = bound

    @property
    def variables(self) -> frozenset[TypeVar]:  # type: ignore[override]
        """The variable."""
        return frozenset({self.variable})

    def coerce(self, value: Any) -> Any:
        """The value itself, if the bound accepts it as it is."""
        if self.bound is not None and not self.bound.matches(value):
            raise Mismatch(value, f"{self.variable} (a {self.bound})")
        return value

    def matches(self, value: Any) -> bool:
        """What the bound matches."""
        return self.bound is None or self.bound.matches(value)

    def __str__(self) -> str:
        return str(self.variable)

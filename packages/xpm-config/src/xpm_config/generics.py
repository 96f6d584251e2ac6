"""Type variables: what the values of one variable have in common."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import InvalidValueError
from .mismatch import Mismatch, shown
from .types import (
    ConfigType,
    DictType,
    ListType,
    ParameterType,
    SetType,
    TupleType,
    UnionType_,
    VariableType,
)

if TYPE_CHECKING:
    from .config import Config

Pair = tuple[VariableType, Any]


class BindingError(InvalidValueError, TypeError):
    """Two values of one type variable have nothing in common."""


def bindings(config: Config) -> dict[TypeVar, type]:
    """The class that each type variable stands for in a configuration.

    Raises:
        InvalidValueError: if two values of one variable have nothing in common.
    """
    found: dict[TypeVar, type] = {}
    for name, parameter in config.__xpmtype__.parameters.items():
        value = config.__dict__.get(name)
        if value is None or not parameter.type.variables:
            continue
        for variable, item in values_of(parameter.type, value):
            key, kind = variable.variable, _class_of(item)
            common = _common(found.get(key), kind)
            if common is None:
                raise BindingError(
                    f"{_title(type(config))}.{name} = {shown(value)}: {key} is already "
                    f"{found[key].__qualname__}, which has nothing in common with "
                    f"{kind.__qualname__} ({config.__xpm__.place_of(name)})"
                )
            found[key] = common
    return found


def check_bindings(config: Config) -> None:
    """Checks that the values of each type variable belong together."""
    bindings(config)


def values_of(kind: ParameterType, value: Any) -> Iterator[Pair]:
    """The type variables of a type, each with what it stands for in a value of the type.

    Below a configuration of a generic class, only what it holds itself is looked at: the cost
    does not depend on what lies deeper.
    """
    if value is None or not kind.variables:
        return
    if isinstance(kind, VariableType):
        yield kind, value
    elif isinstance(kind, ConfigType):
        yield from _values_of_config(kind, value)
    else:
        find = _FINDERS.get(type(kind))
        for part, item in find(kind, value) if find is not None else ():
            yield from values_of(part, item)


def _in_items(kind: Any, value: Any) -> Iterator[tuple[ParameterType, Any]]:
    return ((kind.element, item) for item in value)


def _in_dict(kind: Any, value: Any) -> Iterator[tuple[ParameterType, Any]]:
    for key, item in value.items():
        yield kind.key, key
        yield kind.value, item


def _in_tuple(kind: Any, value: Any) -> Iterator[tuple[ParameterType, Any]]:
    elements = kind.elements * len(value) if kind.variadic else kind.elements
    return zip(elements, value, strict=False)


def _in_union(kind: Any, value: Any) -> Iterator[tuple[ParameterType, Any]]:
    """The one member that has the value, a variable only if no other has."""
    candidates = sorted(kind.members, key=lambda member: isinstance(member, VariableType))
    member = next((m for m in candidates if m.matches(value)), None)
    if member is not None:
        yield member, value


_FINDERS: dict[type[ParameterType], Any] = {
    ListType: _in_items,
    SetType: _in_items,
    DictType: _in_dict,
    TupleType: _in_tuple,
    UnionType_: _in_union,
}


def _values_of_config(kind: ConfigType, value: Config) -> Iterator[Pair]:
    """What the arguments of `Box[T]` stand for in a box."""
    arguments = _by_variable(kind.cls, kind.arguments)
    for name, parameter in kind.cls.__getxpmtype__().parameters.items():
        held = value.__dict__.get(name)
        if isinstance(parameter.type, ConfigType):
            continue
        for variable, item in values_of(parameter.type, held):
            argument = arguments.get(variable.variable)
            if isinstance(argument, VariableType):
                yield argument, item


def _by_variable(cls: type, arguments: tuple[ParameterType, ...]) -> dict[TypeVar, ParameterType]:
    variables: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    return dict(zip(variables, arguments, strict=False))


def _class_of(value: Any) -> type:
    found: type = getattr(type(value), "__xpm_declaration__", type(value))
    return found


def _title(cls: type) -> str:
    return cls.__qualname__.removesuffix(".XPMConfig")


def _common(known: type | None, kind: type) -> type | None:
    """The class that both derive from, other than the roots of everything."""
    if known is None or issubclass(kind, known):
        return kind if known is None else known
    roots = {object, typing.Generic}
    for base in known.__mro__:
        if base not in roots and base.__module__ != "xpm_config.config" and issubclass(kind, base):
            return base
    return None


# --- What `Param[Box[int]]` accepts


def check_arguments(value: Config, cls: type[Config], arguments: tuple[ParameterType, ...]) -> None:
    """Checks a value of `Param[Box[int]]`: that what its box holds is an `int`.

    Raises:
        Mismatch: if it is not.
    """
    expected = _by_variable(cls, arguments)
    wanted_text = f"{cls.__qualname__}[{', '.join(map(str, arguments))}]"
    declared = declared_arguments(_class_of(value), cls)
    for (variable, wanted), given in zip(expected.items(), declared, strict=False):
        if not _fits(given, wanted):
            hint = f"{_title(type(value))} is a {cls.__qualname__} of {variable} = {given}"
            raise Mismatch(value, wanted_text, hint=hint)
    for name, parameter in cls.__getxpmtype__().parameters.items():
        held = value.__dict__.get(name)
        for found, item in values_of(parameter.type, held):
            argument = expected.get(found.variable)
            if argument is None or isinstance(argument, VariableType) or _accepts(argument, item):
                continue
            raise Mismatch(
                value, wanted_text, hint=f"its {name} holds {shown(item)}, no {argument}"
            )


def declared_arguments(cls: type, generic: type) -> tuple[ParameterType, ...]:
    """What a class derived from `generic[X]` says that X is; nothing if it does not say."""
    from .annotations import build_type

    for base in cls.__mro__:
        for origin in vars(base).get("__orig_bases__", ()):
            if typing.get_origin(origin) is generic:
                return tuple(build_type(argument) for argument in typing.get_args(origin))
    return ()


def _fits(given: ParameterType, wanted: ParameterType) -> bool:
    """Whether a type argument may stand where another one is wanted."""
    if isinstance(given, VariableType) or isinstance(wanted, VariableType):
        return True
    if isinstance(given, ConfigType) and isinstance(wanted, ConfigType):
        return issubclass(given.cls, wanted.cls)
    return str(given) == str(wanted) or str(wanted) == "Any"


def _accepts(kind: ParameterType, value: Any) -> bool:
    """Whether a type would store the value, or one equal to it."""
    if kind.matches(value):
        return True
    try:
        return bool(kind.coerce(value) == value)
    except Mismatch:
        return False

"""Type variables: what the values of one variable have in common."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import InvalidValueError
from .types import ConfigType, ListType, Mismatch, ParameterType, VariableType

if TYPE_CHECKING:
    from .config import Config


def bindings(config: Config) -> dict[TypeVar, type]:
    """The class that each type variable stands for in a configuration.

    Raises:
        InvalidValueError: if two values of one variable have nothing in common.
    """
    found: dict[TypeVar, type] = {}
    for name, parameter in config.__xpmtype__.parameters.items():
        value = config.__dict__.get(name)
        if value is None:
            continue
        for variable, kind in _bound(parameter.type, value):
            common = _common(found.get(variable), kind)
            if common is None:
                raise BindingError(
                    f"{type(config).__qualname__.removesuffix('.XPMConfig')}.{name} = {value!r}: "
                    f"{variable} is already {found[variable].__qualname__}, which has nothing in "
                    f"common with {kind.__qualname__} ({config.__xpm__.place_of(name)})"
                )
            found[variable] = common
    return found


class BindingError(InvalidValueError, TypeError):
    """Two values of one type variable have nothing in common."""


def check_bindings(config: Config) -> None:
    """Checks that the values of each type variable belong together."""
    bindings(config)


def _bound(kind: ParameterType, value: Any) -> list[tuple[TypeVar, type]]:
    """The classes that a value gives to the variables of its type."""
    if isinstance(kind, VariableType):
        return [(kind.variable, _class_of(value))]
    if isinstance(kind, ListType):
        return [pair for item in value for pair in _bound(kind.element, item)]
    return []


def _class_of(value: Any) -> type:
    return getattr(type(value), "__xpm_declaration__", type(value))


def _common(known: type | None, kind: type) -> type | None:
    """The class that both derive from, other than the roots of everything."""
    if known is None or issubclass(kind, known):
        return kind if known is None else known
    roots = {object, typing.Generic}
    for base in known.__mro__:
        if base not in roots and base.__module__ != "xpm_config.config" and issubclass(kind, base):
            return base
    return None


def check_arguments(value: Config, cls: type[Config], arguments: tuple[ParameterType, ...]) -> None:
    """Checks a value of `Param[Box[int]]`: that what its box holds is an `int`.

    Raises:
        Mismatch: if it is not.
    """
    variables: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    expected = dict(zip(variables, arguments, strict=False))
    for name, parameter in cls.__getxpmtype__().parameters.items():
        kind = parameter.type
        held = value.__dict__.get(name)
        if held is None or not isinstance(kind, VariableType) or kind.variable not in expected:
            continue
        wanted = expected[kind.variable]
        if isinstance(wanted, VariableType):
            continue
        if not wanted.matches(held):
            shown = f"{cls.__qualname__}[{', '.join(map(str, arguments))}]"
            hint = f"its {name} is {held!r}" + (
                f", not {wanted}" if not isinstance(wanted, ConfigType) else ""
            )
            raise Mismatch(value, shown, hint=hint)

"""From the annotations of a class body to parameter types; what cannot work is refused here."""

from __future__ import annotations

import sys
import types
import typing
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from .errors import DeclarationError
from .types import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NONE,
    PATH,
    STR,
    WIDE_INT,
    ConfigType,
    DictType,
    EnumType,
    InstanceOf,
    ListType,
    ParameterType,
    SetType,
    TupleType,
    UnionType_,
    VariableType,
)


class Unresolved(DeclarationError):
    """A name in an annotation that is not defined (yet)."""


_SCALARS: dict[Any, ParameterType] = {
    float: FLOAT,
    bool: BOOL,
    str: STR,
    Path: PATH,
    None: NONE,
    type(None): NONE,
    Any: ANY,
    list: InstanceOf(list),
    dict: InstanceOf(dict),
    set: InstanceOf(set),
    tuple: TupleType((ANY,), variadic=True),
}

_CLOSEST = {
    "frozenset": "set[…]",
    "Set": "set[…]",
    "Sequence": "list[…]",
    "MutableSequence": "list[…]",
    "Iterable": "list[…]",
    "Collection": "list[…]",
    "deque": "list[…]",
    "Mapping": "dict[…, …]",
    "MutableMapping": "dict[…, …]",
    "defaultdict": "dict[…, …]",
    "OrderedDict": "dict[…, …]",
    "bytes": "str, or a Path to a file",
    "complex": "two float parameters",
    "Decimal": "str",
    "object": "Any",
}
"""What to write in the place of some types that are refused."""


def annotations_of(cls: type) -> dict[str, Any]:
    """The annotations of a class body, not evaluated more than they are."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    found: dict[str, Any] = vars(cls).get("__annotations__", {})
    return found


def build_type(declared: Any, *, hashed: bool = True) -> ParameterType:
    """The parameter type of an annotation.

    Args:
        declared: the annotation, without the markers of `Annotated`.
        hashed: whether values enter identifiers, so that integers have at most 64 bits.

    Raises:
        DeclarationError: if no value of the type could be hashed, saved and copied.
    """
    if isinstance(declared, ParameterType):
        return declared
    if declared is int:
        return INT if hashed else WIDE_INT
    try:
        found = _SCALARS.get(declared)
    except TypeError:  # unhashable
        found = None
    if found is not None:
        return found
    origin = typing.get_origin(declared)
    if origin is not None:
        return _build_generic(declared, origin, hashed)
    if isinstance(declared, TypeVar):
        return _build_variable(declared, hashed)
    if isinstance(declared, type):
        return _build_class(declared)
    if isinstance(declared, (str, typing.ForwardRef)):
        raise Unresolved(f"{declared!r} is not defined.")
    if isinstance(declared, typing.NewType):
        return build_type(declared.__supertype__, hashed=hashed)
    if type(declared).__name__ == "TypeAliasType":  # `type Size = int`, from Python 3.12
        return build_type(declared.__value__, hashed=hashed)
    raise _refusal(declared)


def _build_class(cls: type) -> ParameterType:
    from .config import Config  # the module of Config imports this one

    if issubclass(cls, Config):
        return ConfigType(cls.__dict__.get("__xpm_declaration__", cls))
    if issubclass(cls, Enum):
        return EnumType(cls)
    if issubclass(cls, Path):
        return PATH
    raise _refusal(cls)


def _build_variable(variable: TypeVar, hashed: bool) -> ParameterType:
    if variable.__constraints__:
        members = tuple(build_type(c, hashed=hashed) for c in variable.__constraints__)
        return VariableType(variable, UnionType_(members))
    bound = variable.__bound__
    if bound is None or isinstance(bound, typing.ForwardRef):
        return VariableType(variable, None)
    return VariableType(variable, build_type(bound, hashed=hashed))


def _build_generic(declared: Any, origin: Any, hashed: bool) -> ParameterType:
    arguments = typing.get_args(declared)
    if origin is typing.Annotated:
        return build_type(arguments[0], hashed=hashed)
    if origin is typing.Union or origin is types.UnionType:
        return UnionType_(tuple(build_type(a, hashed=hashed) for a in arguments))
    if origin is typing.Literal:
        return _build_literal(arguments)
    if origin in (list, dict, set) and not arguments:
        return _SCALARS[origin]
    if declared is typing.Tuple:  # noqa: UP006 - it has no arguments, as `Tuple[()]` has none
        return _SCALARS[tuple]
    if origin is list:
        return ListType(build_type(arguments[0], hashed=hashed))
    if origin is set:
        return SetType(_hashable(build_type(arguments[0], hashed=hashed), declared))
    if origin is dict:
        key, value = (build_type(a, hashed=hashed) for a in arguments)
        return DictType(_key(key, declared), value)
    if origin is tuple:
        variadic = len(arguments) == 2 and arguments[1] is Ellipsis
        elements = tuple(build_type(a, hashed=hashed) for a in arguments if a is not Ellipsis)
        return TupleType(elements, variadic)
    if isinstance(origin, type):
        base = _build_class(origin)
        if isinstance(base, ConfigType):
            return ConfigType(base.cls, tuple(build_type(a, hashed=hashed) for a in arguments))
    raise _refusal(declared)


def _build_literal(values: tuple[Any, ...]) -> ParameterType:
    from .literals import LiteralType  # rarely used

    return LiteralType(values)


def _hashable(element: ParameterType, declared: Any) -> ParameterType:
    if isinstance(element, (ListType, SetType, DictType)):
        raise DeclarationError(f"{_written(declared)}: a set cannot hold a {element}.")
    return element


def _key(key: ParameterType, declared: Any) -> ParameterType:
    from .literals import LiteralType  # rarely used

    members = key.members if isinstance(key, UnionType_) else (key,)
    for member in members:
        if member not in (INT, WIDE_INT, FLOAT, BOOL, STR, ANY) and not isinstance(
            member, (EnumType, LiteralType, VariableType)
        ):
            raise DeclarationError(
                f"{_written(declared)}: the keys of a dictionary are text, numbers or members "
                f"of an enumeration, not {member}."
            )
    return key


def _written(declared: Any) -> str:
    """An annotation as it is written, or nearly."""
    if isinstance(declared, type) and not typing.get_args(declared):
        return declared.__qualname__
    return str(declared).replace("typing.", "")


def _refusal(declared: Any) -> DeclarationError:
    origin = typing.get_origin(declared) or declared
    closest = _CLOSEST.get(getattr(origin, "__name__", ""))
    advice = (
        f"Use {closest}."
        if closest
        else "Use int, float, bool, str, Path, an Enum, a configuration class, list, dict, set, "
        "tuple, Optional or Union of these, or Any."
    )
    return DeclarationError(f"{_written(declared)} cannot be the type of a parameter. {advice}")


def without_optional(declared: Any) -> tuple[Any, bool]:
    """`Optional[T]` as (T, True); anything else, wider unions included, as (itself, False)."""
    origin = typing.get_origin(declared)
    if origin is typing.Union or origin is types.UnionType:
        arguments = typing.get_args(declared)
        if len(arguments) == 2 and type(None) in arguments:
            other = arguments[0] if arguments[1] is type(None) else arguments[1]
            return other, True
    return declared, False

"""The parameters of a configuration class, as the plugin keeps them in mypy's own records.

They are JSON in the metadata of the class, so that they are found again in incremental runs. Types
are not among them: they are those of the attributes, in the class that declares the parameter.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mypy.nodes import Decorator, TypeInfo, Var
from mypy.typeops import map_type_from_supertype
from mypy.types import (
    AnyType,
    CallableType,
    NoneType,
    Type,
    TypeOfAny,
    UnionType,
    get_proper_type,
)

KEY = "xpm_config"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a class.

    Attributes:
        name: its name.
        owner: the full name of the class that declares it.
        has_default: whether the class gives it a value.
        is_settable: whether it can be given: not so for constants and generated values.
        is_deprecated: whether it stands for others, and is never required.
    """

    name: str
    owner: str
    has_default: bool
    is_settable: bool = True
    is_deprecated: bool = False


@dataclass(slots=True)
class ClassRecord:
    """What the plugin knows of a class, kept in its metadata.

    Attributes:
        parameters: all those that can be seen on it, by name.
        value_class: the full name of the class of value objects, if one is registered.
        replacement: the full name of the class whose configurations `.C(...)` gives instead.
        has_own_init: whether the user wrote its `__init__`.
    """

    parameters: dict[str, Parameter]
    value_class: str | None = None
    replacement: str | None = None
    has_own_init: bool = False

    def save(self, info: TypeInfo) -> None:
        """Keeps the record with the class."""
        info.metadata[KEY] = asdict(self)


def has_record(info: TypeInfo) -> bool:
    """Whether the class was seen by the plugin."""
    return KEY in info.metadata


def record_of(info: TypeInfo) -> ClassRecord:
    """The record of a class; an empty one for `Config` itself."""
    kept: dict[str, Any] | None = info.metadata.get(KEY)
    if kept is None:
        return ClassRecord({})
    parameters = {name: Parameter(**fields) for name, fields in kept["parameters"].items()}
    return ClassRecord(parameters, kept["value_class"], kept["replacement"], kept["has_own_init"])


def declared_type(parameter: Parameter, info: TypeInfo) -> Type | None:
    """The type of a parameter, seen from the class `info`; None when it is not known yet."""
    for owner in info.mro:
        if owner.fullname == parameter.owner:
            found = _own_type(parameter, owner)
            return None if found is None else map_type_from_supertype(found, info, owner)
    return None


def _own_type(parameter: Parameter, owner: TypeInfo) -> Type | None:
    symbol = owner.names.get(parameter.name)
    node = None if symbol is None else symbol.node
    if isinstance(node, Var):
        return node.type
    if isinstance(node, Decorator):  # a deprecated parameter: what its method takes
        kind = get_proper_type(node.func.type)
        if isinstance(kind, CallableType) and len(kind.arg_types) > 1:
            return kind.arg_types[1]
        return AnyType(TypeOfAny.unannotated)
    return None


def is_required(parameter: Parameter, kind: Type | None) -> bool:
    """Whether a configuration is not valid without a value: none by default, nor `None`."""
    if parameter.has_default or parameter.is_deprecated or not parameter.is_settable:
        return False
    proper = get_proper_type(kind) if kind is not None else None
    if isinstance(proper, UnionType):
        return not any(isinstance(get_proper_type(i), NoneType) for i in proper.items)
    return not isinstance(proper, NoneType)

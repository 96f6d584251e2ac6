"""The full names that the plugin knows of, and how it tells that a class is a configuration."""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import SymbolTableNode, TypeInfo
from mypy.plugin import AttributeContext
from mypy.types import CallableType, Instance, ProperType, Type, TypeType, get_proper_type
from mypy.types import TypeVarType as TypeVariable

CONFIG = "xpm_config.config.Config"
FIELD = "xpm_config.fields.field"
GENERATOR = "xpm_config.fields.Generator"
PATH_GENERATOR_MARKER = "xpm_config.fields.pathgenerator"
DEPRECATE = "xpm_config.deprecation.deprecate"
MARKER_BASE = "xpm_config.fields.TypeAnnotation"

MARKERS = frozenset(
    f"xpm_config.fields.{name}" for name in ("Param", "Meta", "Option", "DataPath")
) | {"xpm_config.fields.OptionalDataPath"}
CONSTANT = "xpm_config.fields.Constant"
ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})

CONFIGURATION_CLASSES = ("C", "XPMConfig")
VALUE_CLASS = "XPMValue"

Lookup = Callable[[str], SymbolTableNode | None]


def is_configuration(info: TypeInfo) -> bool:
    """Whether a class derives from `Config`, or is it."""
    return info.has_base(CONFIG)


def configuration_named(lookup: Lookup, fullname: str) -> TypeInfo | None:
    """The configuration class of this full name, if it is one."""
    found = lookup(fullname)
    if found is not None and isinstance(found.node, TypeInfo) and is_configuration(found.node):
        return found.node
    return None


def configuration_instance(found: Type) -> Instance | None:
    """The type as one of objects of a configuration class, type variables by their bound."""
    kind = get_proper_type(found)
    if isinstance(kind, TypeVariable):
        kind = get_proper_type(kind.upper_bound)
    if isinstance(kind, Instance) and is_configuration(kind.type):
        return kind
    return None


def class_in(found: ProperType) -> Instance | None:
    """The objects of a class, from the type of the class itself, when they are configurations."""
    if isinstance(found, TypeType):
        return configuration_instance(found.item)
    if isinstance(found, CallableType) and found.is_type_obj():
        return configuration_instance(found.ret_type)
    return None


def is_assigned(context: AttributeContext) -> bool:
    """Whether an attribute is the target of an assignment; older versions of mypy do not tell."""
    return bool(getattr(context, "is_lvalue", False))

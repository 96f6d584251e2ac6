"""The types of `Model.C`, `Model.XPMConfig` and `Model.XPMValue`, and of direct calls."""

from __future__ import annotations

from collections.abc import Callable, Collection

from mypy.errorcodes import CALL_ARG
from mypy.expandtype import expand_type_by_instance
from mypy.nodes import ARG_NAMED, ARG_NAMED_OPT, ARG_STAR, ARG_STAR2, ArgKind, CallExpr, TypeInfo
from mypy.plugin import AttributeContext, CheckerPluginInterface, FunctionSigContext
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    Type,
    TypeOfAny,
    TypeType,
)
from mypy.typevars import fill_typevars, fill_typevars_with_any

from xpm_config.mypy.composition import Compositions
from xpm_config.mypy.dependencies import depend_on
from xpm_config.mypy.names import Lookup, class_in, configuration_named, is_assigned
from xpm_config.mypy.parameters import declared_type, is_required, record_of


def configuration_class(
    context: AttributeContext, lookup: Lookup, compositions: Compositions
) -> Type:
    """The type of `Model.C`: that of the class, with what its constructor takes made precise."""
    owner = class_in(context.type)
    if owner is None or is_assigned(context):
        return context.default_attr_type
    depend_on(context.api, owner.type)
    record = record_of(owner.type)
    is_open = isinstance(context.type, CallableType) and bool(context.type.variables)
    filled = compositions.filled_parameters(context, owner)
    replacement = None
    if record.replacement is not None:
        replacement = configuration_named(lookup, record.replacement)
    if filled or replacement is not None or _has_own_init(owner.type):
        return _constructor(context.api, owner, is_open, filled, replacement)
    return context.type if is_open else context.default_attr_type


def value_class(context: AttributeContext, lookup: Lookup) -> Type:
    """The type of `Model.XPMValue`: the registered class, if it is in the module of `Model`."""
    owner = class_in(context.type)
    if owner is None or is_assigned(context):
        return context.default_attr_type
    depend_on(context.api, owner.type)
    registered = record_of(owner.type).value_class
    found = None if registered is None else configuration_named(lookup, registered)
    if found is None:
        return context.default_attr_type
    return TypeType.make_normalized(fill_typevars_with_any(found))


def _has_own_init(info: TypeInfo) -> bool:
    """Whether a user's `__init__` hides the one that parameters make."""
    for base in info.mro:
        symbol = base.names.get("__init__")
        if symbol is not None:
            return not symbol.plugin_generated and base.fullname != "builtins.object"
    return False


def _constructor(
    api: CheckerPluginInterface,
    owner: Instance,
    is_open: bool,
    filled: Collection[str],
    replacement: TypeInfo | None,
) -> CallableType:
    """What builds configurations of a class, as a class: its parameters, keyword-only.

    Args:
        api: the type checker.
        owner: the objects of the class.
        is_open: whether type variables are to be inferred from the arguments.
        filled: the parameters that need not be given.
        replacement: the class of the configurations that are built, if it is another.
    """
    info = owner.type
    names: list[str | None] = []
    kinds: list[ArgKind] = []
    types: list[Type] = []
    for parameter in record_of(info).parameters.values():
        if not parameter.is_settable:
            continue
        kind = declared_type(parameter, info) or AnyType(TypeOfAny.from_error)
        required = is_required(parameter, kind) and parameter.name not in filled
        names.append(parameter.name)
        kinds.append(ARG_NAMED if required else ARG_NAMED_OPT)
        types.append(kind if is_open else expand_type_by_instance(kind, owner))
    result: Type = fill_typevars(info) if is_open else owner
    if replacement is not None:
        result = fill_typevars_with_any(replacement)
    return CallableType(
        types,
        kinds,
        names,
        result,
        api.named_generic_type("builtins.type", []),
        name=info.name,
        variables=info.defn.type_vars if is_open else [],
    )


def refuse_direct_call(info: TypeInfo) -> Callable[[FunctionSigContext], FunctionLike] | None:
    """The check of calls of a configuration class itself; None when a user's `__init__` is called.

    Args:
        info: the class.
    """
    if _has_own_init(info):
        return None

    def check(context: FunctionSigContext) -> FunctionLike:
        call = context.context
        signature = context.default_signature
        if not isinstance(call, CallExpr) or not (call.args or _needs_arguments(info)):
            return signature
        context.api.fail(
            f'"{info.name}(...)" does not build a configuration: write "{info.name}.C(...)"',
            call,
            code=CALL_ARG,
        )
        anything = AnyType(TypeOfAny.from_error)
        return signature.copy_modified(
            arg_types=[anything, anything],
            arg_kinds=[ARG_STAR, ARG_STAR2],
            arg_names=[None, None],
        )

    return check


def _needs_arguments(info: TypeInfo) -> bool:
    parameters = record_of(info).parameters.values()
    return any(is_required(p, declared_type(p, info)) for p in parameters)

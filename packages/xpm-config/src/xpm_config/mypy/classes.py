"""What the plugin does when mypy analyses a class: its record, and its `__init__`."""

from __future__ import annotations

from mypy.nodes import (
    ARG_NAMED,
    ARG_NAMED_OPT,
    Argument,
    CallExpr,
    ClassDef,
    Expression,
    MemberExpr,
    NameExpr,
    RefExpr,
    TypeInfo,
    Var,
)
from mypy.plugin import ClassDefContext
from mypy.plugins.common import add_method_to_class
from mypy.semanal_shared import has_placeholder
from mypy.server.trigger import make_wildcard_trigger
from mypy.types import AnyType, NoneType, Type, TypeOfAny

from xpm_config.mypy.declarations import Api, own_parameters
from xpm_config.mypy.names import CONFIG, DEPRECATE, is_configuration
from xpm_config.mypy.parameters import (
    ClassRecord,
    Parameter,
    declared_type,
    has_record,
    is_required,
    record_of,
)

VALUE_CLASS_METHOD = "value_class"


def analyze_class(context: ClassDefContext) -> None:
    """Records the parameters of a configuration class, and gives it the `__init__` they make.

    It may be called several times for a class: mypy does so until all types are known.
    """
    api, defn = context.api, context.cls
    info = defn.info
    if not is_configuration(info):
        return
    _leave_it_to_the_plugin(info)
    bases = [base.type for base in info.bases if is_configuration(base.type)]
    is_early = any(base.fullname != CONFIG and not has_record(base) for base in bases)
    if is_early and not api.final_iteration:
        api.defer()
        return
    for base in info.mro[1:]:
        if is_configuration(base):
            api.add_plugin_dependency(make_wildcard_trigger(base.fullname))
    inherited: dict[str, Parameter] = {}
    for base in bases:
        for name, parameter in record_of(base).parameters.items():
            inherited.setdefault(name, parameter)
    own = own_parameters(api, defn, inherited)
    record = ClassRecord(
        {**inherited, **own},
        replacement=_replacement(defn),
        has_own_init=_has_own_init(info),
    )
    record.save(info)
    _register_value_class(defn)
    _forbid_assignments(info, own)
    if not record.has_own_init:
        _add_constructor(api, defn, record)


def _leave_it_to_the_plugin(info: TypeInfo) -> None:
    """Switches off what mypy does by itself for `dataclass_transform`.

    It would take any annotated attribute for a parameter.
    """
    for base in info.mro:
        if base.fullname == CONFIG:
            base.dataclass_transform_spec = None


def _has_own_init(info: TypeInfo) -> bool:
    symbol = info.names.get("__init__")
    return symbol is not None and not symbol.plugin_generated


def _add_constructor(api: Api, defn: ClassDef, record: ClassRecord) -> None:
    """Gives the class an `__init__` with a keyword for each parameter that can be given."""
    arguments: list[Argument] = []
    for parameter in record.parameters.values():
        if not parameter.is_settable:
            continue
        kind: Type | None = declared_type(parameter, defn.info)
        if kind is None or has_placeholder(kind):
            if not api.final_iteration:
                api.defer()
                return
            kind = AnyType(TypeOfAny.from_error)
        variable = Var(parameter.name, kind)
        required = is_required(parameter, kind)
        arguments.append(Argument(variable, kind, None, ARG_NAMED if required else ARG_NAMED_OPT))
    add_method_to_class(api, defn, "__init__", arguments, NoneType())


def _forbid_assignments(info: TypeInfo, own: dict[str, Parameter]) -> None:
    """Makes constants and generated values read-only."""
    for parameter in own.values():
        symbol = info.names.get(parameter.name)
        if not parameter.is_settable and symbol is not None and isinstance(symbol.node, Var):
            symbol.node.is_property = True


# --- Decorators of the class


def _register_value_class(defn: ClassDef) -> None:
    """Notes `@Model.value_class()` in the record of `Model`, when it is in the same module."""
    for decorator in defn.decorators:
        if not isinstance(decorator, CallExpr) or not isinstance(decorator.callee, MemberExpr):
            continue
        method = decorator.callee
        declared = method.expr.node if isinstance(method.expr, RefExpr) else None
        if (
            method.name == VALUE_CLASS_METHOD
            and isinstance(declared, TypeInfo)
            and declared.module_name == defn.info.module_name
            and has_record(declared)
        ):
            record = record_of(declared)
            record.value_class = defn.info.fullname
            record.save(declared)


def _replacement(defn: ClassDef) -> str | None:
    """The class that `@deprecate(New, replace=True)` names."""
    for decorator in defn.decorators:
        if (
            isinstance(decorator, CallExpr)
            and isinstance(decorator.callee, RefExpr)
            and decorator.callee.fullname == DEPRECATE
            and any(
                name == "replace" and _is_true(value)
                for name, value in zip(decorator.arg_names, decorator.args, strict=True)
            )
        ):
            target = decorator.args[0]
            if isinstance(target, RefExpr) and isinstance(target.node, TypeInfo):
                return target.node.fullname
    return None


def _is_true(value: Expression) -> bool:
    return isinstance(value, NameExpr) and value.fullname == "builtins.True"

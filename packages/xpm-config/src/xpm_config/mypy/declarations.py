"""Reads, in the body of a class, the parameters that it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from mypy.nodes import (
    AssignmentStmt,
    Block,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    IfStmt,
    NameExpr,
    RefExpr,
    Statement,
    TempNode,
    TypeInfo,
    Var,
)
from mypy.plugin import SemanticAnalyzerPluginInterface
from mypy.types import Instance, RawExpressionType, Type, UnboundType, get_proper_type

from xpm_config.mypy.names import (
    ANNOTATED,
    CONSTANT,
    DEPRECATE,
    FIELD,
    GENERATOR,
    MARKER_BASE,
    MARKERS,
    PATH_GENERATOR_MARKER,
)
from xpm_config.mypy.parameters import Parameter

Api: TypeAlias = SemanticAnalyzerPluginInterface

DEFAULTS = ("default", "default_factory")
CALLED = re.compile(r"use ([\w.]+)\[")


def own_parameters(
    api: Api, defn: ClassDef, inherited: dict[str, Parameter]
) -> dict[str, Parameter]:
    """The parameters that a class body declares, in order.

    Args:
        api: the semantic analyzer.
        defn: the class.
        inherited: the parameters of its bases; a generated one that is declared again without a
            value is still generated.
    """
    found: dict[str, Parameter] = {}
    for statement in _statements(defn.defs):
        parameter = None
        if isinstance(statement, AssignmentStmt):
            parameter = _declared(api, defn.info, statement, inherited)
        elif isinstance(statement, Decorator) and _is_deprecated(statement):
            parameter = Parameter(
                statement.name, defn.info.fullname, has_default=True, is_deprecated=True
            )
        if parameter is not None:
            found[parameter.name] = parameter
    return found


def _statements(block: Block) -> Iterator[Statement]:
    """The statements of a class body, those below `if` too."""
    for statement in block.body:
        if isinstance(statement, IfStmt):
            for body in statement.body:
                if not body.is_unreachable:
                    yield from _statements(body)
            if statement.else_body is not None and not statement.else_body.is_unreachable:
                yield from _statements(statement.else_body)
        else:
            yield statement


def _is_deprecated(method: Decorator) -> bool:
    return any(
        isinstance(d, RefExpr) and d.fullname == DEPRECATE for d in method.original_decorators
    )


def _declared(
    api: Api, info: TypeInfo, statement: AssignmentStmt, inherited: dict[str, Parameter]
) -> Parameter | None:
    """The parameter that `name: Param[T] = value` declares."""
    target = statement.lvalues[0]
    if not (statement.new_syntax and isinstance(target, NameExpr) and statement.unanalyzed_type):
        return None
    marker = _marker(api, statement.unanalyzed_type)
    if marker is None:
        return None
    value = statement.rvalue
    if isinstance(value, TempNode) and value.no_rhs:
        parent = inherited.get(target.name)
        has_default = _has_inherited_value(info, target.name)
        is_generated = has_default and parent is not None and not parent.is_settable
    else:
        has_default = not _is_field(value) or _gives_default(value)
        factory = _argument(value, "default_factory") if _is_field(value) else None
        is_generated = _is_generator(api, factory)
    return Parameter(
        target.name,
        info.fullname,
        has_default=has_default,
        is_settable=marker not in (CONSTANT, PATH_GENERATOR_MARKER) and not is_generated,
    )


def _has_inherited_value(info: TypeInfo, name: str) -> bool:
    """Whether a base gives the attribute a value: it is then the default here too."""
    for base in info.mro[1:]:
        symbol = base.names.get(name)
        if symbol is not None and isinstance(symbol.node, Var) and symbol.node.has_explicit_value:
            return True
    return False


def _marker(api: Api, annotation: Type) -> str | None:
    """The full name of the marker that makes an annotation the one of a parameter."""
    if not isinstance(annotation, UnboundType):
        return None
    found = api.lookup_qualified(annotation.name, annotation, suppress_errors=True)
    name = None if found is None else found.fullname
    if name in MARKERS or name == CONSTANT:
        return name
    if name in ANNOTATED and annotation.args:
        inner = _marker(api, annotation.args[0])
        others = (_called_marker(api, argument) for argument in annotation.args[1:])
        called = [marker for marker in others if marker is not None]
        if PATH_GENERATOR_MARKER in called:
            return PATH_GENERATOR_MARKER
        return inner or (called[0] if called else None)
    return None


def _called_marker(api: Api, argument: Type) -> str | None:
    """The marker that a call in `Annotated[T, call(...)]` makes.

    mypy keeps of the call only the name, in the hint of an error that it would give elsewhere.
    """
    if not isinstance(argument, RawExpressionType) or argument.note is None:
        return None
    called = CALLED.search(argument.note)
    if called is None:
        return None
    found = api.lookup_qualified(called.group(1), argument, suppress_errors=True)
    if found is not None and isinstance(found.node, TypeInfo) and found.node.has_base(MARKER_BASE):
        return found.node.fullname
    return None


# --- What `field(...)` says


def _is_field(value: Expression) -> bool:
    return (
        isinstance(value, CallExpr)
        and isinstance(value.callee, RefExpr)
        and value.callee.fullname == FIELD
    )


def _argument(value: Expression, name: str) -> Expression | None:
    if isinstance(value, CallExpr):
        for given, argument in zip(value.arg_names, value.args, strict=True):
            if given == name:
                return argument
    return None


def _gives_default(value: Expression) -> bool:
    """Whether `field(...)` has a default, be it by the older `ignore_default=value`."""
    if any(_argument(value, name) is not None for name in DEFAULTS):
        return True
    older = _argument(value, "ignore_default")
    return older is not None and not (
        isinstance(older, NameExpr) and older.fullname in ("builtins.True", "builtins.False")
    )


def _is_generator(api: Api, value: Expression | None) -> bool:
    """Whether an expression makes a `Generator`, or is the name of one."""
    if isinstance(value, CallExpr) and isinstance(value.callee, RefExpr):
        node = value.callee.node
        if isinstance(node, FuncDef) and node.type is not None:
            return _is_generator_type(getattr(get_proper_type(node.type), "ret_type", None))
        return isinstance(node, TypeInfo) and node.has_base(GENERATOR)
    if isinstance(value, RefExpr) and isinstance(value.node, Var):
        if value.node.type is not None:
            return _is_generator_type(value.node.type)
        return _is_generator(api, _assigned_value(api, value.node))
    return False


def _is_generator_type(kind: Type | None) -> bool:
    proper = None if kind is None else get_proper_type(kind)
    return isinstance(proper, Instance) and proper.type.has_base(GENERATOR)


def _assigned_value(api: Api, variable: Var) -> Expression | None:
    """What a variable of a module is set to: its type is not inferred yet."""
    module = api.modules.get(variable.fullname.rpartition(".")[0])
    for statement in module.defs if module is not None else ():
        if isinstance(statement, AssignmentStmt):
            target = statement.lvalues[0]
            if isinstance(target, NameExpr) and target.node is variable:
                return statement.rvalue if isinstance(statement.rvalue, CallExpr) else None
    return None

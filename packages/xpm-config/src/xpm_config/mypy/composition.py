"""`outer @ inner`: which parameter takes `inner`, and which arguments need not be given before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mypy.checker import TypeChecker
from mypy.errorcodes import OPERATOR
from mypy.nodes import CallExpr, Expression, MemberExpr, MypyFile, OpExpr, Statement
from mypy.plugin import AttributeContext, CheckerPluginInterface, MethodContext
from mypy.types import Instance, NoneType, Type, UnionType, get_proper_type

from xpm_config.mypy.dependencies import depend_on
from xpm_config.mypy.names import configuration_instance, is_configuration
from xpm_config.mypy.parameters import Parameter, declared_type, record_of
from xpm_config.mypy.walk import operators

LIBRARY = "xpm_config"


def check_composition(context: MethodContext) -> Type:
    """Reports `outer @ inner` unless exactly one parameter of `outer` accepts `inner`."""
    outer = configuration_instance(context.type)
    inner = configuration_instance(context.arg_types[0][0]) if context.arg_types[0] else None
    if outer is None or inner is None or _is_of_library(outer) or _is_of_library(inner):
        return context.default_return_type
    depend_on(context.api, outer.type)
    accepting = parameters_accepting(outer, inner)
    if len(accepting) != 1:
        context.api.fail(_explain(outer, inner, accepting), context.context, code=OPERATOR)
    return context.default_return_type


def parameters_accepting(outer: Instance, inner: Instance) -> list[Parameter]:
    """The parameters whose type is a class, or an optional one, that `inner` derives from."""
    found = []
    for parameter in record_of(outer.type).parameters.values():
        kind = declared_type(parameter, outer.type)
        if parameter.is_deprecated or kind is None:
            continue
        accepted = _class_of(kind)
        if accepted is not None and accepted.type in inner.type.mro:
            found.append(parameter)
    return found


def _class_of(kind: Type) -> Instance | None:
    proper = get_proper_type(kind)
    if isinstance(proper, UnionType):
        items = [get_proper_type(item) for item in proper.items]
        others = [item for item in items if not isinstance(item, NoneType)]
        proper = others[0] if len(others) == 1 else proper
    if isinstance(proper, Instance) and is_configuration(proper.type):
        return proper
    return None


def _is_of_library(found: Instance) -> bool:
    """Whether a class is one of those that users derive theirs from: it says nothing of them."""
    return found.type.module_name.partition(".")[0] == LIBRARY


def _explain(outer: Instance, inner: Instance, accepting: Sequence[Parameter]) -> str:
    composed = f'"{outer.type.name} @ {inner.type.name}"'
    if not accepting:
        return f'{composed}: no parameter of "{outer.type.name}" accepts "{inner.type.name}"'
    names = ", ".join(f'"{parameter.name}"' for parameter in accepting)
    first = accepting[0].name
    return f"{composed} is ambiguous: {names} accept it; write {outer.type.name}.C({first}=...)"


class Compositions:
    """The compositions of the file being checked, found when it is first needed.

    `Outer.C() @ Model.C(size=1)`: the left operand is checked before mypy comes to `@`, and what
    the right operand gives is not missing from it.
    """

    def __init__(self) -> None:
        self._statements: list[Statement] | None = None
        self._operands: Mapping[MemberExpr, Sequence[Expression]] = {}
        self._types: dict[Expression, Instance] = {}

    def filled_parameters(self, context: AttributeContext, outer: Instance) -> set[str]:
        """The parameters of `outer` that the operands at the right of a `.C(...)` give."""
        api = context.api
        if not isinstance(context.context, MemberExpr) or not isinstance(api, TypeChecker):
            return set()
        filled: set[str] = set()
        for operand in self._in_file(api.tree).get(context.context, ()):
            inner = self._type_of(api, operand)
            if inner is not None:
                accepting = parameters_accepting(outer, inner)
                if len(accepting) == 1:
                    filled.add(accepting[0].name)
        return filled

    def _in_file(self, tree: MypyFile) -> Mapping[MemberExpr, Sequence[Expression]]:
        if self._statements is not tree.defs:  # another file, or a new version of it
            self._statements, self._operands, self._types = tree.defs, _chains(tree), {}
        return self._operands

    def _type_of(self, api: CheckerPluginInterface, operand: Expression) -> Instance | None:
        known = self._types.get(operand)
        if known is None:
            found = configuration_instance(api.get_expression_type(operand))
            if found is None:
                return None
            known = self._types[operand] = found
        return known


def _chains(tree: MypyFile) -> dict[MemberExpr, Sequence[Expression]]:
    """For each `X.C(...) @ a @ b` of a file: what is at the right of the `X.C` that is called."""
    found: dict[MemberExpr, Sequence[Expression]] = {}
    for operation in operators(tree, "@"):
        operands: list[Expression] = []
        left: Expression = operation
        while isinstance(left, OpExpr) and left.op == "@":
            operands.insert(0, left.right)
            left = left.left
        if isinstance(left, CallExpr) and isinstance(left.callee, MemberExpr):
            found.setdefault(left.callee, operands)  # the longest chain comes first
    return found

"""Walks over the expressions of a file: plugins cannot derive from mypy's compiled visitors."""

from __future__ import annotations

from collections.abc import Iterator

from mypy import nodes

CHILDREN: dict[type[nodes.Node], tuple[str, ...]] = {
    # statements
    nodes.MypyFile: ("defs",),
    nodes.Block: ("body",),
    nodes.ClassDef: ("defs",),
    nodes.FuncDef: ("body",),
    nodes.Decorator: ("func",),
    nodes.OverloadedFuncDef: ("items",),
    nodes.ExpressionStmt: ("expr",),
    nodes.AssignmentStmt: ("rvalue",),
    nodes.OperatorAssignmentStmt: ("rvalue",),
    nodes.ReturnStmt: ("expr",),
    nodes.AssertStmt: ("expr",),
    nodes.RaiseStmt: ("expr", "from_expr"),
    nodes.IfStmt: ("expr", "body", "else_body"),
    nodes.ForStmt: ("expr", "body", "else_body"),
    nodes.WhileStmt: ("expr", "body", "else_body"),
    nodes.WithStmt: ("expr", "body"),
    nodes.TryStmt: ("body", "handlers", "else_body", "finally_body"),
    nodes.MatchStmt: ("subject", "guards", "bodies"),
    # expressions
    nodes.CallExpr: ("callee", "args"),
    nodes.OpExpr: ("left", "right"),
    nodes.MemberExpr: ("expr",),
    nodes.IndexExpr: ("base", "index"),
    nodes.UnaryExpr: ("expr",),
    nodes.StarExpr: ("expr",),
    nodes.AwaitExpr: ("expr",),
    nodes.YieldExpr: ("expr",),
    nodes.YieldFromExpr: ("expr",),
    nodes.ComparisonExpr: ("operands",),
    nodes.ConditionalExpr: ("cond", "if_expr", "else_expr"),
    nodes.AssignmentExpr: ("value",),
    nodes.TupleExpr: ("items",),
    nodes.ListExpr: ("items",),
    nodes.SetExpr: ("items",),
    nodes.DictExpr: ("items",),
    nodes.LambdaExpr: ("body",),
    nodes.GeneratorExpr: ("left_expr", "sequences", "condlists"),
    nodes.ListComprehension: ("generator",),
    nodes.SetComprehension: ("generator",),
    nodes.DictionaryComprehension: ("key", "value", "sequences", "condlists"),
}
"""What to look into, by kind of node: attributes that hold a node, or lists of them."""


def operators(root: nodes.MypyFile, symbol: str) -> Iterator[nodes.OpExpr]:
    """The binary operations of a file with this operator; one comes before its operands."""
    pending: list[object] = [root]
    while pending:
        found = pending.pop()
        if isinstance(found, (list, tuple)):
            pending.extend(found)
        elif isinstance(found, nodes.Node):
            if isinstance(found, nodes.OpExpr) and found.op == symbol:
                yield found
            pending.extend(getattr(found, name) for name in CHILDREN.get(type(found), ()))

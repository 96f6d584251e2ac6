"""The order in which the members of a union are written, where `typing` has lost it.

`List[Union[int, str]]` and `Optional[Union[int, str]]` come from caches of `typing` in which
`Union[int, str]` equals `Union[str, int]`: the spelling first met in the process replaces the
others, and what a union stores for `"3"` would depend on the order of imports. The text of the
annotation says what the class itself wrote.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .types import ParameterType, UnionType_

Evaluate = Callable[[str], Any]


def restore_order(kind: ParameterType, text: str, evaluate: Evaluate) -> None:
    """Puts the members of the unions in a type in the order in which a text has them.

    Args:
        kind: the type that was built from the annotation.
        text: the annotation, as it is written.
        evaluate: the parameter type of a part of the text.
    """
    orders = _spelled(text, evaluate)
    stack = [kind]
    while stack:
        part = stack.pop()
        stack.extend(part.parts)
        if isinstance(part, UnionType_):
            order = orders.get(frozenset(map(str, part.members)))
            if order is not None:
                rank = {name: place for place, name in reversed(list(enumerate(order)))}
                part.reorder(tuple(sorted(part.members, key=lambda m, rank=rank: rank[str(m)])))  # type: ignore[misc]


def is_ambiguous(kind: ParameterType) -> bool:
    """Whether a type has a union that may have come from a cache, and whose order matters."""
    inside = [part for child in kind.parts for part in _unions_in(child)]
    if isinstance(kind, UnionType_) and kind.matches(None):  # Optional[Union[...]]
        inside.append(kind)
    return any(sum(m.exact not in (None, type(None)) for m in u.members) > 1 for u in inside)


def _unions_in(kind: ParameterType) -> list[UnionType_]:
    below = [union for part in kind.parts for union in _unions_in(part)]
    return [kind, *below] if isinstance(kind, UnionType_) else below


def _spelled(text: str, evaluate: Evaluate) -> dict[frozenset[str], list[str]]:
    """The members of each union of a text, in order, by what they are together."""
    found: dict[frozenset[str], list[str]] = {}
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return found
    for node in ast.walk(tree):
        try:
            names = [str(evaluate(ast.unparse(member))) for member in _members(node)]
        except Exception:  # a name that the text alone does not explain: the order stays
            continue
        if len(names) > 1:
            order = list(dict.fromkeys(names))
            found.setdefault(frozenset(order), order)
    return found


def _members(node: ast.AST) -> list[ast.expr]:
    """The members of a union, those of the unions in it included; else the node itself, alone."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _members(node.left) + _members(node.right)
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value).rpartition(".")[2]
        if name == "Optional":
            return [*_members(node.slice), ast.Constant(None)]
        if name == "Union":
            elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return [member for element in elements for member in _members(element)]
    return [node] if isinstance(node, ast.expr) else []


def annotation_text(cls: type, name: str, annotation: Any) -> str | None:
    """The annotation of a class body as it is written; None without the source of the class."""
    if isinstance(annotation, str):
        return annotation
    filename, line = cls.__dict__.get("__xpm_location__", ("", 0))
    module = sys.modules.get(cls.__module__)
    source = "".join(linecache.getlines(filename, vars(module) if module else None))
    for node in _classes(source):
        if node.name == cls.__name__ and _first_line(node) <= line <= node.lineno:
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and _name_of(statement) == name:
                    return ast.unparse(statement.annotation)
    return None


@lru_cache(maxsize=4)
def _classes(source: str) -> list[ast.ClassDef]:
    """The classes of a file: parsed once for all of them."""
    try:
        return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    except SyntaxError:
        return []


def _first_line(node: ast.ClassDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _name_of(statement: ast.AnnAssign) -> str | None:
    return statement.target.id if isinstance(statement.target, ast.Name) else None

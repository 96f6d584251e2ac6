"""`x: Param[int] = 3` becomes `x: Param[int] = field(default=3, ignore_default=True)`.

The meaning and the identifiers stay the same. Works on the syntax tree: qualified names, imports in
parentheses, values over several lines, and any text are understood; formatting is kept.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from xpm_cli.refactor.source_edits import SourceEdits

# `Constant` is absent: its bare value is what one writes
MARKERS = ("Param", "Meta", "Option")
PACKAGES = ("experimaestro", "xpm_config")


@dataclass(frozen=True, slots=True)
class Finding:
    """A bare default value.

    Attributes:
        line: Where it is, from 1.
        code: The statement, its first line.
    """

    line: int
    code: str


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What a source becomes.

    Attributes:
        text: The new source; the same when nothing was found.
        findings: What was replaced, in order.
    """

    text: str
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Names:
    """What the names of a module stand for, as far as its imports tell."""

    markers: dict[str, ast.ImportFrom]
    modules: set[str]
    field_name: str | None = None
    star: ast.ImportFrom | None = None
    taken: bool = False

    def is_marker(self, node: ast.expr) -> bool:
        """Whether an expression is `Param`, `xpm.Param`…."""
        if isinstance(node, ast.Name):
            return node.id in self.markers or (self.star is not None and node.id in MARKERS)
        return (
            isinstance(node, ast.Attribute)
            and node.attr in MARKERS
            and ast.unparse(node.value) in self.modules
        )


def _names_of(tree: ast.Module) -> _Names:
    names = _Names({}, set())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in PACKAGES:
                    names.modules.add(alias.asname or alias.name)
                names.taken |= (alias.asname or alias.name) == "field"
        elif isinstance(node, ast.ImportFrom):
            _read_import_from(node, names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == "field":
            names.taken = True
    return names


def _read_import_from(node: ast.ImportFrom, names: _Names) -> None:
    ours = node.level == 0 and (node.module or "").partition(".")[0] in PACKAGES
    for alias in node.names:
        bound = alias.asname or alias.name
        if ours and alias.name == "*":
            names.star = node
            names.field_name = names.field_name or "field"
        elif ours and alias.name == "field":
            names.field_name = bound
        elif ours and alias.name in MARKERS:
            names.markers[bound] = node
        elif bound == "field":
            names.taken = True


def _marker(annotation: ast.expr, names: _Names) -> ast.expr | None:
    """The marker of an annotation: `Param` in `Param[int]`, and in `Annotated[Param[int], …]`."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return None
    if not isinstance(annotation, ast.Subscript):
        return None
    if names.is_marker(annotation.value):
        return annotation.value
    if ast.unparse(annotation.value).rpartition(".")[2] == "Annotated":
        inside = annotation.slice
        first = inside.elts[0] if isinstance(inside, ast.Tuple) and inside.elts else inside
        return _marker(first, names)
    return None


def _is_field_call(value: ast.expr, names: _Names) -> bool:
    if not isinstance(value, ast.Call):
        return False
    called = ast.unparse(value.func)
    return called == (names.field_name or "field") or (
        called.rpartition(".")[2] == "field" and called.rpartition(".")[0] in names.modules
    )


def rewrite(source: str) -> Rewriting:
    """Replace the bare default values of a module.

    Args:
        source: The text of the module.

    Returns:
        The new text, which parses, and what was replaced.

    Raises:
        SyntaxError: The source is no Python.
    """
    tree = ast.parse(source)
    names = _names_of(tree)
    edits = SourceEdits(source)
    findings: list[Finding] = []
    needing: list[ast.ImportFrom] = []
    for statement in _class_statements(tree):
        marker = _marker(statement.annotation, names)
        if marker is None or statement.value is None or _is_field_call(statement.value, names):
            continue
        if isinstance(marker, ast.Attribute):
            name = f"{ast.unparse(marker.value)}.field"
        else:
            assert isinstance(marker, ast.Name)
            name = names.field_name or ("xpm_field" if names.taken else "field")
            if names.field_name is None:
                needing.append(names.markers[marker.id])
        _wrap(edits, statement.value, name)
        segment = ast.get_source_segment(source, statement) or ""
        findings.append(Finding(statement.lineno, segment.splitlines()[0]))
    if needing:
        added = ", field as xpm_field" if names.taken else ", field"
        edits.insert(edits.end_of(needing[0].names[-1]), added)
    text = edits.applied()
    ast.parse(text)
    return Rewriting(text, tuple(findings))


def _class_statements(tree: ast.Module) -> list[ast.AnnAssign]:
    """The annotated assignments with a value in the bodies of classes, in order."""
    found = [
        statement
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign) and statement.value is not None
    ]
    return sorted(found, key=lambda statement: (statement.lineno, statement.col_offset))


def _wrap(edits: SourceEdits, value: ast.expr, name: str) -> None:
    """Put a value inside a call of `field`."""
    start, end = edits.start_of(value), edits.end_of(value)
    # `1, 2` without parentheses is one value, but would be two arguments
    bare_tuple = (
        isinstance(value, ast.Tuple) and value.elts and edits.start_of(value.elts[0]) == start
    )
    edits.insert(start, f"{name}(default={'(' if bare_tuple else ''}")
    edits.insert(end, f"{')' if bare_tuple else ''}, ignore_default=True)")

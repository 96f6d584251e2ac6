"""Documentation found in docstrings: of the class, and below each parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .annotations import annotations_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping


class ClassDocumentation(NamedTuple):
    """What the docstrings of one class say.

    Attributes:
        title: the first line.
        description: the rest.
        attributes: the help of parameters, by name.
    """

    title: str
    description: str
    attributes: Mapping[str, str]


def class_documentation(cls: type) -> ClassDocumentation:
    """The documentation of a class (not of its parents): read once, when it is asked for."""
    found: ClassDocumentation | None = cls.__dict__.get("__xpm_documentation_of__")
    if found is None:
        found = _read(cls)
        type.__setattr__(cls, "__xpm_documentation_of__", found)
    return found


def _read(cls: type) -> ClassDocumentation:
    title = description = ""
    attributes: dict[str, str] = {}
    text = cls.__dict__.get("__doc__")
    if text:
        import docstring_parser  # only when documentation is asked for

        parsed = docstring_parser.parse(text)
        title = (parsed.short_description or "").strip()
        description = (parsed.long_description or "").strip()
        for parameter in parsed.params:
            attributes[parameter.arg_name] = (parameter.description or "").strip()
        _warn_undeclared(cls, attributes)
    attributes.update(_attribute_docstrings(cls))
    return ClassDocumentation(title, description, attributes)


def _warn_undeclared(cls: Any, documented: Mapping[str, str]) -> None:
    known = {*cls.__getxpmtype__().parameters, *cls.__dict__}
    for base in cls.__mro__:
        known.update(annotations_of(base))
    for name in documented:
        if name not in known:
            import logging

            logging.getLogger("xpm.config").warning(
                "%s.%s documents %s, which it does not declare",
                cls.__module__,
                cls.__qualname__,
                name,
            )


def _attribute_docstrings(cls: type) -> dict[str, str]:
    """The texts written just below annotations, from the source of the class if there is one."""
    import ast
    import inspect
    import textwrap

    try:
        source = textwrap.dedent(inspect.getsource(cls))
        body = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return {}  # made in an interpreter, or without source: there is nothing to read
    if not isinstance(body, ast.ClassDef):
        return {}
    found = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        text = _literal(following)
        if (
            text is not None
            and isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
        ):
            found[statement.target.id] = text
    return found


def _literal(statement: ast.stmt) -> str | None:
    import ast

    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        value = statement.value.value
        return value.strip() if isinstance(value, str) else None
    return None

"""Configurations as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Config


def class_title(config: Config) -> str:
    """The name of the class, as the user wrote it."""
    return type(config).__qualname__.removesuffix(".XPMConfig")


def to_text(config: Config, max_depth: int = 3) -> str:
    """`module.Class(name=value, …)`, down to a depth, with `...` below and for cycles."""
    return _text(config, max_depth, ())


def _text(value: Any, depth: int, path: tuple[int, ...]) -> str:
    if getattr(value, "_xpm", None) is not None:
        name = f"{type(value).__module__}.{class_title(value)}"
        if id(value) in path or depth <= 0:
            return f"{name}(...)"
        inner = (*path, id(value))
        found = value.__xpm__.values.items()
        return f"{name}({', '.join(f'{k}={_text(v, depth - 1, inner)}' for k, v in found)})"
    if isinstance(value, list):
        return f"[{', '.join(_text(v, depth, path) for v in value)}]"
    if isinstance(value, tuple):
        return f"({', '.join(_text(v, depth, path) for v in value)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k!r}: {_text(v, depth, path)}' for k, v in value.items())}}}"
    return repr(value)

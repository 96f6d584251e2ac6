"""Reading the fields of a record tolerantly: a mistyped one counts as missing."""

from __future__ import annotations

from typing import Any

__all__ = ["integer", "number", "object_of", "optional_text", "text", "texts"]


def text(value: Any) -> str:
    """A text; empty when it is something else."""
    return value if isinstance(value, str) else ""


def optional_text(value: Any) -> str | None:
    """A text; None when it is something else."""
    return value if isinstance(value, str) else None


def integer(value: Any) -> int | None:
    """A whole number; None when it is something else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: Any) -> float:
    """A number; 0 when it is something else."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def object_of(value: Any) -> dict[str, Any]:
    """An object; empty when it is something else."""
    return value if isinstance(value, dict) else {}

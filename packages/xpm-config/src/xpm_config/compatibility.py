"""Older spellings that 2.x still publishes."""

from __future__ import annotations

from typing import Any


def Array(element: Any) -> Any:
    """The older spelling of `list[element]`."""
    return list[element]

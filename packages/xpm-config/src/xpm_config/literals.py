"""`Literal[...]` as the type of a parameter."""

from __future__ import annotations

from typing import Any

from .mismatch import Mismatch
from .types import ParameterType


class LiteralType(ParameterType):
    """One of the values that the annotation lists."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def coerce(self, value: Any) -> Any:
        """The value, if it is listed with its type."""
        if not self.matches(value):
            raise Mismatch(value, str(self))
        return value

    def matches(self, value: Any) -> bool:
        """A listed value, of the same type."""
        return any(type(v) is type(value) and v == value for v in self.values)

    def __str__(self) -> str:
        return f"Literal[{', '.join(map(repr, self.values))}]"

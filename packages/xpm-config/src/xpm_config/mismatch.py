"""A value that is refused, and what is said of it."""

from __future__ import annotations

from typing import Any

from .errors import InvalidValueError


class Mismatch(Exception):
    """A value that a type refuses.

    Attributes:
        value: the value, or the element of it that is at fault.
        expected: what would be accepted.
        where: path of the element in the value, such as `[3]`.
        hint: what to do, if more can be said.
    """

    def __init__(self, value: Any, expected: str, where: str = "", hint: str = "") -> None:
        super().__init__(value, expected, where, hint)
        self.value = value
        self.expected = expected
        self.where = where
        self.hint = hint

    def below(self, key: str) -> Mismatch:
        """The same, seen from the container in which the element is at `key`."""
        return Mismatch(self.value, self.expected, key + self.where, self.hint)

    def describe(self, path: str) -> str:
        """The mistake in one line; `path` leads to the parameter."""
        found = "None" if self.value is None else f"{shown(self.value)} ({kind_of(self.value)})"
        text = f"{path}{self.where} = {found}: expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


class Forbidden(Mismatch):
    """A value for a parameter that takes none, or `None` for one that needs a value."""


class Positional(Mismatch):
    """Positional arguments."""

    def describe(self, path: str) -> str:
        """The mistake in one line."""
        return f"{shown(self.value)} was given by position: {self.hint}"


class Unknown(Mismatch):
    """A name that is no parameter."""

    def describe(self, path: str) -> str:
        """The mistake in one line."""
        return f"{path} is no parameter: {self.hint}"


class Missing(Mismatch):
    """A parameter that has no value; the hint is where its configuration was built."""

    def describe(self, path: str) -> str:
        """The mistake in one line."""
        return f"{path} has no value: expected {self.expected} (built at {self.hint})"


def shown(value: Any, length: int = 80) -> str:
    """A value as it is written, cut when it is long, whatever its `__repr__` does."""
    try:
        text = repr(value)
    except Exception as error:  # a message must not fail because of what it is about
        text = f"<cannot be shown: {type(error).__name__}>"
    return text if len(text) <= length else f"{text[: length - 3]}..."


def require_configuration(value: Any, function: str) -> None:
    """Refuses what is no configuration object, in a function that takes one.

    Raises:
        InvalidValueError: if it is a class, a value object or anything else.
    """
    if getattr(value, "_xpm", None) is None or isinstance(value, type):
        raise InvalidValueError(
            f"{function}() takes a configuration, made with .C(...); got {shown(value)} "
            f"({kind_of(value)})."
        )


def kind_of(value: Any) -> str:
    """The class of a value, as users know it."""
    return type(value).__qualname__.replace(".XPMConfig", ".C")

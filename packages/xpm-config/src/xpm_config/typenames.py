"""Type names: the lower-case dotted name of a configuration class, part of every identifier."""

from __future__ import annotations

import sys
from typing import Any

from .errors import DeclarationError


class Identifier:
    """A dotted type name: `Identifier("ns").Foo["bar"]("Baz")` is `ns.foo.bar.baz`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name.lower()

    def __getattr__(self, key: str) -> Identifier:
        if key.startswith("__"):
            raise AttributeError(key)
        return Identifier(f"{self.name}.{key}")

    def __getitem__(self, key: str) -> Identifier:
        return Identifier(f"{self.name}.{key}")

    def __call__(self, key: str) -> Identifier:
        """The name of something below this one."""
        return Identifier(f"{self.name}.{key}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identifier) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Identifier({self.name!r})"


def type_name(cls: type) -> str:
    """The type name of a configuration class.

    `__xpmid__` gives it: an `Identifier` or a class method, both inherited, or a text, which is
    not. Otherwise it is the module and the qualified name.

    Raises:
        DeclarationError: if the class is defined in a function, where nothing can find it again.
    """
    declared: Any = getattr(cls, "__xpmid__", None)
    if isinstance(declared, Identifier):
        return declared.name
    if callable(declared):
        return str(declared()).lower()
    own = cls.__dict__.get("__xpmid__")
    if own is not None:
        if not isinstance(own, str):
            raise DeclarationError(
                f"{cls.__module__}.{cls.__qualname__}: __xpmid__ is {own!r}; expected a text, an "
                "Identifier or a class method."
            )
        return own.lower()
    if "<locals>" in cls.__qualname__ and not getattr(sys, "_called_from_test", False):
        raise DeclarationError(
            f"{cls.__module__}.{cls.__qualname__} is defined in a function, so that a job could "
            "not import it: move the class to the top of its module."
        )
    return f"{cls.__module__.lower()}.{cls.__qualname__.lower()}"

"""Value classes, and sets of configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import DeclarationError

if TYPE_CHECKING:
    from .config import Config

__all__ = ["sealed_set", "value_class"]

V = TypeVar("V")
T = TypeVar("T")


def value_class(cls: type[Config]) -> Callable[[type[V]], type[V]]:
    """Registers the class of the value objects of `cls`: a subclass of it.

    Raises:
        DeclarationError: if the class does not derive from `cls`, and from the value classes of
            its direct parents.
    """

    def register(implementation: type[V]) -> type[V]:
        described = cls.__getxpmtype__()
        needed = [cls, *(parent.value_class for parent in described.parents())]
        for base in needed:
            if not issubclass(implementation, base):
                raise DeclarationError(
                    f"{implementation.__qualname__} cannot be the value class of "
                    f"{cls.__qualname__}: it must derive from {base.__qualname__}."
                )
        described.value_class = implementation
        return implementation

    return register


def sealed_set(*elements: T) -> set[T]:
    """A set of these elements; configurations are sealed, so that they can be compared."""
    for element in elements:
        seal: Any = getattr(element, "seal", None)
        if getattr(element, "_xpm", None) is not None:
            seal()
    return set(elements)

"""Older spellings that 2.x still publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def Array(element: Any) -> Any:
    """The older spelling of `list[element]`."""
    return list[element]


def load_objects(
    definitions: Sequence[Mapping[str, Any]], as_instance: bool = False
) -> dict[int, Any]:
    """The objects of a list of definitions, by number.

    Raises:
        SerializationError: The definitions do not fit the present code.
    """
    from .serialization.loader import Loader  # loading is not needed to declare

    loader = Loader("the definitions", as_instance=as_instance)
    loader.load(definitions)
    return loader.objects


def from_parameters(
    definitions: Sequence[Mapping[str, Any]], as_instance: bool, return_tasks: bool
) -> Any:
    """The last object of a list of definitions; with `return_tasks`, and its init tasks.

    Raises:
        SerializationError: The definitions do not fit the present code, or there is none.
    """
    from .errors import SerializationError

    if not definitions:
        raise SerializationError("There is no object to build: the list of definitions is empty.")
    objects = load_objects(definitions, as_instance)
    last = definitions[-1]
    if not return_tasks:
        return objects[last["id"]]
    return objects[last["id"]], [objects[number] for number in last.get("init-tasks", ())]

"""Copies of configurations: deep (`config.copy()`) and shallow with changes (`copyconfig`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .assignment import SCALARS
from .errors import SealedError
from .fields import MISSING
from .mismatch import require_configuration
from .state import State, caller

if TYPE_CHECKING:
    from .config import Config

__all__ = ["clone", "copyconfig", "setmeta"]

T = TypeVar("T")
C = TypeVar("C", bound="Config")


def clone(value: T) -> T:
    """A deep copy of a value: configurations, lists, tuples, sets and dictionaries.

    The copies are not sealed, and have no tags, meta flag, producer nor init tasks. Constants and
    generated values are made anew. What is shared stays shared.

    Complexity: linear in the number of configurations; no recursion between them.
    """
    if type(value) in SCALARS:
        return value
    copies: dict[int, Any] = {}
    place = caller(1)
    pending: list[tuple[Any, Any]] = []

    def copy_of(item: Any) -> Any:
        if type(item) in SCALARS:
            return item
        if getattr(item, "_xpm", None) is not None:
            found = copies.get(id(item))
            if found is None:
                found = copies[id(item)] = _blank(item, place)
                pending.append((item, found))
            return found
        if isinstance(item, list):
            return [copy_of(i) for i in item]
        if isinstance(item, tuple):
            return tuple(copy_of(i) for i in item)
        if isinstance(item, dict):
            return {k: copy_of(v) for k, v in item.items()}
        if isinstance(item, set):
            return set(item)  # configurations in a set are sealed: they can be shared
        return item

    result: T = copy_of(value)
    while pending:
        original, found = pending.pop()
        _fill(original, found, copy_of)
    return result


def _blank(config: Config, place: Any) -> Any:
    copied = object.__new__(type(config))
    copied.__dict__["_xpm"] = State(place.code, place.lasti)
    return copied


def _fill(original: Config, copied: Config, copy_of: Any) -> None:
    """Gives a copy the values of the original, but for those that are made anew."""
    source, values = original.__dict__, copied.__dict__
    for index, (name, parameter) in enumerate(original.__xpmtype__.parameters.items()):
        anew = (
            parameter.constant or parameter.generator is not None or parameter.factory is not None
        )
        if not anew and name in source:
            values[name] = copy_of(source[name])
        elif anew and parameter.initial is not MISSING:
            values[name] = clone(parameter.initial)
            copied._xpm.defaulted |= 1 << index
        elif anew and not parameter.required:
            values[name] = None


def copyconfig(config: C, **changes: Any) -> C:
    """A copy of a configuration, not sealed, with some parameters changed.

    Values are shared with the original. Generated values, tags and the producer are dropped.

    Raises:
        InvalidValueError: if a change names no parameter, or its value is refused.
    """
    require_configuration(config, "copyconfig")
    parameters = config.__xpmtype__.parameters
    arguments = {
        name: value
        for name, value in config.__dict__.items()
        if name in parameters
        and not parameters[name].constant
        and parameters[name].generator is None
        and parameters[name].factory is None
    }
    copied: C = type(config)(**{**arguments, **changes})
    place = caller(1)
    copied._xpm.code, copied._xpm.lasti = place.code, place.lasti
    return copied


def setmeta(config: C, flag: bool | None) -> C:
    """Forces a configuration out of (`True`) or into (`False`) the identifiers of its parents.

    Raises:
        SealedError: if the configuration is sealed.
    """
    require_configuration(config, "setmeta")
    if config._xpm.sealed:
        raise SealedError(f"{config!r} is sealed: setmeta must come before submit() or seal().")
    config.__xpm__.meta = flag
    return config

"""`outer @ inner`: gives `inner` to the parameter of `outer` that takes such a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import CompositionError
from .types import ConfigType

if TYPE_CHECKING:
    from .config import Config


def compose(outer: Config, inner: Any) -> None:
    """Sets the one parameter of `outer` whose type is a class that `inner` is of.

    Raises:
        TypeError: if `inner` is not a configuration.
        CompositionError: if no parameter, or more than one, takes it.
    """
    if getattr(inner, "_xpm", None) is None:
        raise TypeError(
            f"the right operand of @ is a configuration, made with .C(...); got {inner!r}"
        )
    candidates = [
        parameter
        for parameter in outer.__xpmtype__.parameters.values()
        if isinstance(parameter.type, ConfigType) and isinstance(inner, parameter.type.cls)
    ]
    if len(candidates) != 1:
        raise CompositionError(_explain(outer, inner, [p.name for p in candidates]))
    setattr(outer, candidates[0].name, inner)


def _explain(outer: Config, inner: Config, names: list[str]) -> str:
    title = type(outer).__qualname__.removesuffix(".XPMConfig")
    found = type(inner).__qualname__.removesuffix(".XPMConfig")
    if names:
        return (
            f"{title} @ {found} is ambiguous: {', '.join(names)} accept it. Write "
            f"{title}.C({names[0]}=…)."
        )
    kinds = ", ".join(
        f"{p.name}: {p.type}" for p in outer.__xpmtype__.parameters.values() if p.type.holds_configs
    )
    return (
        f"{title} @ {found}: no parameter accepts it (those that take configurations: "
        f"{kinds or 'none'})."
    )

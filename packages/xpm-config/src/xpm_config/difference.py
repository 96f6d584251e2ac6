"""Why two configurations have two identifiers: the paths at which they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .digests import convert
from .encoding import is_dropped
from .fields import MISSING
from .streams import enters

if TYPE_CHECKING:
    from .config import Config

__all__ = ["Difference", "why_differ"]


class Difference(NamedTuple):
    """One reason why two identifiers differ.

    Attributes:
        path: where in the configurations, as `model.layers[2].size`; empty for the roots.
        left: the value on the left, or `MISSING` if nothing enters the identifier there.
        right: the value on the right, or `MISSING`.
        left_place: where the value on the left was set, `file:line`.
        right_place: where the value on the right was set.
    """

    path: str
    left: Any
    right: Any
    left_place: str
    right_place: str

    def __str__(self) -> str:
        left = "nothing" if self.left is MISSING else repr(self.left)
        right = "nothing" if self.right is MISSING else repr(self.right)
        return (
            f"{self.path or 'the type'}: {left} ({self.left_place}), {right} ({self.right_place})"
        )


def why_differ(left: Config, right: Config) -> list[Difference]:
    """The paths at which two configurations differ, and so have two identifiers.

    Args:
        left: a configuration.
        right: another one.

    Returns:
        The differences, the first ones in the order of identifiers; none if the identifiers are
        equal. Values that do not enter identifiers are not looked at.

    Complexity: linear in the number of pairs of configurations met.
    """
    found: list[Difference] = []
    seen: set[tuple[int, int]] = set()
    stack: list[tuple[str, Any, Any, str, str]] = [
        ("", left, right, left.__xpm__.location, right.__xpm__.location)
    ]
    while stack:
        path, a, b, place_a, place_b = stack.pop()
        if getattr(a, "_xpm", None) is not None and getattr(b, "_xpm", None) is not None:
            if (id(a), id(b)) in seen or a.__xpm__.identifier == b.__xpm__.identifier:
                continue
            seen.add((id(a), id(b)))
            stack += reversed(_below(path, convert(a), convert(b), found, place_a, place_b))
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            pairs = enumerate(zip(a, b, strict=True))
            stack += reversed([(f"{path}[{i}]", x, y, place_a, place_b) for i, (x, y) in pairs])
        elif isinstance(a, dict) and isinstance(b, dict):
            keys = [*a, *(k for k in b if k not in a)]
            stack += reversed(
                [
                    (f"{path}[{k!r}]", a.get(k, MISSING), b.get(k, MISSING), place_a, place_b)
                    for k in keys
                ]
            )
        elif not _same(a, b):
            found.append(Difference(path, a, b, place_a, place_b))
    return found


def _below(
    path: str, a: Config, b: Config, found: list[Difference], place_a: str, place_b: str
) -> list[tuple[str, Any, Any, str, str]]:
    """What to compare below two configurations of different identifiers."""
    one, other = a.__xpm__, b.__xpm__
    if one.xpmtype.name != other.xpmtype.name:
        found.append(Difference(path, a, b, place_a, place_b))
        return []
    pairs = []
    prefix = f"{path}." if path else ""
    for name in sorted({*one.xpmtype.parameters, *other.xpmtype.parameters}):
        left, right = _entering(a, name), _entering(b, name)
        pairs.append(
            (f"{prefix}{name}", left, right, str(one.place_of(name)), str(other.place_of(name)))
        )
    pairs.append((f"{prefix}__task__", _producer(a), _producer(b), place_a, place_b))
    pairs.append((f"{prefix}__init_tasks__", one.init_tasks, other.init_tasks, place_a, place_b))
    return pairs


def _entering(config: Config, name: str) -> Any:
    """The value of a parameter, if it enters the identifier."""
    parameter = config.__xpmtype__.parameters.get(name)
    if parameter is None or parameter.generator is not None or name not in config.__dict__:
        return MISSING
    value = config.__dict__[name]
    return value if enters(config, parameter) and not is_dropped(value) else MISSING


def _producer(config: Config) -> Any:
    task = config._xpm.task
    return MISSING if task is None or task is config else task


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if type(a) is not type(b) and not (isinstance(a, int) and isinstance(b, int)):
        return False
    if isinstance(a, float):
        return repr(a) == repr(b)
    return bool(a == b)

"""Equality of configurations, and of values that hold some; without recursion."""

from __future__ import annotations

from typing import Any

_PLAIN = frozenset({int, float, str, bool, type(None), bytes})


def equals(left: Any, right: Any) -> bool:
    """Whether two values are equal, as `==` says of them.

    Two configurations are equal if they are of one class and, both sealed, have one identifier;
    otherwise if every value of the left one equals that of the right one.
    """
    if type(left) in _PLAIN:
        return bool(left == right)
    seen: set[tuple[int, int]] = set()
    stack = [(left, right, False)]
    while stack:
        a, b, is_element = stack.pop()
        if is_element and a is b:
            continue
        if type(a) in _PLAIN:
            if not a == b:  # noqa: SIM201 - not-a-number differs from itself
                return False
            continue
        if (id(a), id(b)) in seen:
            continue
        seen.add((id(a), id(b)))
        below = _compare(a, b)
        if below is None:
            return False
        stack += below
    return True


def equal_configurations(left: Any, right: Any) -> bool:
    """Whether two configurations of one class are equal."""
    return equals(left, right)


def _compare(a: Any, b: Any) -> list[tuple[Any, Any, bool]] | None:
    """What remains to be compared; `None` if the two differ."""
    if getattr(a, "_xpm", None) is not None:
        return _compare_configurations(a, b)
    if isinstance(a, (list, tuple)) and isinstance(b, type(a)):
        if len(a) != len(b):
            return None
        return [(x, y, True) for x, y in zip(a, b, strict=True)]
    if isinstance(a, dict) and isinstance(b, dict):
        if a.keys() != b.keys():
            return None
        return [(value, b[key], True) for key, value in a.items()]
    return [] if a == b else None


def _compare_configurations(a: Any, b: Any) -> list[tuple[Any, Any, bool]] | None:
    if a is b:
        return []
    if type(a) is not type(b):
        return None
    if a._xpm.sealed and b._xpm.sealed:
        from .identifiers import stored_digest  # the module imports this one

        return [] if stored_digest(a) == stored_digest(b) else None
    left, right = a.__dict__, b.__dict__
    remaining = []
    for name in a.__xpmtype__.parameters:
        if name in left:
            if name not in right:
                return None
            remaining.append((left[name], right[name], False))
    return remaining

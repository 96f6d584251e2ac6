"""Times as the files write them: naive local ISO strings outside, seconds since 1970 inside."""

from __future__ import annotations

import math
from datetime import datetime

__all__ = ["from_iso", "read_time", "to_iso"]


def to_iso(timestamp: float | None) -> str | None:
    """The local ISO string, without zone, that 2.x readers expect; None for a time out of range."""
    if timestamp is None:
        return None
    try:
        return datetime.fromtimestamp(timestamp).isoformat(timespec="microseconds")
    except (ValueError, OverflowError, OSError):  # read from a damaged file
        return None


def from_iso(text: object) -> float | None:
    """Seconds since 1970 of an ISO string; one without zone is in local time; None if unreadable.

    During the hour that comes twice in autumn, a string without zone names its first occurrence.
    """
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def read_time(record: dict[str, object], name: str) -> float | None:
    """The time `{name}` of a record, exact if it has `{name}_s`, which our writers add.

    An ISO string without zone is wrong by hours when read elsewhere; the number never is.
    """
    exact = record.get(f"{name}_s")
    if isinstance(exact, (int, float)) and not isinstance(exact, bool) and math.isfinite(exact):
        return float(exact)
    return from_iso(record.get(name))

"""JSON as the files of a workspace write it: compact lines, `NaN` allowed, read at speed."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["decode", "decode_line", "encode", "encode_pretty"]

# ASCII only: a path with undecodable bytes (lone surrogates) must not make a write fail
_encode_compact = json.JSONEncoder(separators=(",", ":")).encode


def encode(value: Any) -> str:
    """One line, without a newline at its end."""
    return _encode_compact(value)


def encode_pretty(value: Any) -> str:
    """Several lines, for files that people read."""
    return json.dumps(value, indent=2) + "\n"


def decode(text: bytes) -> Any:
    """The value of a JSON text, numbers of any size included; for one record.

    Raises:
        ValueError: The text is not JSON in UTF-8.
    """
    try:
        return json.loads(text)
    except RecursionError as error:  # damage can look like thousands of brackets
        raise ValueError("nested too deeply") from error


def decode_line(text: bytes) -> Any:
    """`decode` for lines that come by the hundred thousand.

    Whole numbers beyond 64 bits come back as floats.
    """
    try:
        return _loads()(text)
    except ValueError:
        return decode(text)  # `NaN` and `Infinity`, which Python writes, are no JSON for orjson


@lru_cache(maxsize=1)
def _loads() -> Callable[[bytes], Any]:
    from orjson import loads  # lazy: a job's process reads no lines, and must start fast

    return loads

"""Reading and writing JSON files, with errors that name the file and the line.

The JSON is Python's: `NaN` and `Infinity` may appear.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xpm_config.errors import SerializationError

__all__ = ["decode", "encode", "read_json", "read_json_lines", "write_json"]

_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)


def encode(value: object) -> str:
    """The compact JSON text of a value, on one line."""
    return _compact.encode(value)


def decode(text: str, where: object) -> Any:
    """The value of a JSON text.

    Args:
        text: The whole text.
        where: Where the text comes from, for the error.

    Raises:
        SerializationError: The text is not JSON.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SerializationError(
            f"{where} is not valid JSON (line {error.lineno}, column {error.colno}: {error.msg}). "
            "It may have been cut short while it was written or copied."
        ) from error


def read_json(path: Path) -> Any:
    """The value held by a JSON file.

    Raises:
        FileNotFoundError: There is no such file.
        SerializationError: The file is not JSON.
    """
    return decode(path.read_text(encoding="utf-8"), path)


def read_json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """The line numbers, from 1, and values of a file with one JSON value a line.

    A last line without its end is one that was being written: it is left out when it is not
    JSON.

    Raises:
        FileNotFoundError: There is no such file.
        SerializationError: A complete line is not JSON.
    """
    # A character may have been cut in two
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                value = decode(line, f"{path}, line {number},")
            except SerializationError:
                if line.endswith("\n"):
                    raise
                return
            yield number, value


def write_json(path: Path, value: object) -> None:
    """Replace a file with the JSON of a value.

    Durability: readers see the former content or the new one, never a part of it; no flush to
    the disk is asked for.
    """
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(json.dumps(value), encoding="utf-8")
    temporary.replace(path)

"""Text of others made fit to be shown: names and logs may hold anything."""

from __future__ import annotations

import re

__all__ = ["escape_controls", "last_lines"]

# Control characters, and those that turn the direction of what follows: either can make a
# terminal show something else than what is there.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COLOURS = re.compile("\x1b\\[[0-9;:]*[A-Za-z]")


def escape_controls(text: str) -> str:
    r"""The text with each control character written as `\x1b` or `\u202e`.

    Example:
        >>> escape_controls("a\tb\x1b[2J")
        'a\\tb\\x1b[2J'
    """
    return _UNSAFE.sub(lambda match: _escaped(match.group()), text)


def _escaped(character: str) -> str:
    if ord(character) < 128:
        return repr(character)[1:-1]
    return character.encode("ascii", "backslashreplace").decode()


def last_lines(raw: bytes, count: int) -> tuple[str, ...]:
    """The last lines of a log, without colours, without what a carriage return overwrote.

    Args:
        raw: The end of the file.
        count: How many lines at most; empty lines at the end are not counted.
    """
    text = _COLOURS.sub("", raw.decode("utf-8", "replace")).rstrip()
    if not text:
        return ()
    shown = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n")[-count:])
    return tuple(escape_controls(line.replace("\t", "    ").rstrip()) for line in shown)

"""Shows the log of a job: as it is in a pipe, made safe on a terminal, followed while it grows."""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING

from xpm_monitor.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FOLLOW_INTERVAL_S = 0.2
"""How often a followed log is read: what a job writes is seen at once, for little work."""
_CHUNK_BYTES = 1 << 20
_COLOUR = re.compile("(\x1b\\[[0-9;:]*m)")


def chunks(path: Path, start: int = 0) -> Iterator[bytes]:
    """The content of a file from an offset, in pieces."""
    with path.open("rb") as stream:
        stream.seek(start)
        while piece := stream.read(_CHUNK_BYTES):
            yield piece


def safe_for_terminal(text: str) -> str:
    """The text of a log with its colours, and every other control character escaped.

    Lines that were overwritten with a carriage return (progress bars) show their last state.
    """
    return "\n".join(_safe_line(line) for line in text.split("\n"))


def _safe_line(line: str) -> str:
    last = line.rstrip("\r").rsplit("\r", 1)[-1]
    parts = _COLOUR.split(last)
    return "".join(
        part if i % 2 else "\t".join(escape_controls(piece) for piece in part.split("\t"))
        for i, part in enumerate(parts)
    )


def write_piece(piece: bytes) -> None:
    """Write a piece of a log on standard output: unchanged in a pipe, safe on a terminal."""
    if sys.stdout.isatty():
        sys.stdout.write(safe_for_terminal(piece.decode("utf-8", "replace")))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(piece)
    sys.stdout.flush()


def show(path: Path) -> None:
    """The whole log, in a pager when standard output is a terminal."""
    if not sys.stdout.isatty():
        for piece in chunks(path):
            write_piece(piece)
        return
    import click  # lazy: the pager is for terminals

    # `less` shows colours with -R; by default it leaves when all fits on the screen
    os.environ["LESS"] = f"{os.environ.get('LESS', '-FX')} -R"
    text = path.read_bytes().decode("utf-8", "replace")
    click.echo_via_pager(safe_for_terminal(text), color=True)


def follow(path: Path, is_over: Callable[[], bool]) -> None:
    """Write the log, then what is added to it, until the job is over.

    A log that is replaced or cut (the job was started again) is followed from its beginning.

    Args:
        path: The log; it may not exist yet.
        is_over: Whether nothing more will be written.
    """
    offset, inode = 0, None
    while True:
        over = is_over()  # asked first: what is written before the end is read after
        try:
            status = path.stat()
        except FileNotFoundError:
            status = None
        if status is not None:
            if status.st_ino != inode or status.st_size < offset:
                offset, inode = 0, status.st_ino
            for piece in chunks(path, offset):
                offset += len(piece)
                write_piece(piece)
        if over:
            return
        time.sleep(FOLLOW_INTERVAL_S)

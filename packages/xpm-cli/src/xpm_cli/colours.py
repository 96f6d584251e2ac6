"""When to colour: on a terminal, unless `NO_COLOR` is set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from typing import TextIO


def are_wanted(stream: TextIO) -> bool:
    """Whether a stream is a terminal that may show colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def style(stream: TextIO, text: str, **options: Any) -> str:
    """`click.style` where the stream may show colours, else the text alone."""
    return click.style(text, **options) if are_wanted(stream) else text

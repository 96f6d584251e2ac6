"""What commands print: lines, aligned columns, or JSON; colours only on a terminal.

Nothing here imports rich: a listing must answer at once.
"""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import colours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xpm_store.states import JobState

# state → (text in eight columns, colour), as experimaestro 2.x prints them
_STATES = {
    "done": ("DONE", "green"),
    "error": ("FAIL", "red"),
    "unscheduled": ("UNSCHED", "bright_black"),
    "running": ("running", "cyan"),
    "scheduled": ("scheduled", "cyan"),
    "waiting": ("waiting", "yellow"),
    "ready": ("ready", "yellow"),
    "transient": ("transient", "bright_black"),
}


def style(text: str, **options: Any) -> str:
    """The text, coloured where standard output may show colours."""
    return colours.style(sys.stdout, text, **options)


def echo(text: str = "") -> None:
    """One line on standard output; what a stream cannot encode is escaped, never an error."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    click.echo(
        text.encode(encoding, "backslashreplace").decode(encoding),
        color=colours.are_wanted(sys.stdout),
    )


def note(text: str) -> None:
    """One line for the person, on standard error: scripts that read standard output skip it."""
    click.echo(text, err=True)


def state_text(state: JobState, width: int = 7) -> str:
    """The state padded to its column and a space, coloured."""
    word, colour = _STATES.get(state.value, (state.value, "white"))
    return style(f"{word:<{width}} ", fg=colour)


def jobs(number: int) -> str:
    """`1 job`, `3 jobs`."""
    return "1 job" if number == 1 else f"{number} jobs"


def tags_text(tags: Mapping[str, Any]) -> str:
    """` k=v k=v`, with what could mislead a terminal escaped; nothing when there are none."""
    return "".join(
        f" {escape_controls(str(name))}={escape_controls(str(value))}"
        for name, value in tags.items()
    )


def iso_time(seconds: float | None) -> str | None:
    """ISO 8601 in local time with its offset, to the second; None for no time."""
    if seconds is None:
        return None
    text = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(seconds))
    return f"{text[:-2]}:{text[-2:]}"


def short_time(seconds: float | None) -> str:
    """Local date and time for a table; `-` for none."""
    return "-" if seconds is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def width_of(text: str) -> int:
    """Columns that a text takes on a terminal, colours not counted."""
    plain = click.unstyle(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in plain)
    combining = sum(unicodedata.combining(c) != 0 for c in plain)
    return len(plain) + wide - combining


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns aligned with two spaces between them, under upper-case headers."""
    table = [[style(header.upper(), bold=True) for header in headers], *map(list, rows)]
    widths = [max(width_of(row[i]) for row in table) for i in range(len(headers))]
    for row in table:
        cells = [
            cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        echo("  ".join(cells).rstrip())


def print_json(value: object) -> None:
    """JSON on standard output, indented; in ASCII so that any stream can take it."""
    click.echo(json.dumps(value, indent=2, default=str))

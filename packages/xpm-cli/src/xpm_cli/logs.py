"""Logging of the command line: levels from its options, lines on standard error."""

from __future__ import annotations

import difflib
import logging
import sys
import time

import click

from xpm_cli import colours

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_ALIASES = {"WARN": "WARNING", "FATAL": "CRITICAL"}
_COLOURS = {"DEBUG": "bright_black", "INFO": "blue", "WARNING": "yellow"}
OWN_LOGGERS = ("xpm", "xpm_config", "xpm_store", "xpm_scheduler", "xpm_monitor", "xpm_cli")


class StandardErrorHandler(logging.Handler):
    """Writes to what `sys.stderr` is at that moment.

    A live display replaces `sys.stderr` so that lines appear above it: a handler that kept the
    original stream would tear the display.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, coloured on a terminal."""
        try:
            click.echo(self.format(record), err=True, file=sys.stderr)
        except Exception:
            self.handleError(record)


class LineFormatter(logging.Formatter):
    """`2026-01-31T10:00:00+01:00 WARNING xpm.scheduler: message`, coloured by level."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback of the record below it when it has one."""
        colour = _COLOURS.get(record.levelname, "red")
        record.level_text = colours.style(sys.stderr, f"{record.levelname:<7}", fg=colour)
        return super().format(record)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """ISO 8601 with the offset of the local time zone."""
        text = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(record.created))
        return f"{text[:-2]}:{text[-2:]}"


def parse_levels(text: str) -> dict[str, int]:
    """Read `A=LEVEL,B=LEVEL`.

    Raises:
        click.BadParameter: An item has no `=`, or names no level.
    """
    levels: dict[str, int] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, level = item.partition("=")
        if not equals:
            raise click.BadParameter(
                f"expected NAME=LEVEL, found {item!r}", param_hint="'--logging'"
            )
        wanted = _ALIASES.get(level.strip().upper(), level.strip().upper())
        if wanted not in LEVELS:
            close = difflib.get_close_matches(wanted, LEVELS, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise click.BadParameter(
                f"{level!r} is no level; expected one of {', '.join(LEVELS)}.{hint}",
                param_hint="'--logging'",
            )
        levels[name.strip()] = getattr(logging, wanted)
    return levels


def set_up_logging(*, quiet: bool, debug: bool, levels: str | None) -> None:
    """Send log lines to standard error; may be called again, the last call wins.

    Args:
        quiet: Warnings and errors only.
        debug: Everything from our own loggers.
        levels: `A=LEVEL,B=LEVEL`, applied last.

    Raises:
        click.BadParameter: `levels` cannot be read.
    """
    parsed = parse_levels(levels or "")
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, StandardErrorHandler)]:
        root.removeHandler(old)
    handler = StandardErrorHandler()
    handler.setFormatter(LineFormatter("%(asctime)s %(level_text)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.NOTSET)
    for name, level in parsed.items():
        logging.getLogger(name).setLevel(level)

"""Logging options, and where the lines go."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator

import click
import pytest
from xpm_cli.logs import parse_levels, set_up_logging


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("xpm", "some.library", "xpm_cli"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_lines_go_to_the_standard_error_of_the_moment_with_iso_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up_logging(quiet=False, debug=False, levels=None)
    replaced = io.StringIO()
    monkeypatch.setattr(sys, "stderr", replaced)

    logging.getLogger("xpm.scheduler").warning("a %s", "message")

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d WARNING xpm\.scheduler: a message\n",
        replaced.getvalue(),
    )


def test_setting_up_twice_does_not_write_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_logging(quiet=False, debug=False, levels=None)
    set_up_logging(quiet=True, debug=False, levels=None)
    replaced = io.StringIO()
    monkeypatch.setattr(sys, "stderr", replaced)

    logging.getLogger("some.library").info("dropped")
    logging.getLogger("some.library").warning("kept")

    assert replaced.getvalue().count("\n") == 1


def test_levels_are_given_by_logger() -> None:
    set_up_logging(quiet=True, debug=True, levels="some.library=ERROR, xpm=warn")

    assert logging.getLogger("some.library").level == logging.ERROR
    assert logging.getLogger("xpm").level == logging.WARNING
    assert logging.getLogger("xpm_cli").level == logging.DEBUG


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("xpm", "expected NAME=LEVEL, found 'xpm'"),
        ("xpm=DEBG", "'DEBG' is no level; expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL."),
    ],
)
def test_a_level_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(click.BadParameter, match=re.escape(message)):
        parse_levels(text)

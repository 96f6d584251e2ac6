"""Names and logs of others, made fit to be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xpm_monitor.text import escape_controls, last_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢 🚀", "plain é 漢 🚀"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_written_as_escapes(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


# the machine may be busy: how long an example takes says nothing of the code
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_what_is_shown_holds_no_control_character(text: str) -> None:
    shown = escape_controls(text)

    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert shown.encode("utf-8").decode("utf-8") == shown


def test_the_last_lines_of_a_log_are_without_colours_and_overwritten_text() -> None:
    raw = b"first\n\x1b[31mred\x1b[0m\n 10%\r 50%\r100%\n\tindented\x07\n\n\n"

    assert last_lines(raw, 3) == ("red", "100%", "    indented\\x07")
    assert last_lines(b"", 3) == ()
    assert last_lines(b"\n\n", 3) == ()


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert last_lines(b"\xff\xfe ok", 1) == ("\ufffd\ufffd ok",)

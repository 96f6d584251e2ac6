"""Text for terminals and pipes."""

from __future__ import annotations

import json

import pytest
from xpm_cli import render
from xpm_store.states import JobState


def test_columns_are_aligned_also_with_wide_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    render.print_table(["Name", "N"], [["漢字", "1"], ["abcdef", "22"], ["e\u0301", "3"]])

    assert capsys.readouterr().out == ("NAME    N\n漢字    1\nabcdef  22\ne\u0301       3\n")


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_has_a_word_of_at_least_eight_columns_and_a_space(state: JobState) -> None:
    text = render.state_text(state)

    assert len(text) >= 8
    assert text.endswith(" ")


def test_the_states_are_those_that_scripts_know() -> None:
    assert render.state_text(JobState.DONE) == "DONE    "
    assert render.state_text(JobState.ERROR) == "FAIL    "
    assert render.state_text(JobState.UNSCHEDULED) == "UNSCHED "
    assert render.state_text(JobState.RUNNING) == "running "


def test_tags_cannot_carry_control_characters() -> None:
    assert render.tags_text({"a\n": "\x1b[2J", "n": 0.1}) == " a\\n=\\x1b[2J n=0.1"


def test_times_have_their_offset() -> None:
    text = render.iso_time(0.0)

    assert text is not None
    assert len(text) == len("1970-01-01T00:00:00+00:00")
    assert render.iso_time(None) is None
    assert render.short_time(None) == "-"


def test_json_is_ascii_so_that_any_stream_can_take_it(capsys: pytest.CaptureFixture[str]) -> None:
    render.print_json({"é": "漢\ud800"})

    text = capsys.readouterr().out
    assert text.isascii()
    assert json.loads(text) == {"é": "漢\ud800"}

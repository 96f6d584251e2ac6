"""Times, in files and in memory."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.times import from_iso, read_time, to_iso


@given(st.integers(1_000_000_000, 2_000_000_000), st.integers(0, 999_999))
def test_a_time_survives_its_iso_string_but_for_the_hour_that_comes_twice(
    seconds: int, microseconds: int
) -> None:
    timestamp = seconds + microseconds / 1e6
    back = from_iso(to_iso(timestamp))
    assert back is not None
    assert min(abs(back - timestamp), abs(abs(back - timestamp) - 3600)) < 2e-6


def test_an_iso_string_with_a_zone_is_exact() -> None:
    assert from_iso("2026-01-31T10:00:00+00:00") == 1769853600.0


@pytest.mark.parametrize("text", [None, 3, "", "yesterday", "0001-01-01T00:00:00"])
def test_what_is_no_time_reads_as_none(text: object) -> None:
    value = from_iso(text)
    assert value is None or value < 0


def test_no_time_is_written_as_null() -> None:
    assert to_iso(None) is None


def test_the_exact_number_is_preferred_to_the_local_string() -> None:
    record: dict[str, object] = {"started_time": to_iso(0.0), "started_time_s": 5.5}
    assert read_time(record, "started_time") == 5.5


@pytest.mark.parametrize("wrong", [None, "x", True, math.nan, math.inf])
def test_a_damaged_number_falls_back_on_the_string(wrong: object) -> None:
    record = {"started_time": to_iso(7.0), "started_time_s": wrong}
    assert read_time(record, "started_time") == 7.0

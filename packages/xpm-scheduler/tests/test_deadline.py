from __future__ import annotations

import time

import pytest
from xpm_scheduler.deadline import DEADLINE_VARIABLE, seconds_left


def test_the_time_left_is_counted_from_the_deadline_of_the_launcher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(DEADLINE_VARIABLE, str(time.time() + 100))
    left = seconds_left()
    assert left is not None and 0 < left <= 100


def test_after_the_deadline_no_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEADLINE_VARIABLE, "12.5")
    assert seconds_left() == 0


@pytest.mark.parametrize("value", [None, "", "soon"])
def test_without_a_deadline_nobody_can_tell(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv(DEADLINE_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(DEADLINE_VARIABLE, value)
    assert seconds_left() is None

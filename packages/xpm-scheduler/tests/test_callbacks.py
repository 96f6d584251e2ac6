from __future__ import annotations

import logging
import threading

import pytest
from xpm_scheduler.callbacks import CallbackThread


def test_callbacks_run_one_after_the_other_in_order_on_another_thread() -> None:
    callbacks = CallbackThread()
    seen: list[tuple[int, bool]] = []
    done = threading.Event()
    for number in range(100):
        callbacks.call(lambda number=number: seen.append((number, callbacks.is_current)))  # type: ignore[misc]
    callbacks.call(done.set)
    assert done.wait(10)
    assert seen == [(number, True) for number in range(100)]
    assert not callbacks.is_current


def test_a_callback_may_add_another_one() -> None:
    callbacks = CallbackThread()
    done = threading.Event()
    callbacks.call(lambda: callbacks.call(done.set))
    assert done.wait(10)


def test_an_error_is_logged_and_those_after_it_are_called(
    caplog: pytest.LogCaptureFixture,
) -> None:
    callbacks = CallbackThread()
    done = threading.Event()
    with caplog.at_level(logging.ERROR):
        callbacks.call(lambda: [][0])
        callbacks.call(done.set)
        assert done.wait(10)
    assert "IndexError" in caplog.text

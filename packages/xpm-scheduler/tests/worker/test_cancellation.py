from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from xpm_config.errors import TaskCancelled
from xpm_scheduler.worker.cancellation import Cancellation


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Gives pytest its handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_trace_is_left_before_the_task_hears_of_it() -> None:
    order: list[str] = []
    cancellation = Cancellation(lambda: order.append("trace"), lambda: 12.0)
    cancellation.listen()
    with pytest.raises(TaskCancelled, match="SIGTERM") as told:
        os.kill(os.getpid(), signal.SIGTERM)
    assert order == ["trace"]
    assert told.value.remaining_time == 12.0
    assert cancellation.requested is signal.SIGTERM
    assert cancellation.remaining_time_s == 12.0


def test_only_the_first_signal_raises() -> None:
    calls: list[None] = []
    cancellation = Cancellation(lambda: calls.append(None), lambda: None)
    cancellation.listen()
    with pytest.raises(TaskCancelled):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    assert calls == [None]
    assert cancellation.requested is signal.SIGINT


def test_once_the_task_is_over_signals_change_nothing() -> None:
    cancellation = Cancellation(lambda: None, lambda: None)
    cancellation.listen()
    cancellation.stop()
    os.kill(os.getpid(), signal.SIGTERM)
    assert cancellation.requested is None


def test_signals_that_were_blocked_or_ignored_are_heard() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    cancellation = Cancellation(lambda: None, lambda: None)
    cancellation.listen()
    with pytest.raises(TaskCancelled):
        os.kill(os.getpid(), signal.SIGTERM)

"""SIGTERM and SIGINT in a job: one `TaskCancelled` in the task, and a lasting trace."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

from xpm_config.errors import TaskCancelled

__all__ = ["Cancellation"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Cancellation:
    """Listens to the signals that ask the job to end.

    The first one is recorded at once, then raised in the main thread as `TaskCancelled`, wherever
    the task is. The next ones change nothing: the task is ending, SIGKILL is there for those who
    cannot wait.

    Args:
        on_request: Called before the task hears of the request, to leave a trace that stays even
            if the task swallows the exception or is killed while it cleans up. Called in the main
            thread, between any two instructions of the task: it must not take a lock.
        remaining_time: Gives the seconds left, told to the task.

    Attributes:
        requested: The signal received, if one was.
        remaining_time_s: The seconds that were left then, if known.
    """

    def __init__(
        self, on_request: Callable[[], object], remaining_time: Callable[[], float | None]
    ) -> None:
        self.requested: signal.Signals | None = None
        self.remaining_time_s: float | None = None
        self._on_request = on_request
        self._remaining_time = remaining_time
        self._is_listening = False

    def listen(self) -> None:
        """Listen from now on, even if who started us ignored or blocked the signals (`nohup`)."""
        self._is_listening = True
        for number in _SIGNALS:
            signal.signal(number, self._receive)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def stop(self) -> None:
        """Record nothing more: the task is over, and what it became is being written."""
        self._is_listening = False

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if not self._is_listening or self.requested is not None:
            return
        self.remaining_time_s = self._remaining_time()
        self.requested = signal.Signals(number)
        self._on_request()
        raise TaskCancelled(
            f"the job received {self.requested.name}", remaining_time=self.remaining_time_s
        )

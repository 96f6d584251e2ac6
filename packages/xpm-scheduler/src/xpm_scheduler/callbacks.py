"""The one thread on which user callbacks run: never the event loop, one at a time, in order."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["CallbackThread"]

logger = logging.getLogger("xpm.scheduler")


class CallbackThread:
    """Calls what it is given, in order; the thread exists only while there is something to call.

    Concurrency: any thread may give something. A callback may give more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None

    @property
    def is_current(self) -> bool:
        """Whether the caller is inside a callback."""
        return threading.current_thread() is self._thread

    def call(self, callback: Callable[[], None]) -> None:
        """Calls `callback` later, after those given before; it must not raise."""
        with self._lock:
            self._queue.append(callback)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="xpm-callbacks", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = None
                    return
                callback = self._queue.popleft()
            try:
                callback()
            except Exception:  # the boundary of the thread: those after it are still called
                logger.exception("internal error in the callback thread")

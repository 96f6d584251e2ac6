"""Services that have a web page: served by a thread of this process."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from xpm_scheduler.services.base import Service
from xpm_scheduler.services.errors import ServiceFailed
from xpm_scheduler.services.state import ServiceState

__all__ = ["WebService"]

_STOP_S = 2.0


class _Serving:
    """One start of a service: its thread, and what it and its users tell each other."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.running = threading.Event()
        self.settled = threading.Event()  # running, or over
        self.over = threading.Event()
        self.thread: threading.Thread | None = None


class _Ready(threading.Event):
    """The event given to `_serve`: setting it says that the URL can be used."""

    def __init__(self, service: WebService, serving: _Serving) -> None:
        super().__init__()
        self._service = service
        self._serving = serving

    def set(self) -> None:
        super().set()
        self._service._is_ready(self._serving)


class WebService(Service):
    """A service with a web page, served by a thread that is started when its URL is asked for.

    Implement `_serve(running)`: set `self.url`, call `running.set()`, then serve until
    `should_stop()`. It may also return while a thread of its own goes on serving.

    Attributes:
        url: Where the page is, once it is served.
    """

    url: str | None = None
    _serving: _Serving | None = None

    def __init__(self, log_directory: Path | None = None) -> None:
        super().__init__(log_directory)

    def _serve(self, running: threading.Event) -> None:
        """Sets `self.url`, calls `running.set()`, and serves until `should_stop()`."""
        raise TypeError(f"{type(self).__qualname__} has no method _serve(self, running): define it")

    def should_stop(self) -> bool:
        """Whether `_serve` is to return."""
        serving = self._serving
        return serving is None or serving.stop.is_set()

    def get_url(self) -> str:
        """Where the page is; starts the service if need be, and waits until it is ready.

        Raises:
            ServiceFailed: It did not start; `error` and the message say why.
        """
        serving = self._start()
        serving.settled.wait()
        if self.state is not ServiceState.RUNNING or self.url is None:
            raise ServiceFailed(self.id, self.error or "it was stopped while it started")
        return self.url

    def stop(self, timeout: float = _STOP_S) -> None:
        """Asks `_serve` to return, and waits for it.

        Args:
            timeout: How long to wait, in seconds. What has not ended then stays `STOPPING`, and is
                `STOPPED` when it has.
        """
        with self._lock:
            serving = self._serving
            if serving is None:
                return
            serving.stop.set()
            if self.state in (ServiceState.STARTING, ServiceState.RUNNING):
                self.state = ServiceState.STOPPING
        self._wake()
        if serving.over.wait(timeout):
            self._ended(serving)

    def _wake(self) -> None:
        """Makes a `_serve` that waits look at `should_stop()`."""

    def _start(self) -> _Serving:
        """The present start, or a new one."""
        with self._lock:
            serving = self._serving
            if serving is not None and self.state in (ServiceState.STARTING, ServiceState.RUNNING):
                return serving
            serving = self._serving = _Serving()
            self.url = None
            self.setup_logging()
            self.state = ServiceState.STARTING
            serving.thread = threading.Thread(
                target=self._run, args=(serving,), name=f"xpm-service-{self.id}", daemon=True
            )
            serving.thread.start()
            return serving

    def _run(self, serving: _Serving) -> None:
        """The thread of a start: whatever happens in there is shown."""
        try:
            self._serve(_Ready(self, serving))
        except Exception as error:
            log = logging.getLogger(f"xpm.service.{self.id}")
            log.error("the service %s failed", self.id, exc_info=True)
            self._failed(serving, _told(error))
        else:
            if not serving.running.is_set() and not serving.stop.is_set():
                self._failed(serving, "_serve() returned without having called running.set()")
        finally:
            serving.over.set()
            if serving.stop.is_set():
                self._ended(serving)
            serving.settled.set()

    def _is_ready(self, serving: _Serving) -> None:
        with self._lock:
            serving.running.set()
            if serving is self._serving and not serving.stop.is_set():
                if self.url is None:
                    self.set_error("_serve() called running.set() before it set self.url")
                else:
                    self.state = ServiceState.RUNNING
        serving.settled.set()

    def _failed(self, serving: _Serving, text: str) -> None:
        with self._lock:
            if serving is self._serving:
                self.url = None
                self.set_error(text)

    def _ended(self, serving: _Serving) -> None:
        """The start is over, as it was asked to be."""
        with self._lock:
            if serving is not self._serving:
                return
            self._serving = None
            self.url = None
            if self.state is not ServiceState.ERROR:
                self.state = ServiceState.STOPPED
        self.cleanup_logging()


def _told(error: Exception) -> str:
    if isinstance(error, ServiceFailed):
        return error.problem
    return f"{type(error).__name__}: {error}"

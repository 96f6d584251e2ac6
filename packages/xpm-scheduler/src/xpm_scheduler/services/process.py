"""Services that are a program of their own, ended with this process at the latest."""

from __future__ import annotations

import atexit
import os
import re
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from xpm_scheduler.report import tail
from xpm_scheduler.services.errors import ServiceFailed
from xpm_scheduler.services.web import WebService

__all__ = ["ProcessWebService"]

_LOOK_S = 0.05
_GRACE_S = 2.0
_START_TIMEOUT_S = 60.0


class ProcessWebService(WebService):
    """A web page served by a program.

    Implement `_build_command()` and `_wait_for_ready()`, and, if the program needs it,
    `_build_environment()`. What it prints goes to the log files. It is ended by `stop()`, and at
    the latest when this process ends (but for SIGKILL).

    Attributes:
        process: The program, once it is started.
    """

    process: subprocess.Popen[bytes] | None = None

    def _build_command(self) -> Sequence[str | Path]:
        """The program and its arguments."""
        raise TypeError(f"{type(self).__qualname__} has no method _build_command(): define it")

    def _wait_for_ready(self) -> str:
        """Returns the URL once the page can be asked for; see `wait_for_output`."""
        raise TypeError(f"{type(self).__qualname__} has no method _wait_for_ready(): define it")

    def _build_environment(self) -> Mapping[str, str]:
        """Variables for the program, on top of those of this process."""
        return {}

    def wait_for_output(self, pattern: str, timeout_s: float = _START_TIMEOUT_S) -> re.Match[str]:
        """Waits until the program has printed something, for `_wait_for_ready`.

        Args:
            pattern: A regular expression, searched in what it printed and in its errors.
            timeout_s: How long to wait, in seconds.

        Raises:
            ServiceFailed: The program has ended, or the time is up.
        """
        process = self.process
        assert process is not None
        end = time.monotonic() + timeout_s
        while not self.should_stop():
            has_ended = process.poll() is not None
            for path in (self.stdout, self.stderr):
                assert path is not None
                found = re.search(pattern, path.read_text(errors="replace"))
                if found is not None:
                    return found
            if has_ended:
                raise ServiceFailed(self.id, self._how_it_ended(process))
            if time.monotonic() > end:
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_S)  # the end of the program is learnt at once
        raise ServiceFailed(self.id, f"it did not print {pattern!r} within {timeout_s:g} s")

    def _serve(self, running: threading.Event) -> None:
        """Starts the program, waits until it is ready, then until it ends."""
        process = self.process = self._spawn()
        try:
            url: list[str] = []
            failures: list[Exception] = []
            waiter = threading.Thread(
                target=self._await_url, args=(url, failures), name=f"xpm-ready-{self.id}",
                daemon=True,
            )  # fmt: skip
            waiter.start()
            # a program that ends must not leave its users waiting for what it would have said
            while waiter.is_alive() and process.poll() is None and not self.should_stop():
                waiter.join(_LOOK_S)
            if not url and process.poll() is not None:
                waiter.join(_LOOK_S)
            if failures and not self.should_stop():
                raise failures[0]
            if not url:
                if not self.should_stop():
                    raise ServiceFailed(self.id, self._how_it_ended(process))
                return
            self.url = url[0]
            running.set()
            process.wait()
            if not self.should_stop():
                raise ServiceFailed(self.id, self._how_it_ended(process))
        finally:
            end_process(process)

    def _await_url(self, url: list[str], failures: list[Exception]) -> None:
        try:
            url.append(self._wait_for_ready())
        except Exception as error:
            failures.append(error)

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self.log_directory is None:
            raise ServiceFailed(
                self.id,
                "it has no log_directory: add it to an experiment, or give it one",
            )
        self.log_directory.mkdir(parents=True, exist_ok=True)
        assert self.stdout is not None and self.stderr is not None
        with self.stdout.open("wb") as out, self.stderr.open("wb") as err:
            process = subprocess.Popen(
                [os.fspath(part) for part in self._build_command()],
                env={**os.environ, **self._build_environment()},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        _running.add(process)
        return process

    def _wake(self) -> None:
        """Ends the program: `_serve` waits for that."""
        if self.process is not None:
            end_process(self.process)

    def _how_it_ended(self, process: subprocess.Popen[bytes]) -> str:
        lines = [] if self.stderr is None else tail(self.stderr)
        said = "".join(f"\n    {line}" for line in lines)
        return f"the program ended with code {process.poll()}{said}"


_running: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and its children: asks first, insists after 2 s."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)


@atexit.register
def _end_all() -> None:
    for process in list(_running):
        end_process(process)


def _forget_all() -> None:
    """The child of a fork does not end what its parent started."""
    _running.clear()


os.register_at_fork(after_in_child=_forget_all)

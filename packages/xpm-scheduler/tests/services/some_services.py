"""Services for the tests."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xpm_scheduler.services import ProcessWebService, Service, WebService


class Notes(Service):
    """A plain service, with a path."""

    id = "notes"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def description(self) -> str:
        return f"notes in {self.path}"

    def state_dict(self) -> dict[str, Any]:
        return {"path": self.path}


class Pair(Service):
    """Made of two others."""

    id = "pair"

    def subservices(self) -> list[Service]:
        return [Notes(Path("/one")), Page()]


class Page(WebService):
    """Serves until it is stopped."""

    id = "page"

    def __init__(self) -> None:  # as many do: without `super().__init__()`
        self.started = 0

    def _serve(self, running: threading.Event) -> None:
        self.started += 1
        self.url = f"http://localhost:{self.started}"
        running.set()
        while not self.should_stop():
            assert self._serving is not None
            self._serving.stop.wait()


class Broken(WebService):
    """Does not start."""

    id = "broken"

    def _serve(self, running: threading.Event) -> None:
        raise OSError("the port is taken")


class Silent(WebService):
    """Returns without a word."""

    id = "silent"

    def _serve(self, running: threading.Event) -> None:
        pass


class Launched(WebService):
    """Returns while something goes on serving."""

    id = "launched"

    def _serve(self, running: threading.Event) -> None:
        self.url = "http://localhost:1"
        running.set()


class Late(WebService):
    """Fails once it serves, when it is told to."""

    id = "late"

    def __init__(self) -> None:
        super().__init__()
        self.fail = threading.Event()

    def _serve(self, running: threading.Event) -> None:
        self.url = "http://localhost:1"
        running.set()
        self.fail.wait()
        raise RuntimeError("the disk is full")


SERVER = """
import os, sys, time
print("serving at http://localhost:%s" % os.environ["PORT"], file=sys.stderr, flush=True)
sys.stdin.read()
time.sleep(600)
"""


class Program(ProcessWebService):
    """A program that prints its URL."""

    id = "program"

    def __init__(self, code: str = SERVER, log_directory: Path | None = None) -> None:
        super().__init__(log_directory)
        self.code = code

    def _build_command(self) -> Sequence[str | Path]:
        return [sys.executable, "-c", self.code]

    def _build_environment(self) -> Mapping[str, str]:
        return {"PORT": "8123"}

    def _wait_for_ready(self) -> str:
        return self.wait_for_output(r"http://\S+")[0]

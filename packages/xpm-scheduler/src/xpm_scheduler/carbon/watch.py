"""The scheduler's side of energy: it starts the meter, and tells it which jobs to watch."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import os
import re
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_store.layout import JobFolder, Workspace
    from xpm_store.records import ProcessRecord
    from xpm_store.settings import CarbonSettings, Settings

__all__ = ["EnergyWatch", "energy_watch"]

logger = logging.getLogger("xpm")

_AFTER_S = 5.0
"""Jobs that end sooner are not measured: to start CodeCarbon takes 5 s of a processor."""

_LAST_WORD_S = 1.0
_NOTICE_EVERY_S = 86400.0
_EXTRA = "codecarbon"


class EnergyWatch:
    """Tells a meter of the jobs that run for long enough; starts it when there is one.

    Concurrency: `follow` is called in the event loop, `finish` in any other thread.

    Args:
        workspace: Where the records go.
        folder: A folder for the meter to be in: what it might write stays there.
        command: The meter.
        after_s: How long a job runs before it is watched, in seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        folder: Path,
        command: Sequence[str],
        *,
        after_s: float = _AFTER_S,
    ) -> None:
        self._workspace = workspace
        self._folder = folder
        self._command = list(command)
        self._after_s = after_s
        self._meter: subprocess.Popen[bytes] | None = None
        self._is_over = False
        self._watched: set[str] = set()
        self._lock = threading.Lock()

    def follow(self, folder: JobFolder, record: ProcessRecord) -> asyncio.TimerHandle | None:
        """Has a job measured if it goes on; cancel what is returned when it has ended."""
        if record.type != "local" or record.owner is None or record.owner.is_alive() is None:
            return None  # of a batch system, or of another machine
        return asyncio.get_running_loop().call_later(self._after_s, self._tell, folder, record)

    def finish(self, ended: Sequence[JobFolder]) -> bool:
        """Waits a second at most for the records of jobs that have ended; the meter then goes on.

        Returns:
            Whether something was measured.
        """
        with self._lock:
            meter, self._meter, self._is_over = self._meter, None, True
        if meter is None:
            return False
        assert meter.stdin is not None and meter.stdout is not None
        with suppress(OSError):
            meter.stdin.close()
        missing = self._watched & {str(folder.path) for folder in ended}
        _await_reports(meter.stdout.fileno(), missing)
        meter.stdout.close()
        # it ends with its last job, maybe after us: somebody has to learn of it
        threading.Thread(target=meter.wait, name="xpm-meter", daemon=True).start()
        return True

    def _tell(self, folder: JobFolder, record: ProcessRecord) -> None:
        """Whatever goes wrong here, the jobs must not notice."""
        request = {"job": str(folder.path), "pid": record.pid, "start_time": record.start_time}
        try:
            with self._lock:
                if self._is_over:
                    return
                if self._meter is None:
                    self._meter = self._start()
                assert self._meter.stdin is not None
                os.write(self._meter.stdin.fileno(), json.dumps(request).encode() + b"\n")
                self._watched.add(str(folder.path))
        except OSError as error:
            logger.debug("the energy of %s is not measured: %s", folder.path, error)

    def _start(self) -> subprocess.Popen[bytes]:
        with (self._folder / "carbon.log").open("ab") as log:
            meter = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert meter.stdin is not None
        os.set_blocking(meter.stdin.fileno(), False)
        return meter


def energy_watch(workspace: Workspace, folder: Path, settings: Settings) -> EnergyWatch | None:
    """The watch of a run, as the settings want it; None without one.

    Args:
        workspace: Where the records go.
        folder: The folder of the scheduler's log.
        settings: The user's settings.
    """
    carbon = settings.carbon
    if not carbon.enabled or sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return None
    if importlib.util.find_spec(_EXTRA) is None:
        _notice(workspace, settings)
        return None
    return EnergyWatch(workspace, folder, _command(workspace, carbon))


def _command(workspace: Workspace, carbon: CarbonSettings) -> list[str]:
    return [
        sys.executable, "-P", "-m", "xpm_scheduler.carbon.meter",
        str(workspace.root), carbon.country_iso_code or "", carbon.region or "",
        str(carbon.report_interval_s),
    ]  # fmt: skip


def _notice(workspace: Workspace, settings: Settings) -> None:
    """Says, once a day at most, that what the settings ask for is not installed."""
    if not settings.carbon.warn_if_unavailable or not _is_asked_for(settings.source):
        return
    told = workspace.scheduler_logs / ".carbon_notice"
    with suppress(OSError):
        if time.time() - told.stat().st_mtime < _NOTICE_EVERY_S:
            return
    with suppress(OSError):
        told.parent.mkdir(parents=True, exist_ok=True)
        told.touch()
        logger.warning(
            "the settings ask for the energy of jobs, and CodeCarbon is not installed: pip install "
            "'xpm-scheduler[carbon]', or set `carbon: {enabled: false}` in %s",
            settings.source,
        )


def _is_asked_for(source: Path | None) -> bool:
    """Whether the settings have a part `carbon`: who has none does not miss it."""
    if source is None:
        return False
    try:
        return re.search(r"^carbon\s*:", source.read_text(encoding="utf-8"), re.M) is not None
    except OSError:
        return False


def _await_reports(descriptor: int, missing: set[str]) -> None:
    """Reads which jobs the meter has done with, until there are none missing or the time is up."""
    end = time.monotonic() + _LAST_WORD_S
    pending = b""
    while missing and (left_s := end - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left_s)[0]:
            return
        block = os.read(descriptor, 65536)
        if not block:
            return
        *lines, pending = (pending + block).split(b"\n")
        missing -= {line.decode() for line in lines}

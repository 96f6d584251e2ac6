"""Waking up when something goes on in a workspace: a wait that ends when a sync has work to do.

Only what is active is watched: the two folders of live events, in which every job and run that goes
on has a file. They are few and small, whatever the workspace holds.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from xpm_store.index.place import network_file_system
from xpm_store.layout import Workspace

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

__all__ = ["Watcher"]

logger = logging.getLogger("xpm.store.watch")

STEP_MS = 10
"""How often what the system told is handed over: see "event" in `bench/run.py`."""

SETTLE_MS = 40
"""At most so long is waited for more of what comes in a row."""

_LONGEST_S = 5.0  # without news the folders are listed all the same


class Watcher:
    """Waits for changes of a workspace; nothing is lost between two waits.

    The system tells of changes (inotify and its like, through `watchfiles`) where that package is
    installed and the workspace is on a local disk; on a network file system, whose other machines
    tell nothing, and elsewhere, the folders are listed every `poll_s`.

    Concurrency: one thread waits; any thread may `close`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with Watcher(Workspace(Path(folder)), poll_s=0.01) as watcher:
        ...         watcher.wait(timeout_s=0.02)
        False
    """

    def __init__(
        self, workspace: Workspace, *, poll_s: float = 0.5, use_system: bool | None = None
    ) -> None:
        """Begins to watch.

        Args:
            workspace: The workspace; it may be empty, or not be there yet.
            poll_s: How often the folders are listed where the system tells nothing.
            use_system: Whether to ask the system; None: where it can tell.
        """
        self._workspace = workspace
        self._poll_s = poll_s
        self._use_system = _system_can_tell(workspace.root) if use_system is None else use_system
        self._closed = threading.Event()
        self._notify: RustNotify | None = None
        self._watched: dict[str, int] = {}
        self._watch_places()
        self._seen = self._listing()

    @property
    def is_polling(self) -> bool:
        """Whether the folders are listed again and again."""
        return not self._use_system

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until something changed since the last wait (or since the beginning).

        Args:
            timeout_s: How long to wait at most; None: until a change, or `close`.

        Returns:
            Whether something changed.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._closed.is_set():
            self._watch_places()
            found = self._listing()  # it decides, not the system: an event may mean nothing to us
            if found != self._seen:
                self._seen = found
                return True
            left = _LONGEST_S if until is None else until - time.monotonic()
            if left <= 0:
                return False
            self._pause(left)
        return False

    def close(self) -> None:
        """Ends the wait, of another thread too, and all later ones."""
        self._closed.set()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        self._release()

    def _listing(self) -> frozenset[tuple[str, int, int]]:
        """Names, sizes and times of the live files, and of the folders that are watched."""
        workspace = self._workspace
        found: set[tuple[str, int, int]] = set()
        for folder in (workspace.experiment_events, workspace.job_events):
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        stat = _stat(entry.stat)
                        if stat is not None:
                            found.add((entry.path, stat.st_size, stat.st_mtime_ns))
            except OSError:
                continue
        stat = _stat(workspace.experiments.stat)  # experiments that came or went
        if stat is not None:
            found.add((os.fspath(workspace.experiments), stat.st_mtime_ns, stat.st_ino))
        return frozenset(found)

    def _pause(self, left_s: float) -> None:
        """Waits until the system tells of something, or it is time to list the folders again."""
        if self._notify is None:
            self._closed.wait(min(self._poll_s, left_s))
            return
        timeout_ms = max(1, int(min(left_s, _LONGEST_S) * 1000))
        told = self._notify.watch(SETTLE_MS, STEP_MS, timeout_ms, self._closed)
        if told == "signal":
            raise KeyboardInterrupt

    def _watch_places(self) -> None:
        """Asks the system for the live folders, else for where they will appear."""
        workspace = self._workspace
        wanted = [workspace.experiment_events, workspace.job_events, workspace.experiments]
        found = {next(p for p in (path, *path.parents) if p.is_dir()) for path in wanted}
        # with their inodes: a folder that was made anew is not the one that is watched
        places = {os.fspath(path): _inode(path) for path in found}
        if not self._use_system or places == self._watched:
            return
        # lazy: most commands watch nothing. Its generator `watch` would begin too late
        from watchfiles._rust_notify import RustNotify

        self._release()
        try:
            self._notify = RustNotify(list(places), False, False, 0, False, False)
            self._watched = places
        except OSError as error:  # the user has no watch left, or a folder vanished just now
            logger.info("%s is listed: %s", workspace.root, error)
            self._use_system = False

    def _release(self) -> None:
        if self._notify is not None:
            self._notify.close()
            self._notify = None


def _system_can_tell(root: Path) -> bool:
    kind = network_file_system(root)
    if kind is not None:
        logger.info("%s is on a network file system (%s): it is listed", root, kind)
        return False
    return importlib.util.find_spec("watchfiles") is not None


def _inode(path: Path) -> int:
    stat = _stat(path.stat)
    return 0 if stat is None else stat.st_ino


def _stat(ask: Callable[[], os.stat_result]) -> os.stat_result | None:
    try:
        return ask()
    except OSError:  # put away meanwhile
        return None

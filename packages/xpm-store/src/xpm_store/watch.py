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
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from xpm_store.index.place import network_file_system
from xpm_store.layout import Workspace

__all__ = ["Watcher"]

logger = logging.getLogger("xpm.store.watch")

STEP_MS = 10
"""How often what the system told is handed over; a median event then takes 10 ms (`bench/run.py`)."""

SETTLE_MS = 40
"""At most so long is waited for more of what comes in a row."""


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
        self._seen = self._listing()
        self._changes: Iterator[object] | None = None
        self._watched: list[Path] = []
        if self._use_system:
            self._watch()

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
            if self._has_changed():
                return True
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return False
            self._pause(left)
        return False

    def close(self) -> None:
        """Stops watching, and ends a wait of another thread."""
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

    def _has_changed(self) -> bool:
        """Whether the folders differ from what they were; the listing decides, not the system."""
        found = self._listing()
        if found == self._seen:
            return False
        self._seen = found
        if self._use_system and self._places() != self._watched:
            self._watch()  # the folders of events were made, or made anew
        return True

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

    def _pause(self, at_most_s: float | None) -> None:
        if self._changes is None:
            self._closed.wait(self._poll_s if at_most_s is None else min(self._poll_s, at_most_s))
            return
        try:
            next(self._changes)
        except (StopIteration, OSError) as error:  # a folder vanished, or there are too many watches
            logger.info("%s is listed from now on: %s", self._workspace.root, error)
            self._use_system, self._changes = False, None

    def _places(self) -> list[Path]:
        """What the system is asked to watch: the live folders, else where they will appear."""
        workspace = self._workspace
        wanted = [workspace.experiment_events, workspace.job_events, workspace.experiments]
        places = {next(p for p in (path, *path.parents) if p.is_dir()) for path in wanted}
        return sorted(places)

    def _watch(self) -> None:
        import watchfiles  # lazy: most commands watch nothing

        self._watched = self._places()
        self._changes = watchfiles.watch(
            *self._watched,
            watch_filter=None,
            debounce=SETTLE_MS,
            step=STEP_MS,
            rust_timeout=int(self._poll_s * 1000),
            yield_on_timeout=True,
            stop_event=self._closed,
            recursive=False,
            raise_interrupt=True,
        )


def _system_can_tell(root: Path) -> bool:
    kind = network_file_system(root)
    if kind is not None:
        logger.info("%s is on a network file system (%s): it is listed", root, kind)
        return False
    return importlib.util.find_spec("watchfiles") is not None


def _stat(ask: Callable[[], os.stat_result]) -> os.stat_result | None:
    try:
        return ask()
    except OSError:  # put away meanwhile
        return None

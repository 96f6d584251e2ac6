"""Event files: numbered, extended by their one owner, followed by any number of readers."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xpm_store import fs
from xpm_store.atomic import LineAppender, read_lines
from xpm_store.errors import DamagedRecord, StorageError
from xpm_store.events.codec import encode, event_of
from xpm_store.events.kinds import Event
from xpm_store.layout import JobFolder, RunFolder

__all__ = ["EventReader", "EventWriter", "EventsRead", "Position", "event_files"]

EVENTS_PER_FILE = 1280
"""After that many events another file is begun (the figure of 2.x)."""

_NO_LINKS = {errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES}


class EventWriter:
    """The owner of the event files of a run, or of an execution of a job.

    A file appears with its first event. Before that event, `on_open` writes the number of the
    file into the status of the run or job: readers then know what the status does not tell.

    Durability: that of `LineAppender`.
    Concurrency: one thread at a time.
    """

    def __init__(
        self,
        live_path_of: Callable[[int], Path],
        archive_path_of: Callable[[int], Path],
        *,
        first: int,
        on_open: Callable[[int], None],
        events_per_file: Callable[[], int] = lambda: EVENTS_PER_FILE,
    ) -> None:
        """Prepares the writer; nothing is touched before the first event.

        Args:
            live_path_of: Where file `n` is while things go on.
            archive_path_of: Where its permanent copy is.
            first: The number of the first file: a fresh one, so that nothing is mixed with what
                was left by someone who was killed.
            on_open: Called with a number before the first event of that file is written.
            events_per_file: How many events a file takes; asked at each write.
        """
        self._live_path_of = live_path_of
        self._archive_path_of = archive_path_of
        self._on_open = on_open
        self._events_per_file = events_per_file
        self._first = first
        self._number = first
        self._count = 0
        self._file: LineAppender | None = None

    @property
    def number(self) -> int:
        """The number of the file that takes the next event."""
        return self._number

    def write(self, events: Iterable[Event]) -> None:
        """Adds events, in one write.

        Raises:
            StorageError: The file system refused; none of them is in the file.
        """
        lines = [encode(event) for event in events]
        if not lines:
            return
        if self._file is not None and self._count >= self._events_per_file():
            self._file.close()
            self._file, self._count, self._number = None, 0, self._number + 1
        if self._file is None:
            self._file = self._open()
        self._file.append_lines("".join(lines))
        self._count += len(lines)

    def sync(self) -> None:
        """Waits until the events are on the disk."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Closes the file; the files stay where they are."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def archive(self) -> None:
        """Closes, and leaves the permanent copies only."""
        self.close()
        for number in range(self._first, self._number + 1):
            archive_event_file(self._live_path_of(number), self._archive_path_of(number))

    def _open(self) -> LineAppender:
        live, archive = self._live_path_of(self._number), self._archive_path_of(self._number)
        file = LineAppender(live)
        try:
            self._on_open(self._number)
            link_event_file(live, archive)
        except BaseException:
            with suppress(StorageError):
                file.close()
            raise
        return file


def link_event_file(live: Path, archive: Path) -> bool:
    """Gives an event file its permanent name; False where the file system has no hard links."""
    try:
        fs.link(live, archive)
    except StorageError as error:
        if isinstance(error.__cause__, FileExistsError):
            return True
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def archive_event_file(live: Path, archive: Path) -> None:
    """Leaves the permanent name of an event file only; a file that is gone is fine.

    A permanent file that is not the same one (it was copied from elsewhere) is kept: both are.
    """
    try:
        source = live.stat()
    except FileNotFoundError:
        return
    try:
        target = archive.stat()
    except FileNotFoundError:
        fs.make_folder(archive.parent)
        fs.rename(live, archive)
        return
    except OSError as error:
        raise StorageError("read", archive, error) from error
    if os.path.samestat(source, target):
        fs.remove(live)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a reader stands: in which file, at which byte."""

    number: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class EventsRead:
    """What an `EventReader` found: events in order, and what could not be understood."""

    events: list[Event]
    problems: list[DamagedRecord]


class EventReader:
    """Follows event files from a position; each `read` gives what came since the last one.

    A file is read to its end before the next one is. A torn last line is left until it is whole,
    or until there is a later file.
    """

    def __init__(
        self,
        files_of: Callable[[], list[tuple[int, Path]]],
        position: Position = Position(),
    ) -> None:
        """Prepares the reader.

        Args:
            files_of: Lists the files that are there, by number (`event_files`).
            position: Where to begin: `Position(events_count)` after the status was read.
        """
        self._files_of = files_of
        self.position = position

    def read(self) -> EventsRead:
        """The events since the last call.

        Raises:
            StorageError: A file cannot be read.
        """
        events: list[Event] = []
        problems: list[DamagedRecord] = []
        for number, path in self._files_of():
            if number < self.position.number:
                continue
            start = self.position.offset if number == self.position.number else 0
            lines = read_lines(path, start)
            events += [event for value in lines.objects if (event := event_of(value))]
            problems += lines.problems
            self.position = Position(number, lines.next_offset)
        return EventsRead(events, problems)


def event_files(folder: RunFolder | JobFolder) -> list[tuple[int, Path]]:
    """The event files of a run or a job, by number: permanent ones, and live ones without copy.

    Live files of a run may be those of another run of the experiment: their events say so.
    """
    files = dict(
        folder.experiment.live_events() if isinstance(folder, RunFolder) else folder.live_events()
    )
    files.update(folder.archived_events())
    return sorted(files.items())

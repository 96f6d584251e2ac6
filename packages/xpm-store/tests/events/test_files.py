"""Event files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from xpm_store import fs
from xpm_store.events import EventReader, EventWriter, JobProgressed, Position, event_files
from xpm_store.layout import JobFolder, Workspace


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return Workspace(tmp_path).job("pkg.fit", "a" * 64)


def progress(n: int) -> JobProgressed:
    return JobProgressed(float(n), "a" * 64, "pkg.fit", 0, n / 100)


def writer(folder: JobFolder, first: int = 0, per_file: int = 3) -> tuple[EventWriter, list[int]]:
    opened: list[int] = []
    events = EventWriter(
        folder.live_event,
        folder.archived_event,
        first=first,
        on_open=opened.append,
        events_per_file=lambda: per_file,
    )
    return events, opened


def test_nothing_is_there_before_the_first_event(folder: JobFolder) -> None:
    events, opened = writer(folder)
    events.write([])
    assert (opened, event_files(folder)) == ([], [])
    events.archive()
    assert event_files(folder) == []


def test_files_follow_each_other_and_are_put_away(folder: JobFolder) -> None:
    events, opened = writer(folder, first=5)
    for n in range(7):
        events.write([progress(n)])
    assert opened == [5, 6, 7]
    assert [n for n, _ in folder.live_events()] == [5, 6, 7]
    events.sync()
    events.archive()
    assert folder.live_events() == []
    assert [n for n, _ in folder.archived_events()] == [5, 6, 7]
    read = EventReader(lambda: event_files(folder)).read()
    assert read.events == [progress(n) for n in range(7)]


def test_a_reader_gives_what_came_since_its_last_call(folder: JobFolder) -> None:
    events, _ = writer(folder)
    reader = EventReader(lambda: event_files(folder))
    seen = []
    for n in range(10):
        events.write([progress(n)])
        seen += reader.read().events
        if n == 5:
            reader = EventReader(lambda: event_files(folder), reader.position)
    events.archive()
    assert reader.read().events == []
    assert seen == [progress(n) for n in range(10)]


def test_a_reader_may_begin_at_a_file(folder: JobFolder) -> None:
    events, _ = writer(folder)
    for n in range(7):
        events.write([progress(n)])
    read = EventReader(lambda: event_files(folder), Position(2)).read()
    assert read.events == [progress(6)]


def test_a_torn_last_line_is_read_once_it_is_whole(folder: JobFolder) -> None:
    events, _ = writer(folder)
    events.write([progress(1)])
    path = folder.live_event(0)
    whole = path.read_bytes()
    with path.open("ab") as file:
        file.write(whole[:20])
        file.flush()
        reader = EventReader(lambda: event_files(folder))
        first = reader.read()
        assert (first.events, len(first.problems)) == ([progress(1)], 1)
        file.write(whole[20:])
        file.flush()
        assert reader.read().events == [progress(1)]


class NoLinks:
    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        if operation == "link":
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    def after(self, operation: str, path: Path) -> None:
        pass


def test_without_hard_links_files_are_moved_at_the_end(folder: JobFolder) -> None:
    events, _ = writer(folder)
    with fs.observed(NoLinks()):
        events.write([progress(1)])
        assert folder.archived_events() == []
        assert EventReader(lambda: event_files(folder)).read().events == [progress(1)]
        events.archive()
    assert folder.live_events() == []
    assert EventReader(lambda: event_files(folder)).read().events == [progress(1)]

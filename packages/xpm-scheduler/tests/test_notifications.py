"""Being told that files change, by the kernel and without it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from xpm_scheduler.notifications import FolderWatcher

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")


def watching(
    folder: Path, act: Callable[[FolderWatcher], object], *, use_kernel: bool = True
) -> None:
    """Watches a folder, acts, and waits until a change is told."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        watcher = FolderWatcher(loop, use_kernel=use_kernel)
        told = asyncio.Event()
        watcher.watch(folder, told.set)
        act(watcher)
        await asyncio.wait_for(told.wait(), 60)
        watcher.close()

    asyncio.run(main())


@linux_only
@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "new").touch(),
        lambda path: (path / "old").unlink(),
        lambda path: (path / "old").write_text("more"),
        lambda path: (path / "old").rename(path / "other"),
    ],
    ids=["made", "removed", "written", "renamed"],
)
def test_the_kernel_tells_of_each_change(tmp_path: Path, change: Callable[[Path], object]) -> None:
    (tmp_path / "old").touch()
    watching(tmp_path, lambda watcher: change(tmp_path))


def test_without_the_kernel_one_looks_now_and_then(tmp_path: Path) -> None:
    watching(tmp_path, lambda watcher: None, use_kernel=False)


def test_a_folder_that_is_not_there_yet_may_be_watched(tmp_path: Path) -> None:
    watching(tmp_path / "later", lambda watcher: None, use_kernel=False)


def test_nothing_is_told_once_it_is_not_watched_any_more(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    told: list[str] = []

    def act(watcher: FolderWatcher) -> None:
        watcher.watch(first, lambda: told.append("first"))
        watcher.unwatch(first)
        watcher.unwatch(first)
        (first / "file").touch()
        (second / "file").touch()

    first.mkdir()
    second.mkdir()
    watching(second, act)
    assert told == []

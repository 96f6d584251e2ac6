"""The trash of a workspace: what is removed goes there first, and can come back."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from xpm_store import atomic, fs
from xpm_store.errors import DamagedRecord, NotRestored, StorageError
from xpm_store.layout import Workspace

__all__ = ["Trash", "TrashEntry"]


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """What one command removed.

    Attributes:
        entry_id: Its name: when (`YYYYmmdd_HHMMSS`), and a few random digits.
        reason: What was asked.
        removed_at: When, in seconds since 1970.
        paths: Where the folders were, relative to the workspace.
    """

    entry_id: str
    reason: str
    removed_at: float
    paths: tuple[str, ...]


class Trash:
    """Folders of a workspace that were removed: `W/.trash/{entry}/{number}`.

    Durability: the list of an entry is written before anything moves; after a crash, `restore`
    brings back what had moved.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is touched yet."""
        self._root = workspace.root
        self.path = workspace.root / ".trash"

    def put(self, paths: Iterable[Path], reason: str) -> TrashEntry:
        """Moves folders of the workspace to the trash, each at once (a rename).

        Raises:
            StorageError: A folder could not be moved; those before it are in the trash.
        """
        now = time.time()
        stamp = time.strftime("%Y%m%d_%H%M%S", time.localtime(now))
        relative = tuple(str(path.relative_to(self._root)) for path in paths)
        entry = TrashEntry(f"{stamp}-{secrets.token_hex(3)}", reason, now, relative)
        folder = self.path / entry.entry_id
        fs.make_folder(folder)
        atomic.replace_json(
            folder / _LIST, {"reason": reason, "removed_at": now, "paths": list(relative)}
        )
        for number, name in enumerate(relative):
            try:
                fs.rename(self._root / name, folder / str(number))
            except StorageError as error:
                if not isinstance(error.__cause__, FileNotFoundError):  # it is gone: fine
                    raise
        return entry

    def entries(self) -> list[TrashEntry]:
        """What is in the trash, newest first; an entry without its list is not shown."""
        names = sorted((path.name for path in _folders(self.path)), reverse=True)
        found = [self._read(name) for name in names]
        return [entry for entry in found if entry is not None]

    def restore(self, entry_id: str) -> list[Path]:
        """Puts back what an entry holds.

        Returns:
            The folders that are there again.

        Raises:
            NotRestored: There is no such entry, or something stands where it was: nothing moved.
        """
        entry = self._read(entry_id) if re.fullmatch(r"[\w-]+", entry_id) else None
        if entry is None:
            raise NotRestored(entry_id, "the trash has no such entry")
        folder = self.path / entry_id
        moves = [
            (folder / str(number), self._root / name)
            for number, name in enumerate(entry.paths)
            if (folder / str(number)).exists()
        ]
        for _, target in moves:
            if target.exists():
                raise NotRestored(entry_id, f"{target} is there again: move it away first")
        for source, target in moves:
            fs.make_folder(target.parent)
            fs.rename(source, target)
        shutil.rmtree(folder, ignore_errors=True)
        return [target for _, target in moves]

    def empty(self, *, older_than_s: float = 0.0) -> list[TrashEntry]:
        """Removes for good what was put in the trash more than `older_than_s` seconds ago."""
        limit = time.time() - older_than_s
        gone = [entry for entry in self.entries() if entry.removed_at <= limit]
        for entry in gone:
            shutil.rmtree(self.path / entry.entry_id, ignore_errors=True)
        return gone

    def _read(self, entry_id: str) -> TrashEntry | None:
        try:
            value = atomic.read_json_object(self.path / entry_id / _LIST)
        except DamagedRecord:
            return None
        if value is None:
            return None
        paths = value.get("paths")
        removed_at = value.get("removed_at")
        return TrashEntry(
            entry_id,
            str(value.get("reason", "")),
            float(removed_at) if isinstance(removed_at, (int, float)) else 0.0,
            # never outside of the workspace, whatever the list says
            tuple(name for name in paths if _is_inside(name)) if isinstance(paths, list) else (),
        )


_LIST = "entry.json"


def _is_inside(name: object) -> bool:
    return isinstance(name, str) and not Path(name).is_absolute() and ".." not in Path(name).parts


def _folders(path: Path) -> list[Path]:
    return [folder for folder in path.iterdir() if folder.is_dir()] if path.is_dir() else []

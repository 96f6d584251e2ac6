"""Files that are never half written: replaced whole, or extended by whole lines."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xpm_store import fs, jsontext
from xpm_store.errors import DamagedRecord, StorageError

__all__ = [
    "LineAppender",
    "LinesRead",
    "read_json_object",
    "read_lines",
    "replace_bytes",
    "replace_json",
    "replace_link",
    "replace_text",
    "touch",
]

_BLOCK_BYTES = 64 * 1024
_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class LinesRead:
    """What `read_lines` found.

    Attributes:
        objects: The JSON objects, in order.
        next_offset: Where to go on, in bytes: after the last whole line.
        problems: Lines that are no JSON object, and a torn tail, with file and offset.
    """

    objects: list[dict[str, Any]]
    next_offset: int
    problems: list[DamagedRecord]


def replace_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replaces a file at once: readers see the old content or the new one, never a part.

    Durability: with `durable`, the new content survives a crash of the machine after the return.
    Without, a crash of the machine (not of the process) may bring back the old one, or leave an
    empty file on some file systems: only for what is made again from other files.
    Concurrency: two writers do not mix; the last one wins. Its temporary file is beside it.

    Raises:
        StorageError: The file system refused; the old content is intact.
    """
    temporary = _temporary(path)
    try:
        fd = fs.create(temporary)
        try:
            fs.write(fd, temporary, data)
            if durable:
                fs.fsync(fd, temporary)
        finally:
            fs.close(fd, temporary)
        fs.rename(temporary, path)
    except StorageError:
        with suppress(StorageError):
            fs.remove(temporary)
        raise
    if durable:
        fs.fsync_folder(path.parent)


def _temporary(path: Path) -> Path:
    """A name beside a file that no other thread of this machine uses; as short as names must be."""
    ending = f".{threading.get_native_id()}.tmp"
    kept = os.fsencode(f".{path.name}")[: _NAME_BYTES - len(ending)]
    return path.with_name(kept.decode(errors="ignore") + ending)


def replace_text(path: Path, text: str, *, durable: bool = True) -> None:
    """`replace_bytes` with a text, in UTF-8."""
    replace_bytes(path, text.encode("utf-8"), durable=durable)


def replace_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """`replace_bytes` with a JSON value, on several lines."""
    replace_bytes(path, jsontext.encode_pretty(value).encode(), durable=durable)


def replace_link(path: Path, target: Path | str) -> None:
    """Makes a symbolic link, or makes it lead elsewhere, at once: it is never missing."""
    try:
        fs.symlink(target, path)
        return
    except StorageError as error:
        if not isinstance(error.__cause__, FileExistsError):
            raise
    temporary = _temporary(path)
    fs.remove(temporary)
    fs.symlink(target, temporary)
    fs.rename(temporary, path)


def touch(path: Path) -> None:
    """Creates an empty file, durably; one that exists is emptied."""
    fs.close(fs.create(path), path)
    fs.fsync_folder(path.parent)


def read_json_object(path: Path) -> dict[str, Any] | None:
    """The JSON object of a file; None when there is no such file.

    Raises:
        DamagedRecord: It holds something else.
        StorageError: It cannot be read.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StorageError("read", path, error) from error
    try:
        value = jsontext.decode(data)
    except ValueError as error:
        raise DamagedRecord(path, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise DamagedRecord(path, f"a JSON object was expected, found {type(value).__name__}")
    return value


class LineAppender:
    """The owner of a file of lines: whole lines at its end, one write per batch.

    Durability: after `append`, the lines survive the end of the process; after `sync`, that of
    the machine. A crash in the middle leaves a torn last line: readers skip it, and the next
    owner cuts it when it opens the file.
    Concurrency: one owner per file, at one time; any number of readers.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file, creating it, and cuts a torn last line.

        Raises:
            StorageError: The file system refused.
        """
        self.path = path
        self._fd: int | None = fs.open_append(path)
        try:
            self._size = os.fstat(self._fd).st_size
            self._has_torn_tail = False
            self._cut_torn_tail()
        except BaseException:
            os.close(self._fd)
            raise

    @property
    def size_bytes(self) -> int:
        """Where the next line goes."""
        return self._size

    def append(self, objects: Iterable[Any]) -> None:
        """Adds JSON values, a line each, in one write: all or none is acknowledged."""
        encode = jsontext.encode
        self.append_lines("".join(f"{encode(value)}\n" for value in objects))

    def append_lines(self, lines: str) -> None:
        """Adds whole lines, newlines included, in one write.

        Raises:
            StorageError: The file system refused; the file is as before (as far as it lets us).
        """
        if not lines:
            return
        if self._fd is None:
            raise ValueError(f"{self.path} is closed")
        data = lines.encode("utf-8")
        if self._has_torn_tail:
            fs.truncate(self._fd, self.path, self._size)
        # a full disk may take a part: the next line must not be glued to it
        self._has_torn_tail = True
        try:
            fs.write(self._fd, self.path, data)
        except StorageError:
            with suppress(StorageError):
                fs.truncate(self._fd, self.path, self._size)
                self._has_torn_tail = False
            raise
        self._has_torn_tail = False
        self._size += len(data)

    def sync(self) -> None:
        """Waits until the lines are on the disk."""
        if self._fd is not None:
            fs.fsync(self._fd, self.path)

    def close(self) -> None:
        """Closes the file; twice is fine."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            fs.close(fd, self.path)

    def __enter__(self) -> LineAppender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cut_torn_tail(self) -> None:
        """Cuts what follows the last newline: it was never acknowledged."""
        assert self._fd is not None
        end = self._size
        while end > 0:
            start = max(0, end - _BLOCK_BYTES)
            newline = os.pread(self._fd, end - start, start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end != self._size:
            fs.truncate(self._fd, self.path, end)
            self._size = end


def read_lines(
    path: Path, start: int = 0, *, decode: Callable[[bytes], Any] = jsontext.decode_line
) -> LinesRead:
    """The JSON objects of a file of lines, from an offset; a missing file has none.

    A line that is no JSON object is skipped and reported. A last line without newline is left for
    the next read, and reported: it is being written, or it is torn.

    Args:
        path: The file.
        start: Where to begin, in bytes: the start of a line.
        decode: Makes a value of a line; the default is fast, `jsontext.decode` is exact for whole
            numbers beyond 64 bits.

    Raises:
        StorageError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
    except FileNotFoundError:
        return LinesRead([], start, [])
    except OSError as error:
        raise StorageError("read", path, error) from error
    return parse_lines(data, path, start, decode)


def parse_lines(
    data: bytes,
    path: Path,
    start: int = 0,
    decode: Callable[[bytes], Any] = jsontext.decode_line,
) -> LinesRead:
    """`read_lines` for bytes that are already there; `path` and `start` are for the problems."""
    objects: list[dict[str, Any]] = []
    problems: list[DamagedRecord] = []
    whole = data.rfind(b"\n") + 1
    offset = start
    for line in data[:whole].split(b"\n")[:-1]:
        try:
            value = decode(line)
        except ValueError as error:
            if line.strip():
                problems.append(DamagedRecord(path, f"skipped a damaged line: {error}", offset))
        else:
            if isinstance(value, dict):
                objects.append(value)
            else:
                problem = f"skipped a line: an object was expected, found {type(value).__name__}"
                problems.append(DamagedRecord(path, problem, offset))
        offset += len(line) + 1
    if whole < len(data):
        problem = f"a last line of {len(data) - whole} bytes has no end: being written, or torn"
        problems.append(DamagedRecord(path, problem, offset))
    return LinesRead(objects, offset, problems)

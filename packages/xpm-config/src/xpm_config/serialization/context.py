"""Where the data files of configurations go when they are saved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.errors import SerializationError

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = ["SerializationContext", "SerializedPath", "SerializedPathLoader"]


@dataclass(frozen=True, slots=True)
class SerializedPath:
    """A data file or folder as it is named in a definition.

    Attributes:
        path: Relative to the saved folder; absolute when nothing was copied.
        is_folder: Whether it is a folder; None when not known.
    """

    path: Path
    is_folder: bool | None = None


SerializedPathLoader = Callable[[SerializedPath], Path]
"""What gives the real path of a data file."""


class SerializationContext:
    """Says what is done with the data files of the configurations that are saved.

    With a folder, each one is hard-linked into it, copied when links do not work, under the
    path made of the names of the parameters that lead to it. Without, it stays where it is.

    Args:
        save_directory: The folder that gets the data files.
    """

    def __init__(self, save_directory: Path | str | None = None) -> None:
        self.save_directory = None if save_directory is None else Path(save_directory)
        self._var_path: list[str] = []
        self._destinations: dict[Path, Path] = {}

    @property
    def var_path(self) -> list[str]:
        """The names of the parameters that lead to the configuration that is being saved."""
        return self._var_path

    @property
    def depth(self) -> int:
        """How many parameters lead to the configuration that is being saved."""
        return len(self._var_path)

    @contextmanager
    def push(self, name: str) -> Iterator[None]:
        """Add a name to `var_path` for the length of a `with` block."""
        self._var_path.append(name)
        try:
            yield
        finally:
            self._var_path.pop()

    @contextmanager
    def at(self, var_path: Sequence[str]) -> Iterator[None]:
        """Set `var_path` for the length of a `with` block."""
        former, self._var_path = self._var_path, list(var_path)
        try:
            yield
        finally:
            self._var_path = former

    def serialize(self, var_path: Sequence[str], path: Path, config: Config) -> SerializedPath:
        """Put a data file in its place, and say where it is.

        Args:
            var_path: The names that make its relative path.
            path: The file or folder.
            config: The configuration that it belongs to.

        Raises:
            SerializationError: There is no such file, or another one has the same place.
        """
        source = Path(path)
        if not source.exists():
            raise SerializationError(
                f"The data path {'.'.join(var_path)} of {config!r} is {source}, which does not "
                "exist: it cannot be saved."
            )
        is_folder = source.is_dir()
        if self.save_directory is None:
            return SerializedPath(source.absolute(), is_folder)
        relative = Path(*var_path)
        self._claim(relative, source)
        place(source, self.save_directory / relative)
        return SerializedPath(relative, is_folder)

    def _claim(self, relative: Path, source: Path) -> None:
        """Refuse that two files get the same place."""
        former = self._destinations.setdefault(relative, source)
        if former != source:
            raise SerializationError(
                f"{former} and {source} would both be saved as {relative}: "
                "__xpm_serialize__ must give each its own place."
            )


def place(source: Path, destination: Path) -> None:
    """Make `destination` the same file or folder as `source`, by hard links where they work.

    What was at `destination` is replaced; nothing is done when it is `source` itself. Links are
    followed: the content is what is saved.
    """
    source = source.resolve()
    if destination.exists() and destination.samefile(source):
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    fresh = destination.with_name(f".{destination.name}.partial")
    _remove(fresh)
    if source.is_dir():
        shutil.copytree(source, fresh, copy_function=_link_or_copy)
    else:
        _link_or_copy(str(source), str(fresh))
    if fresh.is_dir() or destination.is_dir():
        _remove(destination)
    fresh.replace(destination)


def _link_or_copy(source: str, destination: str) -> Any:
    """Hard-link a file, or copy it (another file system, or one without links)."""
    try:
        os.link(os.path.realpath(source), destination)
    except OSError:
        shutil.copy2(source, destination)
    return destination


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

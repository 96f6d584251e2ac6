"""The folder of a job copied elsewhere: beside its place first, then there at once."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from xpm_store import atomic, fs
from xpm_store.errors import DamagedRecord, StorageError
from xpm_store.layout import JobFolder
from xpm_store.records import JobStatus, read_params
from xpm_store.records.fields import text
from xpm_store.relocation import Relocation

__all__ = ["copy_job", "copy_tree", "take_place"]


def copy_job(source: JobFolder, target: JobFolder, staged: Path, *, relocate: bool = True) -> bool:
    """Copies the folder of a job.

    Left out are the locks and the process file of the job itself, which mean nothing elsewhere;
    what the task wrote is copied whatever its name.

    Args:
        source: The job; nobody runs it.
        target: Where it goes.
        staged: Where it is made, on the file system of `target`. Emptied first: a copy that was
            interrupted is begun again.
        relocate: Whether paths in its records become those of the workspace of `target`: not for
            an archive, which is no workspace.

    Durability: `target` appears complete, and on the disk.

    Returns:
        False when something is at `target`: it is left as it is.

    Raises:
        StorageError: The file system refused; `target` is not there.
    """
    if os.path.lexists(target.path):
        return False
    fs.remove_tree(staged)
    copy_tree(source.path, staged, left_out=_left_out(source))
    if relocate:
        _relocate(source, target, staged)
    fs.make_folder(target.path.parent)
    return take_place(staged, target.path)


def take_place(staged: Path, target: Path) -> bool:
    """Gives a folder its final name; False, and it is removed, when something has that name."""
    try:
        fs.rename(staged, target)
    except StorageError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        fs.remove_tree(staged)  # someone else made it meanwhile
        return False
    fs.fsync_folder(target.parent)
    return True


def copy_tree(source: Path, target: Path, *, left_out: frozenset[str] = frozenset()) -> None:
    """Copies a folder, links as links; sockets and pipes are left out.

    Args:
        source: The folder.
        target: A folder that is not there.
        left_out: Files that are not copied, relative to `source`.

    Raises:
        StorageError: The file system refused.
    """
    todo = [""]
    while todo:
        folder = todo.pop()
        fs.make_folder(target / folder)
        for entry in _entries(source / folder):
            name = os.path.join(folder, entry.name)  # noqa: PTH118 - relative texts
            if name in left_out:
                continue
            if entry.is_symlink():
                fs.symlink(Path(entry.path).readlink(), target / name)
            elif entry.is_dir():
                todo.append(name)
            elif entry.is_file():
                fs.copy_file(Path(entry.path), target / name)
    fs.fsync_folder(target)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise StorageError("list", folder, error) from error


def _left_out(job: JobFolder) -> frozenset[str]:
    files = (job.lock, job.pid, job.reader_lock, job.locks_json)
    return frozenset(str(path.relative_to(job.path)) for path in files)


def _relocate(source: JobFolder, target: JobFolder, staged: Path) -> None:
    """Rewrites the records of a copied folder; one that is damaged is copied as it is."""
    roots = [str(source.workspace.root), os.path.realpath(source.workspace.root)]
    new = str(target.workspace.root.absolute())
    with suppress(DamagedRecord):
        params = read_params(source)
        roots.insert(0, text(params.get("workspace")))
        # the names in the staged folder are not those of a job: what they are called is known
        moved = Relocation(roots, new).params(params)
        atomic.replace_json(staged / source.params.name, moved)
    relocation = Relocation(roots, new)
    with suppress(DamagedRecord):
        status = JobStatus.read(source)
        if status is not None:
            status.path = str(target.path.absolute())
            status.process = None
            path = staged / source.status.relative_to(source.path)
            atomic.replace_json(path, status.to_json())
    links = staged / source.partial_links.relative_to(source.path)
    if links.is_dir():
        for entry in _entries(links):
            if entry.is_symlink():
                link = Path(entry.path)
                atomic.replace_link(link, relocation.path(str(link.readlink())))

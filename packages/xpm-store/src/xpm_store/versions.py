"""Of which version a workspace is, and what may be done with it."""

from __future__ import annotations

import re

from xpm_store.errors import NewerWorkspace, OldWorkspace, StorageError
from xpm_store.layout import Workspace
from xpm_store.legacy.v1 import v1_experiments

__all__ = ["LAYOUT_VERSION", "require_readable", "require_runnable", "workspace_version"]

LAYOUT_VERSION = 2
"""The version of the layout that is read and written: that of 2.x, whose marker is empty."""


def workspace_version(workspace: Workspace) -> int:
    """The version of the layout of a workspace; changes nothing.

    The marker says it when it holds a number: 2.x leaves it empty, a later version that changes
    the layout must not. Of version 1 are those that still have experiments under `xp`, whether
    the migration was never begun or was interrupted.

    Raises:
        StorageError: The marker cannot be read.
    """
    try:
        text = workspace.marker.read_bytes()[:200]
    except (FileNotFoundError, NotADirectoryError):
        text = b""
    except OSError as error:
        raise StorageError("read", workspace.marker, error) from error
    number = re.search(rb"\d+", text)
    if number is not None and int(number[0]) > LAYOUT_VERSION:
        return int(number[0])
    return 1 if v1_experiments(workspace) else LAYOUT_VERSION


def require_readable(workspace: Workspace) -> None:
    """Makes sure that a workspace may be listed.

    Raises:
        NewerWorkspace: A later version wrote it.
    """
    version = workspace_version(workspace)
    if version > LAYOUT_VERSION:
        raise NewerWorkspace(workspace.root, version, LAYOUT_VERSION)


def require_runnable(workspace: Workspace) -> None:
    """Makes sure that an experiment may run in a workspace.

    Raises:
        NewerWorkspace: A later version wrote it.
        OldWorkspace: It is of version 1; the message names the command that migrates it.
    """
    version = workspace_version(workspace)
    if version > LAYOUT_VERSION:
        raise NewerWorkspace(workspace.root, version, LAYOUT_VERSION)
    if version < LAYOUT_VERSION:
        raise OldWorkspace(workspace.root)

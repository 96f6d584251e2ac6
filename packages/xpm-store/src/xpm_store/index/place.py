"""Where the index of a workspace is kept: in it, or else in the user's cache folder."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

from xpm_store.layout import Workspace

__all__ = ["cached_path", "index_path", "network_file_system"]

logger = logging.getLogger("xpm.store.index")

_NETWORK = frozenset(
    ["afs", "beegfs", "ceph", "cifs", "fuse.sshfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
     "panfs", "pvfs2", "smb3", "smbfs", "fuse.glusterfs", "orangefs", "wekafs"]
)  # fmt: skip


def index_path(workspace: Workspace) -> Path:
    """The file of the index.

    SQLite shares memory between processes, which does not work across machines: on a network file
    system, and in a workspace that cannot be written, the index is in the user's cache folder.
    """
    file_system = network_file_system(workspace.root)
    if file_system is not None:
        return cached_path(workspace, f"it is on a network file system ({file_system})")
    folder = workspace.index.parent
    place = folder if folder.exists() else workspace.root
    if not os.access(place, os.W_OK | os.X_OK):
        return cached_path(workspace, f"{place} cannot be written")
    return workspace.index


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str | None:
    """The kind of the network file system that holds a path; None for a local one."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # not Linux
        return None
    wanted = path.resolve()
    best, kind = -1, ""
    for line in lines:
        fields, _, tail = line.partition(" - ")
        parts = fields.split(" ")
        if len(parts) < 5 or not tail:
            continue
        mount = Path(parts[4].encode().decode("unicode_escape"))
        if wanted.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), tail.split(" ")[0]
    return kind if kind in _NETWORK else None


def cached_path(workspace: Workspace, reason: str) -> Path:
    """The file of the index in the user's cache folder; the reason goes to the log."""
    import platformdirs  # lazy: few workspaces need it

    root = str(workspace.root.resolve())
    name = hashlib.sha256(root.encode(errors="surrogateescape")).hexdigest()[:16]
    path = platformdirs.user_cache_path("experimaestro") / "index" / f"{name}.sqlite3"
    logger.info("the index of %s is in %s: %s", root, path, reason)
    return path

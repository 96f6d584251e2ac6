"""The examination of a workspace: every probe, in a folder of its own that goes afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from xpm_store import fs
from xpm_store.doctor import probes
from xpm_store.doctor.diagnosis import Diagnosis, Verdict
from xpm_store.errors import StorageError
from xpm_store.layout import Workspace

__all__ = ["PROBES", "examine"]

PROBES: Mapping[str, Callable[[Path], Diagnosis]] = {
    "file system": probes.probe_file_system,
    "space": probes.probe_space,
    "rename": probes.probe_rename,
    "append": probes.probe_append,
    "links": probes.probe_links,
    "names": probes.probe_names,
    "flock": probes.probe_flock,
    "inotify": probes.probe_notification,
    "flush": probes.probe_flush,
    "clock": probes.probe_clock,
}


def examine(workspace: Workspace) -> list[Diagnosis]:
    """Tries what a workspace needs of its file system, in a hidden folder of it.

    Nothing of the workspace itself is touched. Takes about a second on a local disk.

    Returns:
        One diagnosis per probe, in the order of `PROBES`; only one if nothing can be written.
    """
    scratch = workspace.root / f".xpm-doctor-{secrets.token_hex(4)}"
    try:
        fs.make_folder(scratch)
    except StorageError as error:
        advice = "a read-only workspace can be listed, nothing can run in it"
        return [Diagnosis("writing", Verdict.PROBLEM, str(error), advice)]
    try:
        return [_try(name, probe, scratch) for name, probe in PROBES.items()]
    finally:
        fs.remove_tree(scratch)


def _try(name: str, probe: Callable[[Path], Diagnosis], scratch: Path) -> Diagnosis:
    folder = scratch / name.replace(" ", "-")
    try:
        fs.make_folder(folder)
        return probe(folder)
    except (OSError, StorageError) as error:
        return Diagnosis(name, Verdict.PROBLEM, str(error), "the file system refuses what it needs")

"""What is beside runs and jobs, checked: energy records, partials, copies, old trash."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from xpm_store.atomic import read_json_object
from xpm_store.check.findings import Finding, Remedy, Severity
from xpm_store.check.lines import check_lines, finding_of
from xpm_store.errors import DamagedRecord
from xpm_store.holders import Holders, is_dead
from xpm_store.layout import CarbonFolder, Workspace, partial_holders

__all__ = ["check_rest"]

OLD_S = 24 * 3600.0
"""A copy that nobody went on with for a day was given up."""


def check_rest(workspace: Workspace) -> list[Finding]:
    """What is wrong beside runs and jobs; changes nothing."""
    return [
        *_check_marker(workspace),
        *_check_carbon(CarbonFolder(workspace.carbon)),
        *_check_partials(workspace),
        *_check_staging(workspace),
    ]


def _check_marker(workspace: Workspace) -> Iterator[Finding]:
    if not workspace.is_marked:
        yield Finding(
            Severity.DAMAGE,
            workspace.marker,
            "missing: commands refuse a folder without it (touch it, if this is a workspace)",
        )


def _check_carbon(folder: CarbonFolder) -> Iterator[Finding]:
    for _, path in folder.all_measures():
        yield from check_lines(path, is_live=False)
    try:
        read_json_object(folder.index)
    except DamagedRecord as problem:
        yield finding_of(problem, Remedy.REMOVE)


def _check_partials(workspace: Workspace) -> Iterator[Finding]:
    for path in sorted(workspace.partials.glob("*/*/*")):
        holders, problems = Holders(partial_holders(path)).all()
        for problem in problems:
            yield finding_of(problem, Remedy.REMOVE)
        for holder in holders:
            if is_dead(holder):
                yield Finding(
                    Severity.NOTE,
                    partial_holders(path).holder(holder.job),
                    f"held by {holder.job.task_id}/{holder.job.job_id}, which is dead",
                    Remedy.REAP,
                )


def _check_staging(workspace: Workspace) -> Iterator[Finding]:
    try:
        with os.scandir(workspace.staging) as entries:
            found = [(Path(entry.path), entry.stat().st_mtime) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return
    for path, changed_at in found:
        if time.time() - changed_at > OLD_S:
            problem = "a copy of an experiment that was not finished: copy it again, or give it up"
            yield Finding(Severity.NOTE, path, problem, Remedy.REMOVE)

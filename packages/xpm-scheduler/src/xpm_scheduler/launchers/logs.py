"""The logs of a job: one pair of files per start, and no start loses those of the one before."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_store.layout import JobFolder

__all__ = ["open_log", "rotate_logs"]

_STAMP = "%Y%m%d%H%M%S"


def rotate_logs(folder: JobFolder, now: float | None = None) -> list[Path]:
    """Put the logs of the last start aside, as `N.{YYYYmmddHHMMSS}.out|err`; empty ones stay.

    Concurrency: the caller holds `N.lock`.

    Args:
        folder: The job.
        now: The time for the names, in Unix seconds; when the name is taken, the next free second.

    Returns:
        The files put aside.
    """
    logs = [path for path in (folder.stdout, folder.stderr) if _has_content(path)]
    if not logs:
        return []
    moment = time.time() if now is None else now
    while True:
        stamp = time.strftime(_STAMP, time.localtime(moment))
        aside = [path.with_name(f"{folder.name}.{stamp}{path.suffix}") for path in logs]
        if not any(path.exists() for path in aside):
            break
        moment += 1
    for path, target in zip(logs, aside, strict=True):
        path.rename(target)
    return aside


def open_log(path: Path) -> int:
    """Open an empty log to append to, and return its descriptor (not inherited by default)."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
    return os.open(path, flags, 0o666)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False

"""Watches experiments while they run.

`RunFeed` reads where a run stands, `RunView` is what it reads, `RunProgress` shows it in a
terminal. Each is imported on first use: rich is loaded only by what draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_monitor.console import RunProgress
    from xpm_monitor.model import FailedJob, RunFeed, RunningJob, RunView

__all__ = ["FailedJob", "RunFeed", "RunProgress", "RunView", "RunningJob"]

_HOMES = {
    "FailedJob": "xpm_monitor.model",
    "RunFeed": "xpm_monitor.model",
    "RunProgress": "xpm_monitor.console",
    "RunView": "xpm_monitor.model",
    "RunningJob": "xpm_monitor.model",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'xpm_monitor' has no attribute {name!r}")
    from importlib import import_module  # lazy: only who asks for a name pays for it

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""When a job will be stopped: said by its launcher, asked by its task."""

from __future__ import annotations

import os
import time

__all__ = ["DEADLINE_VARIABLE", "seconds_left"]

DEADLINE_VARIABLE = "XPM_DEADLINE"
"""The variable that launchers with a time limit set in their jobs: the end, in Unix seconds."""


def seconds_left() -> float | None:
    """Return the seconds before this process is stopped, never below 0; None if nobody said."""
    try:
        deadline = float(os.environ[DEADLINE_VARIABLE])
    except (KeyError, ValueError):
        return None
    return max(0.0, deadline - time.time())

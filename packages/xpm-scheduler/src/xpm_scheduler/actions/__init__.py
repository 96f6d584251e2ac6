"""Actions: what a user does with a run after it, in a process of its own."""

from __future__ import annotations

from xpm_scheduler.actions.run import find_action, run_action

__all__ = ["find_action", "run_action"]

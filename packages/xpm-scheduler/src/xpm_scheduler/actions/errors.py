"""What can go wrong with actions.

::

    SchedulerError
    └── ActionError
        ├── NoSuchAction   no action of the run, or several, answer to a text: `text`, `candidates`
        └── ActionFailed   an action raised, or its process died: `details`
"""

from __future__ import annotations

from collections.abc import Sequence

from xpm_scheduler.errors import SchedulerError

__all__ = ["ActionError", "ActionFailed", "NoSuchAction"]


class ActionError(SchedulerError):
    """Anything about actions."""


class NoSuchAction(ActionError, LookupError):
    """No action of the run answers to what was asked, or several do.

    Attributes:
        text: What was asked for.
        candidates: `identifier  description` of those that there are, or that it may be.
    """

    def __init__(self, text: str, problem: str, candidates: Sequence[str]) -> None:
        self.text = text
        self.candidates = tuple(candidates)
        listed = "".join(f"\n  {candidate}" for candidate in candidates)
        super().__init__(f"{problem}{f'; there are:{listed}' if listed else ''}")


class ActionFailed(ActionError):
    """An action raised an exception, or its process died.

    Attributes:
        details: The traceback, from the user's first frame on; empty without exception.
    """

    def __init__(self, what: str, problem: str, details: str = "") -> None:
        self.details = details
        super().__init__(f"the action {what} failed: {problem}")

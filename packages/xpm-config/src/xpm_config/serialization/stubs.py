"""What stands for a task that was not loaded."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TaskStub"]


@dataclass(frozen=True, slots=True)
class TaskStub:
    """Stands for a task that was not loaded: only what it produced was asked for.

    Attributes:
        identifier: The 64 hexadecimal digits of the task's identifier.
        typename: `module.qualname` of its class.
    """

    identifier: str
    typename: str

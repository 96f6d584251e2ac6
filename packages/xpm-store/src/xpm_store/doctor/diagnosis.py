"""What an examination says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Diagnosis", "Verdict"]


class Verdict(Enum):
    """How it is."""

    FINE = "fine"
    WARNING = "warning"
    """It works, with something that one should know."""

    PROBLEM = "problem"
    """What a workspace relies on does not hold: results may be lost, or computed twice."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer of one probe.

    Attributes:
        name: What was tried: `rename`, `flock`…
        found: What came out, in one line, with figures.
        advice: What to do about it; empty when all is fine.
    """

    name: str
    verdict: Verdict
    found: str
    advice: str = ""

    def __str__(self) -> str:
        """For people: one line."""
        line = f"{self.name}: {self.verdict.value}, {self.found}"
        return f"{line}; {self.advice}" if self.advice else line

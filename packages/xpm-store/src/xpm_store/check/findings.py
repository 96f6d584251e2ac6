"""What a check finds, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

__all__ = ["Finding", "Remedy", "Repaired", "Severity"]


class Severity(Enum):
    """How much a finding matters."""

    NOTE = "note"
    """Nothing is lost or wrong; something could be tidied up."""

    DAMAGE = "damage"
    """A file does not say what it should: something was lost, or is told wrong."""


class Remedy(Enum):
    """What `repair` does about a finding; what it removes goes to the trash."""

    CLOSE_RUN = "write the record of the run from its other files"
    LINK_CURRENT = "let `current` lead to the latest run"
    KEEP_GOOD_LINES = "keep the lines that can be read; the file as it was goes to the trash"
    REMOVE = "move it to the trash"
    MARK_FAILED = "mark the job as failed: its process is gone"
    REMOVE_PID = "remove the process file: its process is gone"
    REAP = "take back what the dead job holds"
    REBUILD_INDEX = "make the index anew"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes:
        path: The file or folder.
        problem: What is wrong with it, in one line.
        remedy: What `repair` would do; None when a person must look at it.
        offset: Where in the file, in bytes.
    """

    severity: Severity
    path: Path
    problem: str
    remedy: Remedy | None = None
    offset: int | None = None

    def __str__(self) -> str:
        """For people: one line."""
        where = str(self.path) if self.offset is None else f"{self.path}, byte {self.offset}"
        return f"{where}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of a finding.

    Attributes:
        done: What was done, in one line; None when nothing was.
        obstacle: Why nothing was done.
        trash: The entry of the trash that holds what was removed.
    """

    finding: Finding
    done: str | None = None
    obstacle: str | None = None
    trash: str | None = None

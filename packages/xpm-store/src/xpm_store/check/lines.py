"""Files of lines, checked."""

from __future__ import annotations

from pathlib import Path

from xpm_store.atomic import read_lines
from xpm_store.check.findings import Finding, Remedy, Severity
from xpm_store.errors import DamagedRecord, StorageError

__all__ = ["check_lines", "finding_of", "is_temporary"]


def check_lines(path: Path, *, is_live: bool) -> list[Finding]:
    """The lines of a file that are no JSON objects; a torn tail is one unless it is being written.

    Complexity: the file is read whole; one finding per file.
    """
    try:
        read = read_lines(path)
        size_bytes = path.stat().st_size if path.exists() else 0
    except (StorageError, OSError) as error:
        return [Finding(Severity.DAMAGE, path, str(error))]
    problems = list(read.problems)
    if problems and size_bytes > read.next_offset and is_live:
        problems.pop()
    if not problems:
        return []
    first = problems[0]
    more = f" (and {len(problems) - 1} more like it)" if len(problems) > 1 else ""
    remedy = None if is_live else Remedy.KEEP_GOOD_LINES
    return [Finding(Severity.DAMAGE, path, f"{first.problem}{more}", remedy, first.offset)]


def finding_of(problem: DamagedRecord | StorageError, remedy: Remedy | None = None) -> Finding:
    """A file that could not be understood, or not read: then nothing is done about it."""
    if isinstance(problem, StorageError):
        return Finding(Severity.DAMAGE, Path(problem.path), str(problem))
    return Finding(Severity.DAMAGE, Path(problem.path), problem.problem, remedy, problem.offset)


def is_temporary(name: str) -> bool:
    """Whether a name is that of a file that is being written beside another (`atomic`)."""
    return name.startswith(".") and name.endswith(".tmp")

"""What can go wrong with a workspace: the tree of errors of this wheel.

::

    HandledException (xpm_config)
    └── StoreError            anything this wheel reports
        ├── StorageError      the file system refused: `operation`, `path`, `errno`
        ├── DamagedRecord     a file that a person must look at: `path`, `offset`
        ├── FilterError       a filter cannot be read: `text`, `column`
        ├── SettingsError     `settings.yaml` is wrong: `mistakes`, each with file and line
        ├── NoWorkspace       the workspace asked for does not exist: `workspace`
        ├── OldWorkspace      it must be migrated first: `path`
        ├── NewerWorkspace    a later version wrote it: `path`, `version`
        ├── NoSuchExperiment  no experiment (or run) of that name: `name`, `close`
        ├── NoSuchJob         no job answers to that text: `text`
        ├── AmbiguousJob      several jobs do: `text`, `candidates`
        ├── NotRestored       the trash cannot give that back: `entry_id`
        ├── IndexUnavailable  no place can hold the index: `path`
        ├── NotEnoughUnits    a job asks for more of a token than there is: `token`
        ├── LockTimeout       a lock was still held when the time was up: `path`, `owner`
        └── RunExists         no free name was found for a run: `path`
"""

from __future__ import annotations

import errno as errnos
from typing import TYPE_CHECKING

from xpm_config.errors import HandledException

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xpm_store.locks import Owner

__all__ = [
    "AmbiguousJob",
    "DamagedRecord",
    "FilterError",
    "IndexUnavailable",
    "LockTimeout",
    "NewerWorkspace",
    "NoSuchExperiment",
    "NoSuchJob",
    "NoWorkspace",
    "NotEnoughUnits",
    "NotRestored",
    "OldWorkspace",
    "RunExists",
    "SettingsError",
    "StorageError",
    "StoreError",
]

_ADVICE = {
    errnos.ENOSPC: "free some space, then start again: what was written before is intact",
    errnos.EDQUOT: "your quota is used up: free some space, then start again",
    errnos.EROFS: "the file system is mounted read-only: the workspace can be listed, not written",
    errnos.EACCES: "check the owner and the mode of the file and of the folders above it",
    errnos.EPERM: "check the owner and the mode of the file and of the folders above it",
    errnos.EIO: "the disk or the file server reports a fault: check it (dmesg, df) before going on",
    errnos.ESTALE: "the file server lost the file: check the mount, then start again",
}


class StoreError(HandledException):
    """Anything that this wheel reports; its message is meant to be shown alone, in one line."""


class StorageError(StoreError):
    """The file system refused an operation; nothing acknowledged before is lost.

    Attributes:
        operation: What was asked of the file system (`write`, `fsync`, `rename`…).
        path: The file or folder it was asked for.
        errno: The error number of the system.
    """

    def __init__(self, operation: str, path: str | Path, cause: OSError) -> None:
        self.operation = operation
        self.path = str(path)
        self.errno = cause.errno
        code = errnos.errorcode.get(cause.errno or 0, "unknown")
        advice = _ADVICE.get(cause.errno or 0)
        message = f"cannot {operation} {self.path}: {cause.strerror or cause} ({code})"
        super().__init__(f"{message}; {advice}" if advice else message)


class DamagedRecord(StoreError):
    """A file holds something else than what its format says.

    Attributes:
        path: The file.
        offset: Where in it, in bytes; None for the whole file.
    """

    def __init__(self, path: str | Path, problem: str, offset: int | None = None) -> None:
        self.path = str(path)
        self.problem = problem
        self.offset = offset
        where = self.path if offset is None else f"{self.path}, byte {offset}"
        super().__init__(f"{where}: {problem}")


class FilterError(StoreError):
    """A filter cannot be read.

    Attributes:
        text: The filter.
        column: Where the mistake is, from 1.
        problem: What is wrong there, in one line.
    """

    def __init__(self, text: str, offset: int, problem: str) -> None:
        self.text = text
        self.column = offset + 1
        self.problem = problem
        line, caret = text.replace("\n", " ").replace("\t", " "), " " * offset + "^"
        super().__init__(f"filter, column {self.column}: {problem}\n  {line}\n  {caret}")


class SettingsError(StoreError):
    """`settings.yaml` cannot be used; all its mistakes are told at once.

    Attributes:
        mistakes: One line each, `file:line: what is wrong, and what to write`.
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class NoWorkspace(StoreError):
    """The settings name no workspace of that name."""

    def __init__(self, workspace: str, known: Sequence[str], close: str | None) -> None:
        self.workspace = workspace
        proposal = f', did you mean "{close}"?' if close else ";"
        listed = ", ".join(known) if known else "none"
        super().__init__(
            f'the settings have no workspace "{workspace}"{proposal} They name: {listed}'
        )


class OldWorkspace(StoreError):
    """A workspace of experimaestro 1: it can be listed, nothing can run in it.

    Attributes:
        path: The workspace.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        super().__init__(
            f"{self.path} is a workspace of experimaestro 1, which knows of no runs: migrate it "
            f"first (its jobs stay where they are):  experimaestro migrate v1-to-v2 {self.path}"
        )


class NewerWorkspace(StoreError):
    """A later version of experimaestro wrote the workspace: what this one does might harm it.

    Attributes:
        path: The workspace.
        version: The version of its layout.
    """

    def __init__(self, path: str | Path, version: int, known: int) -> None:
        self.path, self.version = str(path), version
        super().__init__(
            f"{self.path} is a workspace of version {version}, this program knows those up to "
            f"{known}: upgrade it (pip install --upgrade experimaestro), or use another workspace"
        )


class NoSuchExperiment(StoreError):
    """The workspace has no experiment, or no run, of that name.

    Attributes:
        name: What was asked for.
        close: The name that was probably meant.
    """

    def __init__(self, what: str, name: str, known: Sequence[str], close: str | None) -> None:
        self.name = name
        self.close = close
        proposal = f', did you mean "{close}"?' if close else "."
        listed = f" There are: {', '.join(known)}" if known else " There is none yet"
        super().__init__(f'no {what} is named "{name}"{proposal}{listed}')


class NoSuchJob(StoreError):
    """No job of the workspace answers to what was asked."""

    def __init__(self, text: str, advice: str) -> None:
        self.text = text
        super().__init__(f'no job answers to "{text}"; {advice}')


class AmbiguousJob(StoreError):
    """Several jobs answer to what was asked.

    Attributes:
        candidates: `task/identifier` of the first of them.
    """

    def __init__(self, text: str, candidates: Sequence[str], *, more: bool) -> None:
        self.text = text
        self.candidates = tuple(candidates)
        listed = "".join(f"\n  {candidate}" for candidate in candidates)
        tail = "\n  …" if more else ""
        super().__init__(
            f'"{text}" may be one of several jobs, give more of its name:{listed}{tail}'
        )


class NotRestored(StoreError):
    """What was removed cannot be put back; the trash is as before."""

    def __init__(self, entry_id: str, problem: str) -> None:
        self.entry_id = entry_id
        super().__init__(f"cannot restore {entry_id}: {problem}")


class IndexUnavailable(StoreError):
    """The index can be kept neither in the workspace nor in the user's cache folder."""

    def __init__(self, path: str | Path, cause: Exception) -> None:
        self.path = str(path)
        super().__init__(
            f"cannot keep an index in {path}: {cause}; make that folder writable, "
            "or set XDG_CACHE_HOME to one that is"
        )


class NotEnoughUnits(StoreError):
    """A job asks for more units of a token than the token has: it would wait for ever.

    Attributes:
        token: The name of the token.
        asked: How many units were asked for.
        total: How many there are.
    """

    def __init__(self, token: str, asked: int, total: int) -> None:
        self.token, self.asked, self.total = token, asked, total
        super().__init__(
            f'{asked} units of the token "{token}" asked for, it has {total} in all: ask for '
            "fewer, or create the token with more"
        )


class LockTimeout(StoreError):
    """A lock was still held by someone else when the time was up.

    Attributes:
        path: The lock file.
        owner: Who holds it, when its holder said so.
    """

    def __init__(self, path: str | Path, timeout_s: float, owner: Owner | None) -> None:
        self.path = str(path)
        self.owner = owner
        holder = f"held by {owner}" if owner else "held by another process (it left no name)"
        super().__init__(f"{self.path} is still locked after {timeout_s:g} s: {holder}")


class RunExists(StoreError):
    """No free name was found for a run of an experiment."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        super().__init__(
            f"cannot name a run: {self.path} and all its numbered variants exist already; "
            "is the clock of this machine stopped?"
        )

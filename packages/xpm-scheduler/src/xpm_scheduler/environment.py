"""Where and with what a run is made: Python, packages, the state of the projects in git.

No variable of the environment and no argument of the command line is recorded: they may hold
secrets.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import unquote, urlparse

from xpm_scheduler.errors import DirtyGitError

__all__ = [
    "DirtyGitAction",
    "calling_project",
    "capture_environment",
    "check_git",
    "git_information",
]

logger = logging.getLogger("xpm.environment")

_GIT_TIMEOUT_S = 20
_OUR_MODULES = frozenset({"xpm_scheduler", "xpm_config", "xpm_cli", "experimaestro"})


class DirtyGitAction(StrEnum):
    """What to do when a project has changes that are not committed."""

    IGNORE = "ignore"
    WARN = "warn"
    ERROR = "error"

    @classmethod
    def read(cls, value: DirtyGitAction | str) -> DirtyGitAction:
        """The action of that name.

        Raises:
            ValueError: There is none; the message gives the names.
        """
        try:
            return cls(value.lower() if isinstance(value, str) else value)
        except ValueError:
            names = ", ".join(repr(action.value) for action in cls)
            raise ValueError(f"dirty_git is {value!r}; expected one of {names}") from None


def capture_environment(projects: Iterable[Path]) -> dict[str, Any]:
    """The content of `environment.json`, without its `run` part.

    Args:
        projects: Folders of the user's projects.
    """
    packages, editable = _packages()
    git = _GitByRoot()
    found = [information for path in projects if (information := git.information(path))]
    return {
        "python_version": platform.python_version(),
        "packages": dict(packages),
        "editable_packages": {
            name: {"version": version, "path": str(path), "git": git.information(path)}
            for name, version, path in editable
        },
        "projects": found,
    }


def check_git(environment: dict[str, Any], action: DirtyGitAction) -> None:
    """Warns about, or refuses, projects with changes that are not committed.

    Raises:
        DirtyGitError: The action is `ERROR`, and a project is dirty.
    """
    dirty = [Path(one["path"]) for one in environment.get("projects", ()) if one.get("dirty")]
    if not dirty or action is DirtyGitAction.IGNORE:
        return
    if action is DirtyGitAction.ERROR:
        raise DirtyGitError(dirty)
    for path in dirty:
        logger.warning(
            "changes are not committed in %s: this run cannot be traced to a commit", path
        )


def calling_project() -> list[Path]:
    """The folder of the user's file that is being executed; the working folder in a notebook."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in _OUR_MODULES:
            path = Path(frame.f_code.co_filename)
            return [path.parent.absolute() if path.is_file() else Path.cwd()]
        frame = frame.f_back
    return []


class _GitByRoot:
    """Asks once per repository: several packages may be developed in one."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any] | None] = {}

    def information(self, path: Path) -> dict[str, Any] | None:
        root = _git(path, "rev-parse", "--show-toplevel")
        if root is None:
            return None
        if root not in self._known:
            self._known[root] = git_information(Path(root.rstrip("\n")))
        return self._known[root]


def git_information(path: Path) -> dict[str, Any] | None:
    """The commit that a repository is at; None when git or the repository is missing.

    Untracked files count as changes.
    """
    status = _git(path, "status", "--porcelain=v2", "--branch")
    if status is None:
        return None
    headers = dict(
        line[2:].split(" ", 1) for line in status.splitlines() if line.startswith("# branch.")
    )
    commit = headers.get("branch.oid", "")
    branch = headers.get("branch.head")
    changes = any(line and not line.startswith("#") for line in status.splitlines())
    log = None if commit == "(initial)" else _git(path, "log", "-1", "--format=%s%x00%an%x00%aI")
    message, author, date = log.rstrip("\n").split("\0") if log else (None, None, None)
    return {
        "path": str(path),
        "commit": None if commit == "(initial)" else commit,
        "commit_short": None if commit == "(initial)" else commit[:7],
        "branch": None if branch == "(detached)" else branch,
        "dirty": changes,
        "message": message,
        "author": author,
        "date": date,
    }


def _git(path: Path, *arguments: str) -> str | None:
    """The output of a git command in a folder; None when it fails, whatever the reason."""
    # No lock is taken, no question is asked: a run must not disturb the user's own git.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "-C", str(path), *arguments],
            capture_output=True,
            env=environment,
            timeout=_GIT_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


@lru_cache(maxsize=1)
def _packages() -> tuple[tuple[tuple[str, str], ...], Sequence[tuple[str, str, Path]]]:
    """Names and versions of the installed packages, and those installed from a folder of sources.

    Read once per process: it takes a tenth of a second in a large environment.
    """
    packages: dict[str, str] = {}
    editable: list[tuple[str, str, Path]] = []
    for distribution in metadata.distributions():
        # a package that is being installed, or that is broken, may have no name
        name = distribution.metadata["Name"]
        if not name or name in packages:
            continue
        packages[name] = distribution.version
        path = _editable_path(distribution)
        if path is not None:
            editable.append((name, distribution.version, path))
    return tuple(sorted(packages.items())), tuple(sorted(editable))


def _editable_path(distribution: metadata.Distribution) -> Path | None:
    text = distribution.read_text("direct_url.json")
    if not text:
        return None
    try:
        origin = json.loads(text)
    except ValueError:
        return None
    if not origin.get("dir_info", {}).get("editable"):
        return None
    url = urlparse(str(origin.get("url", "")))
    return Path(unquote(url.path)) if url.scheme == "file" else None

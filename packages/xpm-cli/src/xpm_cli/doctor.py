"""What may keep experiments from running well here: looked at one thing at a time."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_config.errors import HandledException

if TYPE_CHECKING:
    from xpm_store.settings import WorkspaceSettings

WHEELS = ("experimaestro", "xpm-config", "xpm-store", "xpm-scheduler", "xpm-monitor", "xpm-cli")
LITTLE_SPACE_BYTES = 1 << 30


class Verdict(Enum):
    """What was found of one thing."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        subject: What.
        found: What is there, in one line.
        advice: What to do about it; empty when all is well.
    """

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""


def diagnose(workspace: Callable[[], WorkspaceSettings]) -> Iterator[Diagnosis]:
    """Look at the interpreter, the wheels, the settings, the workspace and the programs.

    Args:
        workspace: Finds the workspace; what it raises is told as a problem of the settings.
    """
    yield Diagnosis(
        "python", Verdict.OK, f"{sys.version.split()[0]}, {sys.executable}, {sys.platform}"
    )
    yield _wheels()
    yield from _optional()
    yield _git()
    yield _cores()
    try:
        settings = workspace()
    except HandledException as error:
        yield Diagnosis("settings", Verdict.PROBLEM, str(error).splitlines()[0], "mend them")
        return
    yield from _workspace(settings)


def _wheels() -> Diagnosis:
    from importlib.metadata import PackageNotFoundError, version  # lazy: `--help` needs it not

    found = {}
    for name in WHEELS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    text = ", ".join(f"{name} {number}" for name, number in found.items())
    return Diagnosis("wheels", Verdict.OK, text)


def _optional() -> Iterator[Diagnosis]:
    from importlib.util import find_spec  # lazy

    for name, use in (("pyarrow", "results --parquet"), ("pandas", "results() as a data frame")):
        if find_spec(name) is None:
            yield Diagnosis(name, Verdict.OK, f"not installed; it is for {use}")
        else:
            yield Diagnosis(name, Verdict.OK, "installed")


def _git() -> Diagnosis:
    path = shutil.which("git")
    if path is None:
        return Diagnosis(
            "git", Verdict.WARNING, "not found", "install it: runs record the commit of the code"
        )
    return Diagnosis("git", Verdict.OK, path)


def _cores() -> Diagnosis:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Diagnosis("cores", Verdict.OK, f"{usable}: no more jobs run at once by default")


def _workspace(settings: WorkspaceSettings) -> Iterator[Diagnosis]:
    from xpm_store.layout import Workspace  # lazy

    name = settings.id or "workspace"
    if settings.is_remote:
        yield Diagnosis(name, Verdict.OK, f"on another machine: {settings.path}")
        return
    root = settings.path
    if settings.is_default:
        yield Diagnosis("settings", Verdict.OK, f"no workspace is configured: {root} is used", "")
    if not root.exists():
        yield Diagnosis(name, Verdict.OK, f"{root} does not exist yet: a first run makes it")
        return
    if not Workspace(root).is_marked:
        yield Diagnosis(name, Verdict.PROBLEM, f"{root} is no workspace", "run an experiment in it")
        return
    yield _writable(name, root)
    yield _locks(name, root)
    yield _space(name, root)
    yield _index(name, Workspace(root))


def _writable(name: str, root: Path) -> Diagnosis:
    if os.access(root, os.W_OK | os.X_OK):
        return Diagnosis(name, Verdict.OK, f"{root} can be written")
    return Diagnosis(
        name, Verdict.PROBLEM, f"{root} cannot be written", "change its owner or its rights"
    )


def _locks(name: str, root: Path) -> Diagnosis:
    """Whether two openings of a file exclude each other: not so on some network file systems."""
    import fcntl  # lazy, and absent on some platforms

    try:
        with tempfile.TemporaryDirectory(dir=root, prefix=".doctor-") as folder:
            path = Path(folder) / "lock"
            with path.open("w") as first, path.open("w") as second:
                fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
                try:
                    fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    return Diagnosis(name, Verdict.OK, "its file system keeps locks")
    except OSError as error:
        return Diagnosis(name, Verdict.WARNING, f"locks cannot be tried: {error.strerror}")
    return Diagnosis(
        name,
        Verdict.PROBLEM,
        "its file system does not keep locks: two schedulers could run one job twice",
        "use a file system with flock",
    )


def _space(name: str, root: Path) -> Diagnosis:
    from xpm_cli.disk_usage import size_text  # lazy

    free = shutil.disk_usage(root).free
    found = f"{size_text(free)} free on its disk"
    if free < LITTLE_SPACE_BYTES:
        return Diagnosis(name, Verdict.WARNING, found, "experimaestro cleanup shows what can go")
    return Diagnosis(name, Verdict.OK, found)


def _index(name: str, workspace: object) -> Diagnosis:
    from xpm_store.errors import StoreError  # lazy
    from xpm_store.index import Index
    from xpm_store.layout import Workspace

    assert isinstance(workspace, Workspace)
    try:
        with Index.open(workspace) as index:
            report = index.sync()
            jobs = sum(index.counts().values())
    except StoreError as error:
        return Diagnosis(name, Verdict.PROBLEM, str(error), "delete the index: it is made anew")
    if report.problems:
        found = f"{jobs} jobs; {len(report.problems)} files are damaged"
        return Diagnosis(name, Verdict.WARNING, found, "experimaestro check shows them")
    return Diagnosis(name, Verdict.OK, f"{jobs} jobs, its index is in date")

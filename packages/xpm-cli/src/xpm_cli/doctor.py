"""What may keep experiments from running well here: looked at one thing at a time."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from xpm_config.errors import HandledException
from xpm_store.doctor import Diagnosis, Verdict, examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpm_store.layout import Workspace
    from xpm_store.settings import WorkspaceSettings

WHEELS = ("experimaestro", "xpm-config", "xpm-store", "xpm-scheduler", "xpm-monitor", "xpm-cli")


def diagnose(workspace: Callable[[], WorkspaceSettings]) -> Iterator[Diagnosis]:
    """Look at the interpreter, the wheels, the settings, the workspace and the programs.

    Args:
        workspace: Finds the workspace; what it raises is told as a problem of the settings.
    """
    yield Diagnosis(
        "python", Verdict.FINE, f"{sys.version.split()[0]}, {sys.executable}, {sys.platform}"
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
    return Diagnosis("wheels", Verdict.FINE, text)


def _optional() -> Iterator[Diagnosis]:
    from importlib.util import find_spec  # lazy

    for name, use in (("pyarrow", "results --parquet"), ("pandas", "results() as a data frame")):
        if find_spec(name) is None:
            yield Diagnosis(name, Verdict.FINE, f"not installed; it is for {use}")
        else:
            yield Diagnosis(name, Verdict.FINE, "installed")


def _git() -> Diagnosis:
    path = shutil.which("git")
    if path is None:
        return Diagnosis(
            "git", Verdict.WARNING, "not found", "install it: runs record the commit of the code"
        )
    return Diagnosis("git", Verdict.FINE, path)


def _cores() -> Diagnosis:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Diagnosis("cores", Verdict.FINE, f"{usable}: no more jobs run at once by default")


def _workspace(settings: WorkspaceSettings) -> Iterator[Diagnosis]:
    from xpm_store.layout import Workspace  # lazy

    name = settings.id or "workspace"
    if settings.is_remote:
        yield Diagnosis(name, Verdict.FINE, f"on another machine: {settings.path}")
        return
    root = settings.path
    if settings.is_default:
        yield Diagnosis("settings", Verdict.FINE, f"no workspace is configured: {root} is used")
    workspace = Workspace(root)
    if not root.exists():
        yield Diagnosis(name, Verdict.FINE, f"{root} does not exist yet: a first run makes it")
    elif not workspace.is_marked:
        found = f"{root} is no workspace: it has no file {workspace.marker.name}"
        yield Diagnosis(name, Verdict.PROBLEM, found, "run an experiment in it, or name another")
    else:
        yield Diagnosis(name, Verdict.FINE, str(root))
        yield from examine(workspace)
        yield _index(workspace)


def _index(workspace: Workspace) -> Diagnosis:
    from xpm_store.errors import StoreError  # lazy
    from xpm_store.index import Index

    try:
        with Index.open(workspace) as index:
            report = index.sync()
            jobs = sum(index.counts().values())
    except StoreError as error:
        return Diagnosis("index", Verdict.PROBLEM, str(error), "delete it: it is made anew")
    if report.problems:
        found = f"{jobs} jobs; {len(report.problems)} files are damaged"
        return Diagnosis("index", Verdict.WARNING, found, "experimaestro check shows them")
    return Diagnosis("index", Verdict.FINE, f"{jobs} jobs, in date")

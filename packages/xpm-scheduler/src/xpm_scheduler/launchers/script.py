"""The script of a job, `N.py`: what starts it, for the scheduler and by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_store.layout import JobFolder

__all__ = ["absolute_folders", "interpreter_command", "search_path", "write_script"]

# The limit of older Linux kernels, "#!" and the option included; macOS allows 512
_LONGEST_SHEBANG = 127

_TEMPLATE = """\
{shebang}
# The job {job_id} of the task {task_id}.
# Anyone may run it again by hand; it does nothing when the job is running or done.

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
PYTHON_PATH = [{python_path}]
ENVIRONMENT = {{{environment}}}

if not sys.flags.safe_path:  # by hand: a task called Random would hide a standard module
    del sys.path[0]
sys.path[:] = PYTHON_PATH + [p for p in sys.path if p not in PYTHON_PATH]
os.environ.update(ENVIRONMENT)

if __name__ == "__main__":
    from xpm_scheduler.worker import run_job

    sys.exit(run_job(FOLDER))
"""


def write_script(
    folder: JobFolder, environment: Mapping[str, str], python_path: Sequence[Path | str]
) -> None:
    """Write the script of a job, executable by those who may read it.

    It sets the variables and the module search path itself, so that it does the same by hand; what
    it runs takes the lock of the job first, so that it never runs beside the job.

    Args:
        folder: The job.
        environment: The variables to set.
        python_path: The folders to search first.
    """
    text = _TEMPLATE.format(
        shebang=_shebang(sys.executable),
        job_id=folder.job_id,
        task_id=folder.task_id,
        python_path=_lines([repr(os.fspath(path)) for path in python_path]),
        environment=_lines([f"{key!r}: {environment[key]!r}" for key in sorted(environment)]),
    )
    descriptor = os.open(folder.script, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o777)
    with os.fdopen(descriptor, "w", encoding="utf-8") as script:
        script.write(text)


def interpreter_command(folder: JobFolder) -> list[str]:
    """Return the command that runs the script with the interpreter of the scheduler.

    `-P` keeps the folder of the script out of the search path from the first import on.
    """
    return [sys.executable, "-P", str(folder.script)]


def search_path(python_path: Sequence[Path], pythonpath: str | None) -> list[str]:
    """Return the absolute folders that a job searches first.

    Args:
        python_path: What the experiment asks for.
        pythonpath: The variable `PYTHONPATH` of the scheduler: its relative entries are meant from
            where the scheduler was started, not from the folder of the job.
    """
    entries = [*map(str, python_path), *(pythonpath or "").split(os.pathsep)]
    return list(dict.fromkeys(absolute_folders(entries)))


def absolute_folders(entries: Iterable[str]) -> list[str]:
    """Return the entries of a search path as they are meant from here; links are kept."""
    return [os.path.abspath(entry) for entry in entries if entry]  # noqa: PTH100


def _shebang(interpreter: str) -> str:
    line = f"#!{interpreter} -P"
    if len(line) <= _LONGEST_SHEBANG and not any(c.isspace() for c in interpreter):
        return line
    # Two programs in one: the shell runs the second line, for Python it is a string
    quoted = "'" + interpreter.replace("'", "'\"'\"'") + "'"
    return f"#!/bin/sh\n'''exec' {quoted} -P \"$0\" \"$@\"\n' '''"


def _lines(items: list[str]) -> str:
    return "".join(f"\n    {item}," for item in items) + ("\n" if items else "")

"""What the command line says when something goes wrong: one clear message and an exit code.

    xpm_config.errors.HandledException      to be shown in one message, without a traceback
    └── CliError                            exit code 1
        ├── NotFound                        an experiment, a run, a job, a file
        ├── WorkspaceUnusable               no marker, not a folder, not readable
        ├── UserCodeError                   the user's own module or function raised
        └── BadInput                        exit code 2
            └── ExperimentFileError         every mistake of a YAML file, with its line

Exit codes: 0 all went well; 1 not found, or a job failed, or the user's code raised; 2 the command
line or a file given to it is wrong; 130 Ctrl+C.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import NamedTuple

from xpm_config.errors import HandledException

FAILURE = 1
USAGE = 2
INTERRUPTED = 130


class CliError(HandledException):
    """Base of what the command line itself reports."""

    exit_code = FAILURE


class NotFound(CliError):
    """What was asked for does not exist."""


class WorkspaceUnusable(CliError):
    """The folder is no workspace, or cannot be used as one."""


class BadInput(CliError):
    """The command line, or a file that it names, is wrong."""

    exit_code = USAGE


class Frame(NamedTuple):
    """One line of the user's code in a traceback."""

    file: str
    line: int
    function: str
    code: str


class UserCodeError(CliError):
    """The user's own code raised: its frames come first, ours are left out.

    Args:
        doing: What was being done, e.g. "importing the experiment module experiment.py".
        cause: The exception that the user's code let through.
    """

    def __init__(self, doing: str, cause: BaseException) -> None:
        self.doing = doing
        self.cause = cause
        self.frames = user_frames(cause)
        super().__init__(self.render())

    def render(self) -> str:
        """The message: what was raised, where in the user's code, innermost frame first."""
        kind = type(self.cause).__name__
        text = str(self.cause).strip() or "(no message)"
        lines = [f"{self.doing}: {kind}: {text}"]
        if isinstance(self.cause, SyntaxError) and self.cause.filename:
            lines = [f"{self.doing}: {kind}: {self.cause.msg}"]
            lines += _syntax_error_lines(self.cause)
        for frame in reversed(self.frames):
            lines.append(f"  {frame.file}:{frame.line}, in {frame.function}")
            if frame.code:
                lines.append(f"    {frame.code}")
        lines.append("The whole traceback: experimaestro --traceback ...")
        return "\n".join(lines)


def _syntax_error_lines(error: SyntaxError) -> list[str]:
    lines = [f"  {error.filename}:{error.lineno}"]
    if error.text:
        code = error.text.rstrip("\n")
        indent = len(code) - len(code.lstrip())
        lines.append(f"    {code.strip()}")
        if error.offset:
            lines.append("    " + " " * max(0, error.offset - 1 - indent) + "^")
    return lines


# Frames that say nothing to the user: our wheels, the import system, what pip installed.
_OUR_PACKAGES = ("xpm_cli", "xpm_config", "xpm_store", "xpm_scheduler", "xpm_monitor")


def user_frames(error: BaseException) -> list[Frame]:
    """The frames of the user's own files in the traceback of an error, outermost first.

    When the traceback holds none (an error raised before any of their lines ran), the list is
    empty. Our own frames, the interpreter's and those of installed packages are left out.
    """
    return [
        Frame(entry.filename, entry.lineno or 0, entry.name, (entry.line or "").strip())
        for entry in traceback.extract_tb(error.__traceback__)
        if _is_user_file(entry.filename)
    ]


def _is_user_file(filename: str) -> bool:
    if filename.startswith("<"):
        return False
    path = Path(filename)
    if path.is_relative_to(sys.prefix) or path.is_relative_to(sys.base_prefix):
        return False
    ours = (sys.modules.get(name) for name in (*_OUR_PACKAGES, "experimaestro"))
    folders = [Path(module.__file__).parent for module in ours if module and module.__file__]
    return not any(path.is_relative_to(folder) for folder in folders)


# Errors of the other wheels that tell of a mistake in what was typed. By name: importing their
# modules to compare classes would load the store to say that an option is wrong.
_USAGE_ERRORS = ("FilterError", "SettingsError", "NoWorkspace")


class Explanation(NamedTuple):
    """What is printed on standard error, and the exit code."""

    text: str
    exit_code: int


def explain(error: BaseException) -> Explanation:
    """One message and one exit code for any exception that a command let through.

    An exception of a kind that nobody expected is our mistake: the message says so, and how to
    get the traceback.
    """
    if isinstance(error, HandledException):
        code = USAGE if type(error).__name__ in _USAGE_ERRORS else FAILURE
        return Explanation(str(error), getattr(error, "exit_code", code))
    if isinstance(error, OSError) and error.filename is not None:
        return Explanation(f"{error.filename}: {error.strerror}", FAILURE)
    kind = type(error).__name__
    return Explanation(
        f"Unexpected {kind}: {error}\n"
        "This is a defect of experimaestro. The whole traceback: experimaestro --traceback ...",
        FAILURE,
    )


def full_traceback(error: BaseException) -> str:
    """The whole traceback, for `--traceback` and `--debug`."""
    return "".join(traceback.format_exception(error))

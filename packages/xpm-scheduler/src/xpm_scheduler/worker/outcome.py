"""From the end of a task to its record: its state, its reason, and what the user reads."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import xpm_config
from xpm_config.errors import GracefulTimeout, HandledException
from xpm_store.records import Failure
from xpm_store.states import FailureReason

__all__ = ["Outcome", "cancelled", "outcome_of", "own_frames", "report"]

_LONGEST_MESSAGE = 2000
_STANDARD_LIBRARY = str(Path(os.__file__).parent)
_OUR_FOLDERS = (
    str(Path(xpm_config.__file__).parent),
    str(Path(__file__).parent),
    "<frozen importlib",
    f"{_STANDARD_LIBRARY}/importlib",
)
_CANCELLED_CODE = 15
# Whoever enforces the limit does not read the clock at the same instant as the job
_NO_TIME_LEFT_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended; without failure, it is done."""

    exit_code: int
    failure: Failure | None


def outcome_of(error: BaseException) -> Outcome:
    """Return what an exception that left a task means."""
    if isinstance(error, SystemExit):
        return _outcome_of_exit(error)
    if isinstance(error, GracefulTimeout):
        return _failed(FailureReason.TIMEOUT, str(error) or "the task ran out of time")
    if isinstance(error, MemoryError):
        return _failed(FailureReason.MEMORY, _message_of(error))
    return _failed(FailureReason.FAILED, _message_of(error))


def cancelled(number: signal.Signals, remaining_time_s: float | None) -> Outcome:
    """Return what a request to end means: with no time left, it is the end of the time limit."""
    if remaining_time_s is not None and remaining_time_s <= _NO_TIME_LEFT_S:
        reason, why = FailureReason.TIMEOUT, "the time limit of the job was reached"
    else:
        reason, why = FailureReason.CANCELLED, "the job was cancelled"
    failure = Failure(_CANCELLED_CODE, reason, f"{why} ({number.name})", int(number))
    return Outcome(1, failure)


def report(error: BaseException) -> None:
    """Print what the user must know of an exception, their own frames first."""
    if isinstance(error, SystemExit):
        if error.code is not None and not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
        return
    frames = own_frames(error.__traceback__)
    if frames is not None:
        traceback.print_exception(type(error), error, frames)
        return
    cause = error.__cause__
    if cause is not None and (frames := own_frames(cause.__traceback__)) is not None:
        traceback.print_exception(type(cause), cause, frames)
    if cause is not None or isinstance(error, HandledException):
        # Raised by us, to explain: our own frames would only hide what it says
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    else:
        traceback.print_exception(error)


def _outcome_of_exit(error: SystemExit) -> Outcome:
    code = error.code
    if code is None or code == 0:
        return Outcome(0, None)
    number = code & 0xFF if isinstance(code, int) else 1
    # What is seen from outside would be a success otherwise
    return _failed(FailureReason.FAILED, f"sys.exit({code!r})", number or 1)


def _failed(reason: FailureReason, message: str, exit_code: int = 1) -> Outcome:
    return Outcome(exit_code, Failure(exit_code, reason, message[:_LONGEST_MESSAGE]))


def _message_of(error: BaseException) -> str:
    """The type, the text, and the line of the user's code where it happened."""
    text = str(error)
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    frames = own_frames(error.__traceback__)
    if frames is None and error.__cause__ is not None:
        frames = own_frames(error.__cause__.__traceback__)
    place = None
    while frames is not None:
        code = frames.tb_frame.f_code
        if place is None or not (_is_ours(code.co_filename) or _is_library(code.co_filename)):
            place = f"{code.co_filename}:{frames.tb_lineno}, in {code.co_name}"
        frames = frames.tb_next
    return f"{message} ({place})" if place else message


def own_frames(frames: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame of the user on; None when there is none."""
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return frames


def _is_library(filename: str) -> bool:
    return filename.startswith(("<", _STANDARD_LIBRARY)) or "site-packages" in filename


def _is_ours(filename: str) -> bool:
    return filename.startswith(_OUR_FOLDERS)

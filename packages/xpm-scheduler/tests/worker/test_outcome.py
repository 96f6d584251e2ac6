from __future__ import annotations

import signal

import pytest
from xpm_config.errors import ConfigError, GracefulTimeout
from xpm_scheduler.worker.outcome import Outcome, cancelled, outcome_of, report
from xpm_store.records import Failure
from xpm_store.states import FailureReason


def caught(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """The exception with the traceback of this file in it."""
    try:
        raise error from cause
    except BaseException as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SystemExit(), Outcome(0, None)),
        (SystemExit(0), Outcome(0, None)),
        (SystemExit(4), Outcome(4, Failure(4, FailureReason.FAILED, "sys.exit(4)"))),
        (SystemExit(512), Outcome(1, Failure(1, FailureReason.FAILED, "sys.exit(512)"))),
        (SystemExit("no"), Outcome(1, Failure(1, FailureReason.FAILED, "sys.exit('no')"))),
        (GracefulTimeout("later"), Outcome(1, Failure(1, FailureReason.TIMEOUT, "later"))),
        (MemoryError(), Outcome(1, Failure(1, FailureReason.MEMORY, "MemoryError"))),
        (ValueError("x"), Outcome(1, Failure(1, FailureReason.FAILED, "ValueError: x"))),
        (KeyboardInterrupt(), Outcome(1, Failure(1, FailureReason.FAILED, "KeyboardInterrupt"))),
    ],
)
def test_what_leaves_a_task_says_how_it_ended(error: BaseException, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome


def test_a_graceful_timeout_without_message_has_one() -> None:
    failure = outcome_of(GracefulTimeout()).failure
    assert failure is not None and failure.message == "the task ran out of time"


def test_a_very_long_message_is_cut() -> None:
    failure = outcome_of(ValueError("x" * 100_000)).failure
    assert failure is not None and len(failure.message or "") == 2000


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        (None, FailureReason.CANCELLED),
        (60.0, FailureReason.CANCELLED),
        (0.0, FailureReason.TIMEOUT),
    ],
)
def test_a_request_to_end_with_no_time_left_is_the_time_limit(
    left: float | None, reason: FailureReason
) -> None:
    failure = cancelled(signal.SIGTERM, left).failure
    assert failure is not None
    assert (failure.reason, failure.code, failure.signal) == (reason, 15, 15)


def test_the_message_names_the_line_of_the_user() -> None:
    failure = outcome_of(caught(ValueError("bad"))).failure
    assert failure is not None and failure.message is not None
    assert failure.message.startswith("ValueError: bad (")
    assert "test_outcome.py:" in failure.message and "in caught" in failure.message


def test_an_error_that_explains_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(ConfigError("no such class"))
    assert capsys.readouterr().err == "ConfigError: no such class\n"


def test_an_error_that_explains_another_comes_after_its_frames(
    capsys: pytest.CaptureFixture[str],
) -> None:
    explanation = ImportError("install it")
    explanation.__cause__ = caught(KeyError("name"))
    report(explanation)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2:] == ["KeyError: 'name'", "ImportError: install it"]


def test_a_code_of_exit_says_nothing_and_a_text_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report(SystemExit(3))
    report(SystemExit("stop here"))
    assert capsys.readouterr().err == "stop here\n"

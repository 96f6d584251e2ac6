"""A pytest plugin for `.ci/run`: a test that could have run, and did not, has failed.

Someone at their desk may lack Slurm or a browser, and the tests that need them say so and are
skipped. The machine of `.ci/run` installs what it needs, so there a skip hides a hole, unless its
reason starts with one of `ALLOWED`.

It also makes the processes of tests hear Ctrl+C, which a shell that starts `.ci/run` in the
background has them ignore.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from typing import TypeVar

import pytest

ALLOWED = (
    "other platform:",  # the code under test is for another operating system
    "other Python:",  # ... for another version of Python, or another build of it
)

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_configure() -> None:
    """Hears Ctrl+C again, if the shell said to ignore it: what is started inherits that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails the skipped test."""
    return _strict((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fails the file that was skipped as a whole."""
    return _strict((yield))


def _strict(report: Report) -> Report:
    """Turns a skip without an allowed reason into a failure; an expected failure stays one."""
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        path, line, message = report.longrepr
        reason = str(message).removeprefix("Skipped: ")
        if not reason.startswith(ALLOWED):
            report.outcome = "failed"
            report.longrepr = (
                f"{path}:{line}: skipped under .ci/run: {reason}\n"
                f"Install what it needs in .ci/run, or start the reason with one of {ALLOWED}."
            )
    return report

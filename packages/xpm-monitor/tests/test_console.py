"""What is shown of a run, as lines and as a live display, from views made by hand."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import pytest
from rich.console import Console
from xpm_monitor.console import RunProgress, change_lines, counts_text, draw, elapsed_text
from xpm_monitor.model import FailedJob, RunFeed, RunningJob, RunView
from xpm_store.records import LevelProgress
from xpm_store.states import FailureReason, JobState

HERE = Path(__file__).parent

FAILED = FailedJob(
    "lab.fit",
    "0123456789abcdef",
    {"lr": 0.1},
    FailureReason.FAILED,
    Path("/ws/jobs/lab.fit/0123456789abcdef/fit.err"),
    ("Traceback (most recent call last):", "ValueError: boom"),
)
BLOCKED = FailedJob("lab.eval", "fedcba", {}, FailureReason.DEPENDENCY, Path("/ws/eval.err"))
RUNNING = RunningJob(
    "lab.fit",
    "89abcdef01234567",
    {"lr": 0.2, "model": "svm\x1b[2J"},
    started_at=940.0,
    progress=(LevelProgress(0, 0.25, "epoch 3"), LevelProgress(1, 0.5, "batch")),
)
VIEW = RunView(
    "digits",
    "20260131_100000",
    started_at=900.0,
    counts={JobState.DONE: 5, JobState.RUNNING: 1, JobState.WAITING: 3},
    reused=2,
    running=(RUNNING,),
)
WITH_FAILURES = replace(
    VIEW,
    counts={**VIEW.counts, JobState.ERROR: 2},
    failed=(FAILED, BLOCKED),
)


def drawn(view: RunView, width: int = 80) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=False, color_system=None)
    console.print(draw(view, now=1000.0))
    return stream.getvalue()


def test_counts_are_words_in_the_order_of_a_job() -> None:
    assert counts_text(VIEW) == "5 done (2 reused), 1 running, 3 waiting"
    assert counts_text(replace(VIEW, counts={})) == "no job yet"


def test_times_are_short() -> None:
    assert [elapsed_text(s) for s in (-1, 5, 65.9, 3725)] == ["0:00", "0:05", "1:05", "1:02:05"]


def test_only_changes_are_told() -> None:
    assert change_lines(None, VIEW, "10:00:00") == [
        "10:00:00 5/9: 5 done (2 reused), 1 running, 3 waiting"
    ]
    assert change_lines(VIEW, replace(VIEW, running=()), "10:00:01") == []


def test_a_failure_is_told_once_with_its_last_lines_and_its_file() -> None:
    assert change_lines(VIEW, WITH_FAILURES, "10:00:01") == [
        "failed: fit/01234567 lr=0.1 (failed)",
        "  | Traceback (most recent call last):",
        "  | ValueError: boom",
        "  /ws/jobs/lab.fit/0123456789abcdef/fit.err",
        "10:00:01 7/11: 5 done (2 reused), 2 failed, 1 running, 3 waiting",
    ]
    assert change_lines(WITH_FAILURES, WITH_FAILURES, "10:00:02") == []


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("empty", RunView("digits", "r")),
        ("running", VIEW),
        ("failed", WITH_FAILURES),
        (
            "many",
            replace(
                VIEW,
                experiment_id="an-experiment-whose-name-is-rather-long-for-a-bar",
                counts={JobState.RUNNING: 9},
                running=(replace(RUNNING, progress=(), started_at=None),) * 9,
            ),
        ),
    ],
)
def test_the_display_is_as_in_its_snapshot(name: str, view: RunView, width: int) -> None:
    text = drawn(view, width)

    assert max(map(len, text.splitlines())) <= width
    assert text == (HERE / "snapshots" / f"display-{name}-{width}.txt").read_text("utf-8")


class Views:
    """A feed whose views are written in advance; the last one is repeated."""

    def __init__(self, *views: RunView) -> None:
        self.views = list(views)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is open."""

    def read(self) -> RunView:
        return self.views.pop(0) if len(self.views) > 1 else self.views[0]


def shown(*views: RunView, is_terminal: bool) -> str:
    stream = io.StringIO()
    feed = cast(RunFeed, Views(*views))
    with RunProgress(feed, stream=stream, is_terminal=is_terminal, clock=lambda: 1000.0):
        pass
    return stream.getvalue()


def test_where_there_is_no_terminal_lines_hold_no_control_code() -> None:
    text = shown(VIEW, WITH_FAILURES, is_terminal=False)

    assert text.count("\n") == 6
    assert not re.search("[\x00-\x09\x0b-\x1f]", text)


def test_the_last_state_is_shown_even_when_the_run_ends_at_once() -> None:
    assert "2 failed" in shown(VIEW, WITH_FAILURES, is_terminal=False)
    assert "2 failed" in shown(VIEW, WITH_FAILURES, is_terminal=True)


def test_a_terminal_without_colours_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")

    text = shown(VIEW, WITH_FAILURES, is_terminal=True)

    assert "digits" in text
    assert not re.search("\x1b\\[[0-9;]*3[0-9]", text)


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")

    assert "\x1b" not in shown(VIEW, is_terminal=True)


def test_a_display_that_fails_does_not_stop_the_run() -> None:
    class Broken(Views):
        def read(self) -> RunView:
            raise OSError("the disk left")

    with RunProgress(cast(RunFeed, Broken(VIEW)), stream=io.StringIO()) as progress:
        pass

    assert str(progress.problem) == "the disk left"

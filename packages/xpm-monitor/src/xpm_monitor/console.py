"""The progress of a run in a terminal: a bar, counts in words, what runs, what failed and why.

Where standard output is no terminal, the same facts come as plain lines, one per change.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self, TextIO

from xpm_store.states import JobState

from xpm_monitor.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    from xpm_monitor.model import FailedJob, RunFeed, RunningJob, RunView

__all__ = ["RunProgress", "change_lines", "counts_text", "failure_lines"]

REFRESH_S = 0.2
"""How often the run is read on a terminal: an answer within a fifth of a second feels direct."""
PLAIN_REFRESH_S = 1.0
"""The same where lines are printed: a log wants few of them."""
SHOWN_RUNNING = 5

# In the order in which a job goes through them; `skipped` are transient jobs that nobody needed.
_WORDS: tuple[tuple[JobState, str, str], ...] = (
    (JobState.DONE, "done", "green"),
    (JobState.ERROR, "failed", "red"),
    (JobState.RUNNING, "running", "cyan"),
    (JobState.SCHEDULED, "starting", "cyan"),
    (JobState.READY, "ready", "yellow"),
    (JobState.WAITING, "waiting", "yellow"),
    (JobState.UNSCHEDULED, "not started", "bright_black"),
    (JobState.TRANSIENT, "skipped", "bright_black"),
)


def counts_text(view: RunView) -> str:
    """`3 done (2 reused), 1 failed, 5 waiting`: the states that have jobs, in words."""
    parts = []
    for state, word, _ in _WORDS:
        if number := view.counts.get(state, 0):
            reused = f" ({view.reused} reused)" if state is JobState.DONE and view.reused else ""
            parts.append(f"{number} {word}{reused}")
    return ", ".join(parts) or "no job yet"


def tags_text(tags: Mapping[str, Any]) -> str:
    """` lr=0.1 model=svm`, or nothing."""
    return "".join(f" {escape_controls(str(k))}={escape_controls(str(v))}" for k, v in tags.items())


def elapsed_text(seconds: float) -> str:
    """`0:12`, `3:05`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def failure_lines(job: FailedJob) -> list[str]:
    """What is said of a job that failed: its name, why, the end of its standard error, the file."""
    reason = f" ({job.reason.value.lower()})" if job.reason else ""
    lines = [f"failed: {job.label}{tags_text(job.tags)}{reason}"]
    lines += [f"  | {line}" for line in job.last_lines]
    lines.append(f"  {escape_controls(str(job.stderr))}")
    return lines


def change_lines(before: RunView | None, now: RunView, clock: str) -> list[str]:
    """The plain lines that tell what changed between two views; none when nothing did.

    A change is a job that was submitted, done or failed, and the first that runs: what happens
    between, for each job, would be noise in a log.

    Args:
        before: The last view that was told; None at the start.
        now: The view to tell.
        clock: The time to begin the line with.
    """
    told = {job.job_id for job in before.failed} if before else set()
    lines = []
    for job in now.failed:
        if job.was_started and job.job_id not in told:
            lines += failure_lines(job)
    if _key(before) != _key(now):
        lines.append(f"{clock} {now.finished}/{now.total}: {counts_text(now)}")
    return lines


def _key(view: RunView | None) -> tuple[int, int, int, bool]:
    """What makes a line; a run without jobs says nothing."""
    if view is None:
        return (0, 0, 0, False)
    has_started = view.finished > view.reused or JobState.RUNNING in view.counts
    return view.total, view.done, view.error, has_started


class RunProgress:
    """Shows how a run goes for as long as its `with` block lasts.

    On a terminal, a live display below what the program prints; elsewhere, plain lines without
    any control code. `NO_COLOR` is respected.

    Args:
        feed: Reads where the run stands; it is opened, read and closed by the display's thread.
        stream: Where to show; standard output by default.
        is_terminal: Whether `stream` is one; asked of it by default.
        clock: Seconds since 1970.

    Attributes:
        view: The last view that was read; None before the first.
        problem: What stopped the display, if something did: the run itself goes on.

    Concurrency: the display has its own thread; `view` may be read at any time.
    """

    def __init__(
        self,
        feed: RunFeed,
        *,
        stream: TextIO | None = None,
        is_terminal: bool | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.stream = stream or sys.stdout
        self.is_terminal = self.stream.isatty() if is_terminal is None else is_terminal
        self.view: RunView | None = None
        self.problem: Exception | None = None
        self._feed = feed
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="xpm-progress", daemon=True)
        self._told: RunView | None = None
        self._live: Live | None = None
        self._console: Console | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self.is_terminal and os.environ.get("TERM", "") != "dumb":
            self._stack.enter_context(_control_keys_unseen())
            self._live = self._start_live()
            self._stack.callback(self._live.stop)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._stack.close()

    def _start_live(self) -> Live:
        from rich.console import Console  # lazy: only a terminal needs rich
        from rich.live import Live

        self._console = Console(file=self.stream, force_terminal=True, highlight=False)
        live = Live(
            console=self._console,
            auto_refresh=False,
            # what others write goes above the display; a redirected stderr stays where it goes
            redirect_stdout=self.stream is sys.stdout,
            redirect_stderr=sys.stderr.isatty(),
        )
        live.start()
        return live

    def _follow(self) -> None:
        """The thread: read and show until told to stop, then once more."""
        interval = REFRESH_S if self._live else PLAIN_REFRESH_S
        try:
            with self._feed as feed:
                stopping = False
                while True:
                    self.view = feed.read()
                    self._show(self.view)
                    if stopping:
                        return
                    stopping = self._stop.wait(interval)
        except Exception as error:  # the display must never stop the run that it shows
            self.problem = error

    def _show(self, view: RunView) -> None:
        now = self._clock()
        if self._live is None:
            clock = time.strftime("%H:%M:%S", time.localtime(now))
            for line in change_lines(self._told, view, clock):
                print(line, file=self.stream, flush=True)
        else:
            self._tell_failures(view)
            self._live.update(draw(view, now), refresh=True)
        self._told = view

    def _tell_failures(self, view: RunView) -> None:
        """Print, above the display, the jobs that failed since the last view."""
        from rich.text import Text  # lazy

        assert self._console is not None
        told = {job.job_id for job in self._told.failed} if self._told else set()
        for job in view.failed:
            if job.was_started and job.job_id not in told:
                first, *rest = failure_lines(job)
                self._console.print(Text(first, style="bold red"), soft_wrap=True)
                for line in rest:  # not wrapped: a path must stay one word to be copied
                    style = "red" if line.startswith("  |") else "bright_black"
                    self._console.print(Text(line, style=style), soft_wrap=True)


@contextmanager
def _control_keys_unseen() -> Iterator[None]:
    """Keep the terminal from writing `^C` into the display; the keys act as ever."""
    try:
        import termios  # lazy, and absent on some platforms
    except ImportError:
        yield
        return
    try:
        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
    except (OSError, ValueError, termios.error):  # standard input is no terminal
        yield
        return
    changed = list(before)
    changed[3] &= ~termios.ECHOCTL
    termios.tcsetattr(number, termios.TCSANOW, changed)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSANOW, before)


def draw(view: RunView, now: float) -> RenderableType:
    """The live display of a view: the bar, the counts, the jobs that run."""
    from rich.console import Group  # lazy: only a terminal needs rich

    lines: list[RenderableType] = [_bar(view, now), _counts(view)]
    lines += _running(view, now)
    return Group(*lines)


def _bar(view: RunView, now: float) -> Table:
    from rich.progress_bar import ProgressBar  # lazy
    from rich.table import Table
    from rich.text import Text

    elapsed = elapsed_text(now - view.started_at) if view.started_at else ""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=30)
    grid.add_column(ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    bar = ProgressBar(
        total=max(1, view.total),
        completed=view.finished,
        complete_style="red" if view.error else "cyan",
        finished_style="red" if view.error else "green",
    )
    name = Text(escape_controls(view.experiment_id), style="bold")
    grid.add_row(name, bar, Text(f"{view.finished}/{view.total} jobs  {elapsed}"))
    return grid


def _counts(view: RunView) -> Text:
    from rich.text import Text  # lazy

    text = Text()
    for state, word, colour in _WORDS:
        number = view.counts.get(state, 0)
        if not number:
            continue
        if text:
            text.append(" · ", "bright_black")
        text.append(f"{number} {word}", colour)
        if state is JobState.DONE and view.reused:
            text.append(f" ({view.reused} reused)", "bright_black")
    return text or Text("no job yet", "bright_black")


def _running(view: RunView, now: float) -> Iterator[RenderableType]:
    """One line per running job, up to a few: name, tags, its own progress, for how long."""
    from rich.text import Text  # lazy

    for job in view.running[:SHOWN_RUNNING]:
        yield _running_line(job, now)
    hidden = view.counts.get(JobState.RUNNING, 0) - min(len(view.running), SHOWN_RUNNING)
    if hidden > 0:
        yield Text(f"  and {hidden} more running", "bright_black")


def _running_line(job: RunningJob, now: float) -> Table:
    from rich.progress_bar import ProgressBar  # lazy
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=3)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=2, justify="right")
    grid.add_column(width=12)
    grid.add_column(no_wrap=True, justify="right", width=12)
    name = Text(f"  {escape_controls(job.label)}", "cyan")
    name.append(tags_text(job.tags), "bright_black")
    elapsed = elapsed_text(now - job.started_at) if job.started_at else ""
    if not job.progress:
        grid.add_row(name, "", "", elapsed)
        return grid
    level = job.progress[0]
    desc = " > ".join(escape_controls(p.desc) for p in job.progress if p.desc)
    bar = ProgressBar(total=1.0, completed=level.progress, width=12, complete_style="cyan")
    grid.add_row(name, Text(desc), bar, f"{level.progress:4.0%} {elapsed}")
    return grid

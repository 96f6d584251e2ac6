"""What the code of a task says of its progress, and asks of the time it has left.

Everything here may be called outside a job, where it reports to no one.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from xpm_config.runtime import Runtime, current_runtime

__all__ = ["ProgressBar", "progress", "remaining_time", "tqdm"]

T = TypeVar("T")

SMALLEST_CHANGE = 0.01
"""A change up to this one, with the same description, is not reported."""


class _Reported:
    """What was last reported, a level at a time, to one runtime."""

    __slots__ = ("descriptions", "runtime", "values")

    def __init__(self) -> None:
        self.runtime: Runtime | None = None
        self.values: list[float] = []
        self.descriptions: list[str | None] = []


_reported = _Reported()


def progress(value: float, level: int = 0, desc: str | None = None, console: bool = False) -> None:
    """Report how far the task is; outside a job, do nothing.

    Reporting a level clears those below it. A change of 0.01 or less with the same description
    is dropped, unless the level gets to 1: the function can be called at each step of a loop.

    Args:
        value: From 0 to 1.
        level: 0 for the whole task, 1 for what is done inside it, and so on.
        desc: A few words on what is being done.
        console: Also print the progress on the standard error.

    Concurrency: one thread at a time.
    """
    last = _reported
    runtime = current_runtime()
    if last.runtime is runtime and level < len(last.values):
        before = last.values[level]
        is_small = -SMALLEST_CHANGE <= value - before <= SMALLEST_CHANGE
        if (
            is_small
            and not (before < 1.0 <= value)
            and (desc is None or desc == last.descriptions[level])
        ):
            return
    _report(runtime, value, level, desc, console)


def _report(runtime: Runtime, value: float, level: int, desc: str | None, console: bool) -> None:
    """Remember and pass on a change that is worth it."""
    last = _reported
    if last.runtime is not runtime:
        last.runtime, last.values, last.descriptions = runtime, [], []
    missing = level - len(last.values)
    if missing > 0:
        last.values += [math.nan] * missing
        last.descriptions += [None] * missing
    kept = desc
    if desc is None and level < len(last.descriptions):
        kept = last.descriptions[level]
    last.values[level:] = [value]
    last.descriptions[level:] = [kept]
    runtime.progress(value, level, desc)
    if console:
        print(f"{kept or 'progress'} [{level}]: {value:.0%}", file=sys.stderr)


def remaining_time() -> float | None:
    """Seconds before the job is stopped; None without a limit, when not known or outside a job."""
    return current_runtime().remaining_time()


class ProgressBar(Generic[T]):
    """An iterable that reports its progress: what `tqdm` is when the package is not installed.

    Args:
        iterable: What to go through; None for a bar moved by `update`.
        desc: What is being done.
        total: The number of steps; by default, the length of the iterable when it has one.
        level: The level of progress; by default, the number of bars open around this one.
        options: Those of the usual bar, accepted and not used.
    """

    _open: list[ProgressBar[Any]] = []

    def __init__(
        self,
        iterable: Iterable[T] | None = None,
        desc: str | None = None,
        total: float | None = None,
        *,
        level: int | None = None,
        **options: Any,
    ) -> None:
        self.iterable = iterable
        self.desc = desc
        self.total = _length(iterable) if total is None else total
        self.n: float = 0
        self.level = len(ProgressBar._open) if level is None else level
        ProgressBar._open.append(self)

    def update(self, n: float = 1) -> None:
        """Say that `n` more steps are done."""
        self.n += n
        if self.total:
            progress(min(1.0, self.n / self.total), self.level, self.desc)

    def set_description(self, desc: str | None = None, refresh: bool = True) -> None:
        """Change what is said to be done."""
        self.desc = desc

    def set_postfix(self, *_: Any, **__: Any) -> None:
        """Accepted for the sake of the usual bar; shown nowhere."""

    def close(self) -> None:
        """End the bar: those opened later take its level."""
        if self in ProgressBar._open:
            ProgressBar._open.remove(self)

    def __iter__(self) -> Iterator[T]:
        if self.iterable is None:
            raise TypeError("This progress bar was given nothing to iterate over: use update()")
        try:
            for value in self.iterable:
                yield value
                self.update()
        finally:
            self.close()

    def __len__(self) -> int:
        length = self.total if self.iterable is None else _length(self.iterable)
        if length is None:
            raise TypeError("This progress bar has no known length: give it `total`")
        return int(length)

    def __enter__(self) -> ProgressBar[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _length(iterable: Iterable[Any] | None) -> int | None:
    """The number of elements, when it can be known beforehand."""
    return len(iterable) if hasattr(iterable, "__len__") else None  # type: ignore[arg-type]


def _reporting_bar(usual: type[Any]) -> type[Any]:
    """The usual bar, which also reports its progress."""

    class ReportingBar(usual):  # type: ignore[misc]
        """The bar of the package `tqdm`; its position on screen is its level of progress."""

        def update(self, n: float | None = 1) -> bool | None:
            """Say that `n` more steps are done."""
            refreshed: bool | None = super().update(n)
            self._report_progress(self.n)
            return refreshed

        def _report_progress(self, done: float) -> None:
            total = getattr(self, "total", None)
            if total:
                # Hidden bars have no position
                position = abs(getattr(self, "pos", 0) or 0)
                progress(min(1.0, done / total), position, getattr(self, "desc", None) or None)

        def __iter__(self) -> Iterator[Any]:
            # The usual bar goes through a hidden or fast loop without calling `update`
            done = self.n
            for value in super().__iter__():
                yield value
                done += 1
                self._report_progress(done)

    ReportingBar.__name__ = ReportingBar.__qualname__ = "tqdm"
    return ReportingBar


def _make_tqdm() -> type[Any]:
    """The class to use as `tqdm`: a subclass of the usual one if it is installed."""
    from importlib import import_module  # lazy: most programs show no bar

    try:
        usual = import_module("tqdm.auto")
    except ImportError:
        return ProgressBar
    return _reporting_bar(usual.tqdm)


if TYPE_CHECKING:
    tqdm = ProgressBar
else:

    def __getattr__(name: str) -> Any:
        if name == "tqdm":
            globals()["tqdm"] = bar = _make_tqdm()
            return bar
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The two protocols through which configurations reach a scheduler they do not import.

A *submitter* receives the tasks of an experiment; a *runtime* serves a task that runs. An
experiment pushes the first with `submitting`, a job sets the second with `set_runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from xpm_config.modes import RunMode, TransientMode

if TYPE_CHECKING:
    from xpm_config.config import Config
    from xpm_config.submission import SubmitHook
    from xpm_config.tasks import Task

__all__ = [
    "JobHandle",
    "Runtime",
    "SubmitRequest",
    "Submitter",
    "WatchedOutput",
    "current_runtime",
    "current_submitter",
    "set_runtime",
    "submitting",
]


@dataclass(frozen=True, slots=True)
class WatchedOutput:
    """A dynamic output that is waited for: `callback` gets what `method` of `config` describes."""

    config: Config
    method: str
    callback: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """How a task is to be run: everything that `submit` was told and is not in the task itself."""

    launcher: object | None = None
    workspace: object | None = None
    run_mode: RunMode | None = None
    init_tasks: tuple[Config, ...] = ()
    max_retries: int | None = None
    transient: TransientMode = TransientMode.NONE
    watched: tuple[WatchedOutput, ...] = ()
    on_completed: tuple[Callable[[], None], ...] = ()
    hooks: tuple[SubmitHook, ...] = ()


@runtime_checkable
class JobHandle(Protocol):
    """What a submitter returns, kept as `task.job`."""

    @property
    def identifier(self) -> str:
        """The 64 hexadecimal digits of the task's identifier."""
        ...

    @property
    def path(self) -> Path:
        """The folder of the job."""
        ...

    @property
    def stdout(self) -> Path:
        """The file that gets the standard output of the job."""
        ...

    @property
    def stderr(self) -> Path:
        """The file that gets the standard error of the job."""
        ...

    def wait(self) -> object:
        """Block until the job has ended, and return its state."""
        ...


class Submitter(Protocol):
    """What receives submitted tasks: an experiment."""

    @property
    def workspace_path(self) -> Path:
        """The root of the workspace where jobs get their folders."""
        ...

    @property
    def run_mode(self) -> RunMode:
        """What is done with tasks that do not ask for a mode of their own."""
        ...

    def submit(self, task: Task, request: SubmitRequest) -> JobHandle:
        """Take charge of a task that is validated, sealed and identified."""
        ...

    def add_action(self, action: Config) -> str:
        """Keep an action for the end of the experiment, and return its identifier."""
        ...


class Runtime(Protocol):
    """What surrounds the code of a task: a job, or nothing."""

    @property
    def task_path(self) -> Path | None:
        """The folder of the job, None outside a job."""
        ...

    def progress(self, value: float, level: int, desc: str | None) -> None:
        """Report that `level` (0: outermost) is at `value`, from 0 to 1."""
        ...

    def remaining_time(self) -> float | None:
        """Seconds left before the job is stopped; None without limit or when not known."""
        ...

    def task_output(self, key: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Announce a dynamic output; `key` is `<identifier of the configuration>/<method>`."""
        ...

    def report(self, values: dict[str, Any]) -> None:
        """Keep values that the task found, beside those reported before; plain JSON."""
        ...


class NoRuntime:
    """The runtime outside a job: everything is accepted, nothing is recorded."""

    task_path: Path | None = None

    def progress(self, value: float, level: int, desc: str | None) -> None:
        """Do nothing."""

    def remaining_time(self) -> float | None:
        """There is no limit."""
        return None

    def task_output(self, key: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Do nothing: no one watches."""

    def report(self, values: dict[str, Any]) -> None:
        """Do nothing: there is no job to keep them in."""


_NO_RUNTIME = NoRuntime()
_runtime: Runtime = _NO_RUNTIME

_entered: ContextVar[tuple[Submitter, ...]] = ContextVar("xpm_submitters", default=())
# Threads started by user code have a context of their own: they get the last one pushed
_pushed: list[Submitter] = []


def current_submitter() -> Submitter | None:
    """The innermost submitter of this context, else the last one pushed in the process."""
    entered = _entered.get() or _pushed
    return entered[-1] if entered else None


@contextmanager
def submitting(submitter: Submitter) -> Iterator[None]:
    """Make `submitter` the current one for the length of a `with` block.

    Concurrency: blocks nest within a context; those of several threads, or left out of order,
    only remove their own submitter.
    """
    _entered.set((*_entered.get(), submitter))
    _pushed.append(submitter)
    try:
        yield
    finally:
        remaining = list(_entered.get())
        _remove_last(remaining, submitter)
        _entered.set(tuple(remaining))
        _remove_last(_pushed, submitter)


def _remove_last(submitters: list[Submitter], submitter: Submitter) -> None:
    """Remove the last occurrence of a submitter, if there is one."""
    for index in range(len(submitters) - 1, -1, -1):
        if submitters[index] is submitter:
            del submitters[index]
            return


def current_runtime() -> Runtime:
    """The runtime of this process; outside a job, one that does nothing."""
    return _runtime


def set_runtime(runtime: Runtime | None) -> None:
    """Make `runtime` that of the process; None sets the one that does nothing."""
    global _runtime
    _runtime = _NO_RUNTIME if runtime is None else runtime

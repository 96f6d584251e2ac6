"""What a task gives to others: its outputs when it is submitted, and those it makes as it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from xpm_config.errors import SubmitError
from xpm_config.graph import is_configuration
from xpm_config.runtime import Submitter, current_runtime

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = ["DependentMarker", "OutputMarker", "register_task_output", "task_outputs"]

C = TypeVar("C")


class DependentMarker(Protocol):
    """The type of `dep`: it marks a configuration as an output of the task, and returns it."""

    def __call__(self, config: C, /) -> C:
        """Make the identifier of `config`, and what uses it, depend on the task."""
        ...


class OutputMarker:
    """The `dep` given to `__submit__`, `task_outputs` and the methods of dynamic outputs.

    Args:
        task: The submitted task that the outputs belong to.
        soft: The outputs are dynamic ones: those who use them do not wait for the task.
    """

    __slots__ = ("_soft", "_task")

    def __init__(self, task: Config, *, soft: bool = False) -> None:
        self._task = task
        self._soft = soft

    def __call__(self, config: C, /) -> C:
        """Mark `config` as an output of the task.

        Raises:
            SubmitError: It is not a configuration, is itself a task, or is the output of
                another task.
        """
        if not is_configuration(config):
            raise SubmitError(
                f"dep() takes a configuration object (made with .C(...)), not {config!r}."
            )
        if getattr(type(config), "__xpm_task__", False):
            raise SubmitError(
                f"dep() was given the task {config!r}: a task is nobody's output. "
                "Return it as it is, or mark the configuration that holds its results."
            )
        information = config.__xpm__  # type: ignore[attr-defined]
        producer = information.task
        if producer is self._task:
            return config
        if producer is not None:
            raise SubmitError(
                f"dep() was given {config!r}, which is an output of {producer!r} already: "
                f"it cannot be one of {self._task!r} too. Mark a copy: dep(config.copy())."
            )
        information.task = self._task
        information.soft = self._soft
        return config


def task_outputs(task: Config, submitter: Submitter | None) -> Any:
    """What `submit` returns: the result of `__submit__`, else of `task_outputs`, else the task.

    The methods are those of the value class, called on the configuration object.
    """
    value_class = task.__xpm__.xpmtype.value_class
    dep = OutputMarker(task)
    method = getattr(value_class, "__submit__", None)
    if method is not None:
        return method(task, dep, None if submitter is None else submitter.add_action)
    method = getattr(value_class, "task_outputs", None)
    if method is not None:
        return method(task, dep)
    return task


def dynamic_output(
    task: Config, config: Config, method: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """The configuration that a watched method describes, marked as a dynamic output of a task.

    Args:
        task: The task that announced the output.
        config: The configuration whose method is watched.
        method: The name of the method.
        args: The positional arguments given to `register_task_output`.
        kwargs: The keyword arguments given to `register_task_output`.
    """
    return getattr(config, method)(OutputMarker(task, soft=True), *args, **kwargs)


def register_task_output(method: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Announce, in a running task, the output that `method` describes.

    Outside a job, no one is told.

    Args:
        method: A method of a value object, as `self.checkpoint`.
        args: Arguments of the method, after `dep`; JSON values.
        kwargs: Keyword arguments of the method; JSON values.

    Raises:
        TypeError: `method` is not a method of a value object.
    """
    owner = getattr(method, "__self__", None)
    identifier = getattr(owner, "__xpmidentifier__", None)
    if owner is None or identifier is None:
        runtime = current_runtime()
        if owner is not None and runtime.task_path is None:
            return  # an object made by hand, in a notebook: no one can watch it
        raise TypeError(
            f"register_task_output() takes a method of an object that was built from a "
            f"configuration, as self.{getattr(method, '__name__', 'checkpoint')}; got {method!r}."
        )
    key = f"{identifier}/{method.__name__}"
    current_runtime().task_output(key, list(args), kwargs)

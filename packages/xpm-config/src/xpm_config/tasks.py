"""Tasks as declarations: what can be submitted, what can be run inside another task's job."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, overload

from xpm_config.config import Config
from xpm_config.fields import DataPath, Param
from xpm_config.modes import RunMode, TransientMode

if TYPE_CHECKING:
    from typing import Protocol, Self, TypeVar

    R_co = TypeVar("R_co", covariant=True)

    class _Submits(Protocol[R_co]):
        """A task that says what `submit` returns by `__submit__`."""

        def __submit__(self, dep: Any, add_action: Any, /) -> R_co: ...

    class _HasOutputs(Protocol[R_co]):
        """A task that says what `submit` returns by `task_outputs`."""

        def task_outputs(self, dep: Any, /) -> R_co: ...


__all__ = [
    "LightweightTask",
    "PathSerializationLWTask",
    "ResumableTask",
    "SerializationLWTask",
    "Task",
]


class LightweightTask(Config):
    """Something to execute inside the job of a task, before it: an *init task*."""

    __xpmid__ = "experimaestro.core.objects.config.lightweighttask"

    def execute(self) -> Any:
        """Do the work; called on the value object, once all the objects are built."""
        raise TypeError(f"{type(self).__qualname__} has no method execute(): define it")


class Task(LightweightTask):
    """A configuration that can be submitted: its `execute` is run once per identifier.

    Example:
        >>> class Train(Task):
        ...     epochs: Param[int]
        ...     def execute(self):
        ...         print(f"training for {self.epochs} epochs")
        >>> Train.C(epochs=2).instance().execute()
        training for 2 epochs
    """

    __xpmid__ = "experimaestro.core.objects.config.task"
    __xpm_task__ = True

    @overload
    def submit(
        self: _Submits[R_co],
        *,
        workspace: object | None = None,
        launcher: object | None = None,
        run_mode: RunMode | None = None,
        init_tasks: Iterable[LightweightTask] = (),
        max_retries: int | None = None,
        transient: TransientMode | None = None,
    ) -> R_co: ...
    @overload
    def submit(
        self: _HasOutputs[R_co],
        *,
        workspace: object | None = None,
        launcher: object | None = None,
        run_mode: RunMode | None = None,
        init_tasks: Iterable[LightweightTask] = (),
        max_retries: int | None = None,
        transient: TransientMode | None = None,
    ) -> R_co: ...
    @overload
    def submit(  # pyright: ignore[reportOverlappingOverload] - for all other tasks
        self,
        *,
        workspace: object | None = None,
        launcher: object | None = None,
        run_mode: RunMode | None = None,
        init_tasks: Iterable[LightweightTask] = (),
        max_retries: int | None = None,
        transient: TransientMode | None = None,
    ) -> Self: ...
    def submit(
        self,
        *,
        workspace: object | None = None,
        launcher: object | None = None,
        run_mode: RunMode | None = None,
        init_tasks: Iterable[LightweightTask] = (),
        max_retries: int | None = None,
        transient: TransientMode | None = None,
    ) -> Any:
        """Hand the task to the current experiment, and return its outputs.

        Args:
            workspace: Where the job gets its folder; by default, the experiment's workspace.
            launcher: How the job is started; by default, the workspace's launcher.
            run_mode: What is done with the task; by default, the experiment's mode.
            init_tasks: Executed in the job before the task, in order; part of its identifier.
            max_retries: How many times a resumable task is started again after a timeout.
            transient: Whether the task is run, and kept, for its own sake.

        Returns:
            What `__submit__` or `task_outputs` return; without them, the task itself.

        Raises:
            SubmitError: It was submitted before, has no `execute`, or there is no experiment.
            ConfigError: Its parameters are not valid; all the mistakes are told.
        """
        # Lazy: declaring tasks does not need what submits them
        from xpm_config.submission import submit

        return submit(
            self,
            workspace=workspace,
            launcher=launcher,
            run_mode=run_mode,
            init_tasks=init_tasks,
            max_retries=max_retries,
            transient=transient,
        )

    def watch_output(self, method: Callable[..., Any], callback: Callable[[Any], object]) -> Self:
        """Call `callback` with each dynamic output that `method` describes, past ones included.

        Args:
            method: A method of a configuration below the task, as `validation.checkpoint`.
            callback: Gets the configuration that the method returns; it may submit tasks.

        Raises:
            TypeError: The task is not resumable, or `method` is no method of a configuration.
        """
        from xpm_config.submission import watch_output  # lazy

        watch_output(self, method, callback)
        return self

    def report(self, /, **values: Any) -> None:
        """Keep values that the task found, e.g. `self.report(accuracy=0.93)`, in its job.

        They go to `results.json` in the folder of the job, beside those reported before; a value
        of the same name is replaced. `experimaestro results` makes a table of them. Outside a job,
        nothing is kept. Called in `execute`.

        Args:
            values: Numbers (also those of NumPy, PyTorch...), texts, booleans, None, and lists and
                dictionaries of these.

        Raises:
            TypeError: A value is nothing of that.

        Durability: the file holds the values when this returns, and survives the death of the
            process.
        """
        from xpm_config.reporting import plain_values  # lazy: for tasks that report
        from xpm_config.runtime import current_runtime

        current_runtime().report(plain_values(values))

    def on_completed(self, callback: Callable[[], None]) -> Self:
        """Call `callback` once the job is done, or if it was done before; before `submit`.

        Raises:
            SubmitError: The task was already submitted.
        """
        from xpm_config.submission import on_completed  # lazy

        on_completed(self, callback)
        return self


class ResumableTask(Task):
    """A task that can be started again where it stopped: its folder is kept.

    It is started again after a timeout, and may announce outputs as it runs.
    """

    __xpmid__ = "experimaestro.core.objects.config.resumabletask"
    __xpm_resumable__ = True

    def remaining_time(self) -> float | None:
        """Seconds before the job is stopped; None without a limit or when not known."""
        from xpm_config.progress import remaining_time  # lazy

        return remaining_time()


class SerializationLWTask(LightweightTask):
    """An init task that loads a state into `value`."""

    __xpmid__ = "experimaestro.core.serializers.serializationlwtask"

    value: Param[Config]


class PathSerializationLWTask(SerializationLWTask):
    """An init task that loads a state, kept in `path`, into `value`."""

    __xpmid__ = "experimaestro.core.serializers.pathserializationlwtask"

    path: DataPath

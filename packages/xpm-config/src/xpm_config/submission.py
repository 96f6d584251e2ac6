"""What `task.submit()` does, from the refusal of a second submission to the task's outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config.assignment import TagWrapper
from xpm_config.errors import SubmitError
from xpm_config.graph import is_configuration, walk
from xpm_config.instances import DirectoryContext
from xpm_config.modes import RunMode, TransientMode
from xpm_config.outputs import task_outputs
from xpm_config.paths import job_path
from xpm_config.runtime import SubmitRequest, Submitter, WatchedOutput, current_submitter
from xpm_config.serialization.modules import is_loading_script
from xpm_config.state import Place, caller

if TYPE_CHECKING:
    from xpm_config.config import Config
    from xpm_config.tasks import Task

__all__ = ["SubmitHook", "submit_hooks"]

K = TypeVar("K", bound=type)


@dataclass(slots=True)
class Submission:
    """What is known of a task's submission: what waits for it, then where it was made."""

    watched: list[WatchedOutput] = field(default_factory=list)
    completed: list[Callable[[], None]] = field(default_factory=list)
    place: Place | None = None
    prepared_by: Config | None = None


def submission_of(config: Config) -> Submission:
    """What is known of a configuration's submission, made if there is nothing yet."""
    information = config.__xpm__
    submission: Submission | None = information.submission
    if submission is None:
        submission = information.submission = Submission()
    return submission


class SubmitHook(ABC):
    """A change to make to the jobs of all tasks that use a class; a decorator of this class.

    Two hooks of the same type whose `spec` is the same are one hook: it is applied once.

    Example:
        >>> class JavaHome(SubmitHook):
        ...     def __init__(self, path: str): self.path = path
        ...     def spec(self): return self.path
        ...     def process(self, job, launcher): job.environ["JAVA_HOME"] = self.path
        >>> @JavaHome("/opt/java")
        ... class Index(Task):
        ...     def execute(self): ...
    """

    @abstractmethod
    def spec(self) -> Hashable:
        """What tells the hook from others of its type."""

    @abstractmethod
    def process(self, job: Any, launcher: Any) -> None:
        """Change a job before it is started; called by the scheduler."""

    def __call__(self, cls: K) -> K:
        """Apply the hook to a class and those derived from it."""
        own = cls.__dict__.get("__xpm_submit_hooks__", ())
        cls.__xpm_submit_hooks__ = (*own, self)  # type: ignore[attr-defined]
        return cls

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.spec() == other.spec()

    def __hash__(self) -> int:
        return hash((type(self), self.spec()))


def submit_hooks(task: Config) -> list[SubmitHook]:
    """The hooks of the classes below a task, each once; those of other tasks are not followed."""
    found: dict[SubmitHook, None] = {}
    for config in walk(task, other_tasks=False):
        for cls in reversed(type(config).__mro__):
            found.update(dict.fromkeys(cls.__dict__.get("__xpm_submit_hooks__", ())))
    return list(found)


def watch_output(task: Task, method: Callable[..., Any], callback: Callable[[Any], object]) -> None:
    """See `Task.watch_output`."""
    if not getattr(type(task), "__xpm_resumable__", False):
        raise TypeError(
            f"{type(task).__qualname__} is no ResumableTask: only those announce outputs as they "
            "run."
        )
    owner: Any = getattr(method, "__self__", None)
    if not is_configuration(owner):
        raise TypeError(
            "watch_output() takes a method of a configuration, as validation.checkpoint; "
            f"got {method!r}."
        )
    if submission_of(task).place is None:
        submission_of(task).watched.append(WatchedOutput(owner, method.__name__, callback))
    elif task.__xpm__.job is not None:  # a simulated task has none, and no output
        task.__xpm__.job.watch_output(method, callback)


def on_completed(task: Task, callback: Callable[[], None]) -> None:
    """See `Task.on_completed`."""
    _require_not_submitted(task, "add a callback to")
    submission_of(task).completed.append(callback)


def _require_not_submitted(task: Task, what: str) -> None:
    """Refuse what would have no effect, as the task was submitted."""
    place = submission_of(task).place
    if place is not None:
        raise SubmitError(
            f"You cannot {what} {task!r} any more: it was submitted at {place}. Do it before."
        )


def submit(
    task: Task,
    *,
    workspace: object | None,
    launcher: object | None,
    run_mode: RunMode | None,
    init_tasks: Iterable[Config],
    max_retries: int | None,
    transient: TransientMode | None,
) -> Any:
    """See `Task.submit`."""
    place = caller(1)
    _require_submittable(task, run_mode)
    submitter = _submitter(task, run_mode)
    if RunMode.DRY_RUN not in (run_mode, submitter and submitter.run_mode):
        _require_execute(task)
    information = task.__xpm__
    information.init_tasks = _checked_init_tasks(task, init_tasks)
    information.validate()
    seal_in_job_folder(task, _root(workspace, submitter))
    # As in 2.x: the identifiers of preparations are kept from now on
    for preparation in _preparations(task):
        str(preparation.__xpm__.identifier)
    submission = submission_of(task)
    request = SubmitRequest(
        launcher=launcher,
        workspace=workspace,
        run_mode=run_mode,
        init_tasks=tuple(information.init_tasks),
        max_retries=max_retries,
        transient=TransientMode.NONE if transient is None else TransientMode(transient),
        watched=tuple(submission.watched),
        on_completed=tuple(submission.completed),
        hooks=tuple(submit_hooks(task)),
    )
    information.task = task
    if submitter is not None:
        try:
            information.job = submitter.submit(task, request)
        except BaseException:
            information.task = None
            raise
    submission.place = place
    return task_outputs(task, submitter)


def _require_submittable(task: Task, run_mode: RunMode | None) -> None:
    """Refuse what is no configuration, or was submitted."""
    name = type(task).__qualname__.removesuffix(".XPMConfig")
    if not is_configuration(task):
        raise SubmitError(
            f"submit() was called on a value object: build the task with {name}.C(...)."
        )
    place = submission_of(task).place
    if place is not None:
        raise SubmitError(f"{task!r} was already submitted, at {place}: submit a copy of it.")
    if task.__xpm__.task is not None:
        raise SubmitError(f"{task!r} is a submitted task that was loaded: submit a copy of it.")


def _require_execute(task: Task) -> None:
    """Refuse a task that has nothing to run."""
    from xpm_config.tasks import LightweightTask  # its module leads here

    value_class = task.__xpm__.xpmtype.value_class
    if value_class.execute is LightweightTask.execute:
        raise SubmitError(
            f"{value_class.__qualname__} has no method execute(self), so there is nothing to run."
        )


def _submitter(task: Task, run_mode: RunMode | None) -> Submitter | None:
    """What receives the task; None for a dry run outside an experiment."""
    if is_loading_script():
        raise SubmitError(
            f"{task!r} is submitted by a script that is only read for the classes that it "
            'defines. Put what it runs under `if __name__ == "__main__":`.'
        )
    submitter = current_submitter()
    if submitter is None and run_mode is not RunMode.DRY_RUN:
        raise SubmitError(
            f"There is no experiment to submit {task!r} to: submit it inside "
            "`with experiment(workdir, name):` (pip install experimaestro), or run it here "
            "with .instance().execute()."
        )
    return submitter


def _checked_init_tasks(task: Task, init_tasks: Iterable[Any]) -> list[Any]:
    """The init tasks, some of them in `stop_tags(...)`, each checked."""
    checked = list(init_tasks)
    for given in checked:
        is_stop = isinstance(given, TagWrapper) and given.is_stop and not given.is_tag
        init_task = given.value if is_stop else given
        if not is_configuration(init_task) or not hasattr(init_task, "execute"):
            raise SubmitError(
                f"{given!r} cannot be an init task of {task!r}: expected the configuration of a "
                "LightweightTask, made with .C(...)."
            )
    return checked


def seal_in_job_folder(task: Task, root: Path) -> None:
    """Seal a task, its generated paths below the folder that its identifier names.

    Sealing may change the identifier: a parameter left out because it equals a default without
    generated paths enters once it has them. The job is named by the final one.
    """
    information = task.__xpm__
    type_name = information.xpmtype.name
    fresh = [config._xpm for config in walk(task, other_tasks=False) if not config._xpm.sealed]
    expected = str(information.identifier)
    while True:
        folder = job_path(root, type_name, expected)
        information.seal(DirectoryContext(folder, workspace=root))
        final = str(information.identifier)
        if final == expected:
            return
        expected = final
        for state in fresh:
            state.sealed = False
            state.changed()


def _root(workspace: object | None, submitter: Submitter | None) -> Path:
    """The root of the workspace where the job is placed; relative when there is none."""
    if workspace is not None:
        path: Any = getattr(workspace, "path", workspace)
        return Path(path)
    return Path() if submitter is None else submitter.workspace_path


def _preparations(task: Task) -> list[Config]:
    """The preparations below a task, without their module when no class needs it."""
    import sys  # lazy

    module = sys.modules.get("xpm_config.prepare")
    found: list[Config] = [] if module is None else module.preparations(task)
    return found

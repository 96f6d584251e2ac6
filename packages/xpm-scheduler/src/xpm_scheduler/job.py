"""A job: a submitted task, what is known of it, and how to wait for its end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.modes import TransientMode
from xpm_store.layout import JobFolder
from xpm_store.states import FailureReason, JobState

from xpm_scheduler.errors import SchedulerError, WaitInCallback

if TYPE_CHECKING:
    from xpm_config.config import Config

    from xpm_scheduler.core import JobKey
    from xpm_scheduler.dynamic_outputs import WatchedJob
    from xpm_scheduler.experiment import experiment
    from xpm_scheduler.launchers.base import Launcher, Process
    from xpm_scheduler.loop import Scheduler
    from xpm_scheduler.shared import Demand
    from xpm_scheduler.workspace import ExperimentWorkspace

__all__ = ["Job"]

# One lock for the short lists of those who wait: a lock per job would cost more than the job.
_waiters_lock = threading.Lock()


class Job:
    """A submitted task.

    Made by `submit()`. Its state is kept up to date by the scheduler; reading it is always safe.

    Attributes:
        identifier: The 64 hexadecimal digits of the task's identifier.
        task_id: The lower-case type name of the task.
        folder: Every path of the job.
        config: The task.
        launcher: How it is started.
        attacher: Finds its process again: the launcher that was asked for, which may have chosen.
        workspace: Where it is.
        dependencies: The jobs that must be done before it is started.
        demands: What it must hold while it runs: tokens, partial folders.
        max_retries: How many times it is started again after a timeout, if it is resumable.
        transient: Whether it is run, and kept, for its own sake.
        state: Where it stands.
        failure_reason: Why it is in error, if it is.
        message: What is known of its failure, in a few words.
        retry_count: How many times it was started again.
        exit_code: The exit code of its last process, when it is known.
        starttime: When its last process was started or found, in Unix seconds.
        endtime: When it ended, in Unix seconds.
    """

    __slots__ = (
        "__weakref__",
        "_callbacks",
        "_environ",
        "_settled",
        "_waiters",
        "attacher",
        "config",
        "demands",
        "dependencies",
        "endtime",
        "exit_code",
        "experiments",
        "failure_reason",
        "folder",
        "is_calling_back",
        "is_withdrawn",
        "key",
        "launcher",
        "max_retries",
        "message",
        "outputs",
        "process",
        "retry_count",
        "scheduler",
        "starttime",
        "state",
        "transient",
        "workspace",
    )

    def __init__(
        self,
        config: Config,
        folder: JobFolder,
        *,
        launcher: Launcher,
        workspace: ExperimentWorkspace,
        dependencies: tuple[Job, ...] = (),
        max_retries: int = 0,
        transient: TransientMode = TransientMode.NONE,
    ) -> None:
        self.config = config
        self.folder = folder
        self.launcher = self.attacher = launcher
        self.workspace = workspace
        self._environ: dict[str, str] | None = None
        self.dependencies = dependencies
        self.demands: tuple[Demand, ...] = ()
        self.max_retries = max_retries
        self.transient = transient
        self.state: JobState = JobState.UNSCHEDULED
        self.failure_reason: FailureReason | None = None
        self.message: str | None = None
        self.retry_count = 0
        self.exit_code: int | None = None
        self.starttime: float | None = None
        self.endtime: float | None = None
        # what follows belongs to the scheduler
        self.scheduler: Scheduler | None = None
        self.key: JobKey | None = None
        self.process: Process | None = None
        self.outputs: WatchedJob | None = None
        self.experiments: tuple[experiment, ...] = ()
        self.is_withdrawn = False
        self.is_calling_back = False
        self._callbacks: tuple[Callable[[], object], ...] = ()
        self._settled = True
        self._waiters: list[Callable[[], object]] | None = None

    def __repr__(self) -> str:
        return f"<Job {self.task_id}/{self.identifier[:8]}… {self.state}>"

    # --- what it is

    @property
    def identifier(self) -> str:
        """The 64 hexadecimal digits of the task's identifier."""
        return self.folder.job_id

    @property
    def task_id(self) -> str:
        """The lower-case type name of the task."""
        return self.folder.task_id

    @property
    def type(self) -> Any:
        """The type of the task."""
        return self.config.__xpm__.xpmtype

    @property
    def name(self) -> str:
        """The base name of the job's files: the last part of the task id."""
        return self.folder.name

    @property
    def tags(self) -> dict[str, Any]:
        """The tags found below the task."""
        return dict(self.config.__xpm__.tags())

    @property
    def environ(self) -> dict[str, str]:
        """Variables for this job alone, on top of all others."""
        if self._environ is None:  # few jobs have any
            self._environ = {}
        return self._environ

    @property
    def resumable(self) -> bool:
        """Whether the task can be started again where it stopped."""
        return bool(getattr(type(self.config), "__xpm_resumable__", False))

    @property
    def python_path(self) -> tuple[Path, ...]:
        """The folders where the job finds the task's module."""
        return self.workspace.job_python_path()

    # --- where it is

    @property
    def path(self) -> Path:
        """The folder of the job, its working folder."""
        return self.folder.path

    @property
    def jobpath(self) -> Path:
        """The same as `path`."""
        return self.folder.path

    @property
    def relpath(self) -> Path:
        """The folder of the job, relative to `jobs` in the workspace."""
        return Path(self.task_id) / self.identifier

    @property
    def basepath(self) -> Path:
        """The path of the job's files without their extension."""
        return self.folder.path / self.folder.name

    @property
    def stdout(self) -> Path:
        """What the job prints."""
        return self.folder.stdout

    @property
    def stderr(self) -> Path:
        """What the job prints as errors, its logs included."""
        return self.folder.stderr

    @property
    def pidpath(self) -> Path:
        """The record of its process; there while it runs."""
        return self.folder.pid

    @property
    def lockpath(self) -> Path:
        """The lock held while the job is started, then while it runs."""
        return self.folder.lock

    @property
    def donepath(self) -> Path:
        """The marker of success."""
        return self.folder.done

    @property
    def failedpath(self) -> Path:
        """The marker of failure, with its reason."""
        return self.folder.failed

    @property
    def task_outputs_path(self) -> Path:
        """The dynamic outputs, a line each."""
        return self.folder.task_outputs

    # --- what it needs and gives

    def add_dependencies(self, *dependencies: Job | Demand) -> Job:
        """Makes the job wait for others, or need tokens: for hooks and listeners of launchers.

        Raises:
            SchedulerError: The job is followed by the scheduler already.
            NotEnoughUnits: It asks for more units of a token than there are.
        """
        from xpm_scheduler.dependencies import merge_demands  # its module needs this one

        if not self._settled:
            raise SchedulerError(
                f"{self!r} was submitted: its dependencies are settled. Add them in a listener of "
                "its launcher or in a submit hook"
            )
        jobs = [one for one in dependencies if isinstance(one, Job)]
        self.dependencies = tuple(dict.fromkeys((*self.dependencies, *jobs)))
        demands = [one for one in dependencies if not isinstance(one, Job)]
        self.demands = merge_demands((*self.demands, *demands))
        return self

    def watch_output(self, method: Callable[..., Any], callback: Callable[[Any], object]) -> None:
        """Calls back with each dynamic output that `method` describes, those of before included.

        Args:
            method: A method of a configuration below the task, as `validation.checkpoint`.
            callback: Gets the configuration that the method returns; it may submit tasks.

        Raises:
            TypeError: The task is not resumable, or `method` is no method of a configuration.
            NoExperiment: There is no current experiment.
        """
        from xpm_scheduler.experiment import experiment  # its module needs this one

        experiment.current().watch_job(self, method, callback)

    # --- how it ends

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be expected: finished and told, or not followed."""
        return self._settled

    def wait(self, timeout_s: float | None = None) -> JobState:
        """Blocks until the job has ended and its callbacks have returned, and gives its state.

        A job that nobody runs (a dry run, an experiment that was left) returns at once.

        Args:
            timeout_s: How long to wait at most, in seconds; None waits as long as it takes.

        Raises:
            WaitInCallback: It is called by a callback, and the job has not ended.
        """
        if not self._settled:
            self._refuse_in_callback()
            event = threading.Event()
            self.when_settled(event.set)
            event.wait(timeout_s)
        return self.state

    def __await__(self) -> Generator[Any, None, JobState]:
        """Waits for the end in a coroutine, of any event loop."""
        return self._wait_in_loop().__await__()

    async def _wait_in_loop(self) -> JobState:
        if not self._settled:
            loop = asyncio.get_running_loop()
            event = asyncio.Event()

            def tell() -> None:
                # the loop of who waits may be gone: then there is nobody to tell
                if not loop.is_closed():
                    loop.call_soon_threadsafe(event.set)

            self.when_settled(tell)
            await event.wait()
        return self.state

    def when_settled(self, tell: Callable[[], object]) -> None:
        """Calls `tell` (short, and that does not raise) once the job is settled; at once if it is.

        Concurrency: `tell` is called in any thread.
        """
        with _waiters_lock:
            if not self._settled:
                if self._waiters is None:
                    self._waiters = []
                self._waiters.append(tell)
                return
        tell()

    def finalState(self) -> JobState:
        """The same as `wait()`."""
        return self.wait()

    def _refuse_in_callback(self) -> None:
        if self.scheduler is not None and self.scheduler.callbacks.is_current:
            raise WaitInCallback(f"the job {self.task_id}/{self.identifier}")

    # --- for the scheduler

    def follow(self, scheduler: Scheduler, key: JobKey) -> None:
        """The scheduler takes charge of the job, for the first time or again."""
        self.scheduler = scheduler
        self.key = key
        self.is_withdrawn = False
        self.is_calling_back = False
        self.state = JobState.UNSCHEDULED
        self.failure_reason = None
        self.message = None
        self._settled = False

    def add_callbacks(self, callbacks: tuple[Callable[[], object], ...]) -> None:
        """Adds functions to be called once when the job is done."""
        self._callbacks += callbacks

    def take_callbacks(self) -> tuple[Callable[[], object], ...]:
        """Takes the callbacks away: each is called once, whatever comes after."""
        callbacks, self._callbacks = self._callbacks, ()
        return callbacks

    @property
    def has_callbacks(self) -> bool:
        """Whether functions are to be called when the job is done."""
        return bool(self._callbacks)

    def settle(self) -> None:
        """Nothing more is to be expected: tells those who wait."""
        with _waiters_lock:
            self._settled = True
            waiters, self._waiters = self._waiters, None
        for tell in waiters or ():
            tell()

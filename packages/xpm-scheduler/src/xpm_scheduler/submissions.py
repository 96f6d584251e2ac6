"""From a submitted task to a job that the scheduler follows, once per identifier."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.graph import is_configuration
from xpm_config.runtime import SubmitRequest
from xpm_store.layout import JobFolder
from xpm_store.records import SubmittedJob
from xpm_store.states import JobState

from xpm_scheduler.dependencies import demands_of, dependencies_of
from xpm_scheduler.dynamic_outputs import OutputWatch
from xpm_scheduler.errors import SchedulerError
from xpm_scheduler.job import Job
from xpm_scheduler.launchers.dynamic import choose_launcher

if TYPE_CHECKING:
    from xpm_config.serialization import ObjectStream
    from xpm_config.tasks import Task

    from xpm_scheduler.experiment import experiment
    from xpm_scheduler.loop import Scheduler
    from xpm_scheduler.run_jobs import RunJobs
    from xpm_scheduler.workspace import ExperimentWorkspace

__all__ = ["Submissions"]


class Submissions:
    """Makes the jobs of one run, and keeps those of other runs that they need.

    Concurrency: the caller holds the lock of the run.

    Attributes:
        adopted: Jobs of other runs that jobs of this one depend on.
    """

    def __init__(self, run: experiment, jobs: RunJobs) -> None:
        self.adopted: list[Job] = []
        self._run = run
        self._jobs = jobs
        self._stream: ObjectStream | None = None
        self._task_folders: dict[str, Path] = {}

    @property
    def _scheduler(self) -> Scheduler:
        return self._run.scheduler

    @property
    def _workspace(self) -> ExperimentWorkspace:
        return self._run.workspace

    def submit(self, task: Task, request: SubmitRequest) -> Job:
        """The job of a task, followed for this run; the lock of the scheduler is held."""
        folder = self._folder(task)
        job = self._scheduler.find(folder.path)
        callbacks = tuple(_in_context(callback) for callback in request.on_completed)
        if job is None:
            job = self.new_job(task, request, folder)
            self._follow(job, callbacks)
        elif job.is_settled and not (job.state is JobState.DONE and job in self._jobs):
            self._set_needs(job, task, request)
            self._follow(job, callbacks)
        else:
            self._merge(job, request, callbacks)
        for watched in request.watched:
            callback = _with_argument_in_context(watched.callback)
            self._watch(job, OutputWatch(self._run, task, watched.config, watched.method, callback))
        return job

    def watch_method(
        self, job: Job, method: Callable[..., Any], callback: Callable[[Any], object]
    ) -> None:
        """Calls back with the outputs of a job that was submitted before.

        Raises:
            TypeError: Its task is not resumable, or `method` is no method of a configuration.
        """
        owner: Any = getattr(method, "__self__", None)
        if not job.resumable:
            raise TypeError(f"{job.task_id} is no ResumableTask: only those announce outputs")
        if not is_configuration(owner):
            raise TypeError(
                "watch_output() takes a method of a configuration, as validation.checkpoint; "
                f"got {method!r}"
            )
        callback = _with_argument_in_context(callback)
        self._watch(job, OutputWatch(self._run, job.config, owner, method.__name__, callback))

    def _watch(self, job: Job, watch: OutputWatch) -> None:
        """The run does not end before the callback has been given what there is now."""
        self._jobs.begin_callback()
        self._scheduler.watch_output(job, watch, self._jobs.end_callback)

    def new_job(self, task: Task, request: SubmitRequest, folder: JobFolder | None = None) -> Job:
        """The job of a task, that nobody follows yet."""
        launcher: Any = request.launcher or self._workspace.launcher
        self._check_request(request)
        job = Job(
            task,
            folder or self._folder(task),
            launcher=choose_launcher(launcher),
            workspace=self._workspace,
            max_retries=(
                self._workspace.max_retries if request.max_retries is None else request.max_retries
            ),
            transient=request.transient,
        )
        job.attacher = launcher
        self._set_needs(job, task, request)
        return job

    def _set_needs(self, job: Job, task: Task, request: SubmitRequest) -> None:
        """What the job waits for, then what listeners of its launcher and hooks add to it."""
        job.dependencies = dependencies_of(task)
        job.demands = demands_of(task, self._workspace.layout)
        job.launcher.onSubmit(job)
        for hook in request.hooks:
            hook.process(job, job.launcher)

    def _follow(self, job: Job, callbacks: tuple[Callable[[], object], ...]) -> None:
        """Hands a job to the scheduler, once it is in the records of the run."""
        for dependency in job.dependencies:
            self._adopt(dependency)
        self._record(job)
        self._jobs.add(job)
        job.add_callbacks(callbacks)
        self._scheduler.join(job, self._run)
        self._scheduler.submit(job)

    def _merge(
        self, job: Job, request: SubmitRequest, callbacks: tuple[Callable[[], object], ...]
    ) -> None:
        """The job is followed already: for this run too, with the more conservative wishes."""
        self._check_request(request)
        self._record(job)
        self._jobs.add(job)
        job.add_callbacks(callbacks)
        job.transient = min(job.transient, request.transient)
        if request.max_retries is not None:
            job.max_retries = max(job.max_retries, request.max_retries)
        self._scheduler.merge(job, self._run)

    def _adopt(self, job: Job) -> None:
        """Keeps a job of another run going for as long as this run needs it, and what it needs."""
        stack = [job]
        while stack:
            one = stack[-1]
            missing = [
                other
                for other in one.dependencies
                if self._run not in other.experiments and other.state is not JobState.DONE
            ]
            if missing and self._run not in one.experiments:
                stack += missing
                continue
            stack.pop()
            if self._run in one.experiments:
                continue
            self._scheduler.join(one, self._run)
            self.adopted.append(one)
            if self._scheduler.find(one.path) is not one:
                self._scheduler.submit(one)

    def _record(self, job: Job) -> None:
        """Writes the job and its objects in the files of the run."""
        recorder = self._run.recorder
        if job in self._jobs:
            return
        recorder.job_submitted(
            SubmittedJob(
                job.identifier,
                job.task_id,
                job.tags,
                tuple(other.identifier for other in job.dependencies),
                int(job.transient),
                time.time(),
            ),
            self._objects().definitions(job.config),
        )

    def _folder(self, task: Task) -> JobFolder:
        """The folder of the task's job. The folder of its type is kept: joining paths is slow."""
        information = task.__xpm__
        task_id = information.xpmtype.name
        parent = self._task_folders.get(task_id)
        if parent is None:
            parent = self._task_folders[task_id] = self._workspace.layout.jobs / task_id
        return JobFolder(parent / str(information.identifier))

    def _check_request(self, request: SubmitRequest) -> None:
        workspace = request.workspace
        if workspace is None:
            return
        path: Any = getattr(workspace, "path", workspace)
        if Path(path).absolute() != self._workspace.path:
            raise SchedulerError(
                f"the task was to be submitted in the workspace {path}, and this experiment is in "
                f"{self._workspace.path}: open an experiment there"
            )

    def record_action(self, identifier: str, action: Any) -> None:
        """Writes an action and its objects in the files of the run."""
        cls = action.__xpm__.xpmtype.cls
        self._run.recorder.action_added(
            identifier,
            str(action.describe()),
            f"{cls.__module__}.{cls.__qualname__}",
            self._objects().definitions(action),
        )

    def _objects(self) -> ObjectStream:
        if self._stream is None:
            from xpm_config.serialization import ObjectStream  # lazy: not for dry runs

            self._stream = ObjectStream()
        return self._stream


def _in_context(callback: Callable[[], object]) -> Callable[[], object]:
    """The callback as it would run here: what it submits goes to the experiment of this block."""
    context = contextvars.copy_context()
    return lambda: context.run(callback)


def _with_argument_in_context(callback: Callable[[Any], object]) -> Callable[[Any], object]:
    """As `_in_context`, for callbacks that are given something, any number of times."""
    context = contextvars.copy_context()
    return lambda output: context.run(callback, output)

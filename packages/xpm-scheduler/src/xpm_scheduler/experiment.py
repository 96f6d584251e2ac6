"""An experiment: the `with` block in which tasks are submitted, and that ends when they have."""

from __future__ import annotations

import logging
import socket
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from xpm_config.modes import RunMode
from xpm_config.runtime import SubmitRequest, current_submitter, submitting
from xpm_store.recorders import RunRecorder
from xpm_store.settings import WorkspaceSettings
from xpm_store.states import FailureReason, JobState, RunStatus

from xpm_scheduler.dry_run import Simulation
from xpm_scheduler.environment import (
    DirtyGitAction,
    calling_project,
    capture_environment,
    check_git,
)
from xpm_scheduler.errors import (
    ExperimentStopped,
    FailedExperiment,
    GracefulExperimentExit,
    NoExperiment,
    NotInThisMode,
    SchedulerError,
    WaitInCallback,
)
from xpm_scheduler.experiment_lock import hold_experiment
from xpm_scheduler.job import Job
from xpm_scheduler.loop import Scheduler
from xpm_scheduler.names import check_experiment_name
from xpm_scheduler.report import report_failures, report_running
from xpm_scheduler.run_jobs import RunJobs
from xpm_scheduler.run_surroundings import RunSurroundings
from xpm_scheduler.saved import load_saved, save_in
from xpm_scheduler.submissions import Submissions
from xpm_scheduler.transient import remove_transient
from xpm_scheduler.workspace import open_workspace

if TYPE_CHECKING:
    from typing import Self

    from xpm_config.config import Config
    from xpm_config.tasks import Task

    from xpm_scheduler.launchers.base import Launcher
    from xpm_scheduler.services.base import Service
    from xpm_scheduler.tokens import CounterToken

    S = TypeVar("S", bound=Service)

__all__ = ["experiment"]

logger = logging.getLogger("xpm")

_START_TIMEOUT_S = 30.0
"""How long to wait, when leaving early, for jobs that are just being started."""

_IGNORED = ("host", "port", "token", "wait_for_quit", "no_db")


class _Current:
    """`experiment.CURRENT`, for code that was written with it."""

    def __get__(self, instance: object, owner: type[experiment]) -> experiment:
        return owner.current()


class experiment:
    """The tasks submitted in this `with` block are run; it is left when they have ended.

    Example:
        >>> with experiment(workdir, "sweep") as xp:  # doctest: +SKIP
        ...     task = Train.C(lr=1e-3).submit()
        ...     Evaluate.C(model=task).submit()

    Leaving the block normally waits for the jobs. If some failed, the run is recorded as failed and
    each gets a line in the log; nothing is raised, unless `raise_on_failure`. An exception, Ctrl+C
    included, leaves at once: the jobs that run go on, and the next run of the experiment finds
    them. So does `GracefulExperimentExit`, which is not passed on.

    Args:
        env: The folder of the workspace, or its settings.
        name: The name of the experiment, that of its folder.
        run_mode: What is done with the tasks.
        launcher: How jobs are started; by default as processes of this machine.
        register_signals: Kept for callers that give it; Ctrl+C is Python's `KeyboardInterrupt`.
        project_paths: Folders of the projects whose git state is recorded; by default, that of the
            file that makes the experiment.
        dirty_git: What to do when one has changes that are not committed: `ignore`, `warn` or
            `error`.
        raise_on_failure: Raise `FailedExperiment` at the end if jobs failed.
        lock_timeout_s: How long to wait, in seconds, when another run of the experiment goes on;
            None waits as long as it takes, 0 fails at once.
        no_environmental_impact: The energy of jobs is not measured, whatever the settings say.
        report: Say in the log, at the end, which jobs failed and which go on.
        ignored: `host`, `port`, `token`, `wait_for_quit`, `no_db`: accepted with a warning.

    Raises:
        InvalidExperimentName: The name cannot be that of a folder.

    Concurrency: tasks may be submitted from any thread. Several experiments may be open at once.
    """

    CURRENT: ClassVar[_Current] = _Current()

    def __init__(
        self,
        env: str | Path | WorkspaceSettings,
        name: str,
        *,
        run_mode: RunMode | str = RunMode.NORMAL,
        launcher: Launcher | None = None,
        register_signals: bool = True,
        project_paths: Iterable[str | Path] | None = None,
        dirty_git: DirtyGitAction | str = DirtyGitAction.WARN,
        raise_on_failure: bool = False,
        lock_timeout_s: float | None = None,
        no_environmental_impact: bool = False,
        report: bool = True,
        **ignored: object,
    ) -> None:
        _warn_ignored(ignored)
        self.name = check_experiment_name(name)
        self.run_mode = RunMode(run_mode)
        self.raise_on_failure = raise_on_failure
        self.lock_timeout_s = lock_timeout_s
        self.workspace = open_workspace(env, launcher)
        self.hostname = socket.gethostname()
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.status = RunStatus.RUNNING
        self.report = report
        self.carbon_impact: dict[str, Any] | None = None
        self._measures_energy = not no_environmental_impact
        self._dirty_git = DirtyGitAction.read(dirty_git)
        self._projects = [Path(path) for path in project_paths or ()] or calling_project()
        self._lock = threading.RLock()
        self._stack = ExitStack()
        self._is_open = False
        self._jobs = RunJobs()
        self._actions: dict[str, Config] = {}
        self._submissions = Submissions(self, self._jobs)
        self._problems: list[BaseException] = []
        self._surroundings = RunSurroundings(self.workspace)
        self._simulation = Simulation()
        self._recorder: RunRecorder | None = None
        self._scheduler: Scheduler | None = None

    @classmethod
    def current(cls) -> experiment:
        """The innermost experiment that is open.

        Raises:
            NoExperiment: There is none.
        """
        submitter = current_submitter()
        if not isinstance(submitter, experiment):
            raise NoExperiment
        return submitter

    # --- what it is

    @property
    def experiment_id(self) -> str:
        """The same as `name`."""
        return self.name

    @property
    def workspace_path(self) -> Path:
        """The root of the workspace."""
        return self.workspace.path

    @property
    def run_id(self) -> str:
        """The name of this run; `dry-run` when nothing is run.

        Raises:
            SchedulerError: The experiment was not entered.
        """
        if self.run_mode is not RunMode.NORMAL:
            return "dry-run"
        return self.recorder.run_id

    @property
    def workdir(self) -> Path | None:
        """The folder of this run; None before it is entered, and when nothing is run."""
        return None if self._recorder is None else self._recorder.run.path

    @property
    def resultspath(self) -> Path:
        """A folder for the results of this run; it is not created.

        Raises:
            NotInThisMode: Nothing is run.
        """
        self._only_when_run("resultspath")
        return self.recorder.run.results

    @property
    def jobspath(self) -> Path:
        """The folder of links to the jobs of this run.

        Raises:
            NotInThisMode: Nothing is run.
        """
        self._only_when_run("jobspath")
        return self.recorder.run.jobs_dir

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler of this process."""
        if self._scheduler is None:
            self._scheduler = Scheduler.current()
        return self._scheduler

    @property
    def jobs(self) -> dict[str, Job]:
        """The jobs of this run by identifier, in the order of their submission."""
        return self._jobs.as_dict()

    @property
    def tags(self) -> dict[str, dict[str, Any]]:
        """The tags of each job, by identifier."""
        return {job.identifier: job.tags for job in self._jobs.all()}

    @property
    def dependencies(self) -> dict[str, list[str]]:
        """The identifiers of the jobs that each job waits for."""
        return {
            job.identifier: [other.identifier for other in job.dependencies]
            for job in self._jobs.all()
        }

    @property
    def actions(self) -> dict[str, Config]:
        """The actions of this run, by identifier."""
        return dict(self._actions)

    @property
    def services(self) -> dict[str, Service]:
        """The services of this run, by id."""
        return self._surroundings.services.by_id()

    @property
    def failed_jobs(self) -> list[Job]:
        """The jobs in error, those that were not started as a dependency failed included."""
        return self._jobs.failed()

    @property
    def failedJobs(self) -> dict[str, Job]:
        """The jobs in error, by identifier."""
        return {job.identifier: job for job in self._jobs.failed()}

    @property
    def unfinishedJobs(self) -> int:
        """How many jobs have not ended."""
        return self._jobs.unfinished

    @property
    def failed(self) -> bool:
        """Whether a job or a callback failed."""
        return bool(self._problems or self._jobs.failed())

    @property
    def job_counts(self) -> Mapping[JobState, int]:
        """How many jobs of this run are in each state."""
        return self._jobs.counts()

    @property
    def is_open(self) -> bool:
        """Whether it takes tasks, and its callbacks are called."""
        return self._is_open

    def token(self, name: str, count: int) -> CounterToken:
        """The token of that name where jobs run, with `count` units from now on.

        It is shared by all the experiments of the user that name it: the last one who says how
        many units there are is right.
        """
        from xpm_scheduler.tokens import create_token  # lazy: few experiments have tokens

        return create_token(self.workspace.launcher.connector, name, count)

    def setenv(self, name: str, value: str, override: bool = True) -> None:
        """Sets a variable in the environment of the jobs started from now on.

        Args:
            name: The variable.
            value: Its value.
            override: Also when it was set before.
        """
        if override:
            self.workspace.environment[name] = value
        else:
            self.workspace.environment.setdefault(name, value)

    # --- entering and leaving

    def __enter__(self) -> Self:
        if self._is_open or self.started_at is not None:
            raise SchedulerError(
                f"the experiment {self.name!r} was entered before: make a new one for another run"
            )
        self.started_at = datetime.now()
        with ExitStack() as stack:
            if self.run_mode is RunMode.NORMAL:
                self._enter_run(stack)
            stack.enter_context(submitting(self))
            self._stack = stack.pop_all()
        self._is_open = True
        return self

    def _enter_run(self, stack: ExitStack) -> None:
        """Takes the experiment, and records where and with what this run is made."""
        self.workspace.open()
        stack.enter_context(hold_experiment(self.workspace, self.name, self.lock_timeout_s))
        environment = capture_environment(self._projects)
        check_git(environment, self._dirty_git)
        # where an action finds its modules, after the run
        environment["python_path"] = [str(path) for path in self.workspace.job_python_path()]
        self._surroundings.enter(stack, measures_energy=self._measures_energy)
        self._recorder = RunRecorder.create(
            self.workspace.layout, self.name, hostname=self.hostname, environment=environment
        )

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        try:
            if self.run_mode is RunMode.NORMAL:
                self._leave_run(exc)
            elif exc is None:
                self._simulation.tell_totals()
        finally:
            self._is_open = False
            self.ended_at = datetime.now()
            self._stack.close()
        if exc is None and self.raise_on_failure and self.failed:
            own = self._jobs.failed(by_themselves=True)
            error = FailedExperiment(self.name, own, len(self._jobs.failed()))
            raise error from (self._problems[0] if self._problems else None)
        return isinstance(exc, GracefulExperimentExit)

    def _leave_run(self, exc: BaseException | None) -> None:
        status = RunStatus.FAILED
        try:
            if exc is None:
                self.wait()
                status = RunStatus.FAILED if self.failed else RunStatus.DONE
            elif isinstance(exc, GracefulExperimentExit):
                status = RunStatus.DETACHED
        finally:
            self._close_run(status)

    def _close_run(self, status: RunStatus) -> None:
        """Starts nothing more, says what is left, and completes the records."""
        with self._lock:
            self._is_open = False
        jobs = self._jobs.all()
        followed = jobs + self._submissions.adopted
        self.scheduler.withdraw(job for job in followed if job.experiments == (self,))
        self._jobs.wait_until_none_starts(_START_TIMEOUT_S)
        if self.report:
            report_failures(self._jobs.failed())
            if status is not RunStatus.DONE:
                report_running(self.name, jobs)
        self.carbon_impact = self._surroundings.leave(jobs)
        self.scheduler.part(followed, self)
        with self._lock:
            assert self._recorder is not None
            if status is RunStatus.DONE:
                remove_transient(jobs, self._recorder)
            self.status = self._recorder.complete(status, carbon_impact=self.carbon_impact)
        self._surroundings.prune(self._recorder.run)
        self.scheduler.forget(followed)

    def wait(self) -> None:
        """Blocks until all jobs have ended, and all their callbacks have returned.

        Raises:
            WaitInCallback: It is called by a callback.
            KeyboardInterrupt: Ctrl+C.
        """
        if self.run_mode is not RunMode.NORMAL:
            return
        if self.scheduler.callbacks.is_current:
            raise WaitInCallback(f"the experiment {self.name!r}")
        self._jobs.wait()

    def stop(self) -> None:
        """Starts no more jobs: `wait()` returns once those that run have ended."""
        with self._lock:
            self._is_open = False
        jobs = self._jobs.all() + self._submissions.adopted
        self.scheduler.withdraw(job for job in jobs if job.experiments == (self,))

    # --- submitting

    def submit(self, task: Task, request: SubmitRequest) -> Job:
        """Takes charge of a task that is validated, sealed and identified.

        An equal task that was submitted before has the same job; one that failed is run again.

        Raises:
            ExperimentStopped: The experiment was left.
            SchedulerError: What it asks for cannot be done.
        """
        mode = request.run_mode or self.run_mode
        with self._lock:
            if not self._is_open:
                raise ExperimentStopped(self.name)
            if mode is not RunMode.NORMAL or self.run_mode is not RunMode.NORMAL:
                job = self._submissions.new_job(task, request)
                self._simulation.simulate(
                    job, mode if mode is not RunMode.NORMAL else self.run_mode
                )
                return job
            # the scheduler's lock: two experiments may submit the same task at once
            with self.scheduler.lock:
                return self._submissions.submit(task, request)

    def watch_job(
        self, job: Job, method: Callable[..., Any], callback: Callable[[Any], object]
    ) -> None:
        """Calls back with each dynamic output of a job; see `Job.watch_output`."""
        with self._lock:
            if not self._is_open:
                raise ExperimentStopped(self.name)
            if self.run_mode is RunMode.NORMAL:
                self._submissions.watch_method(job, method, callback)

    def add_action(self, action: Config) -> str:
        """Keeps an action with this run, to be executed after it; equal ones are one.

        Returns:
            Its identifier.
        """
        identifier = str(action.__xpm__.identifier)
        with self._lock:
            if identifier in self._actions:
                return identifier
            self._actions[identifier] = action
            if self.run_mode is RunMode.NORMAL:
                self._submissions.record_action(identifier, action)
        return identifier

    def add_service(self, service: S) -> S:
        """Offers a service beside the jobs; another one of the same id is replaced.

        Services live as long as this process. Their states are recorded while the run lasts.
        """
        with self._lock:
            if self.run_mode is RunMode.NORMAL:
                service.set_experiment(self)
            is_new = self._surroundings.services.add(service, self._recorder)
        if is_new:
            self.scheduler.service_added(service)
        return service

    def service_folder(self, id: str) -> Path:
        """Where the logs of a service of this run go."""
        return self._surroundings.service_folder(id)

    # --- saving

    def save(self, obj: Any, name: str = "default") -> None:
        """Saves configurations with this run, for `load` in other experiments.

        Does nothing when nothing is run. Saving again under a name replaces what was there.
        """
        if self.run_mode is RunMode.NORMAL:
            save_in(self.recorder.run, obj, check_experiment_name(name))

    def load(self, reference: str, name: str = "default", run_id: str | None = None) -> Any:
        """What another experiment of this workspace saved: in its newest run that succeeded.

        Raises:
            NothingSaved: There is no such experiment, run or name.
        """
        own = None if self._recorder is None else self._recorder.run
        return load_saved(self.workspace.layout, reference, name, run_id, own)

    # --- told by the scheduler, in the thread of its loop

    def job_changed(self, job: Job, state: JobState, reason: FailureReason | None) -> None:
        """A job that this run follows is in a new state."""
        if job not in self._jobs:
            return  # adopted: another run records it
        # one that must take tokens first is told to be scheduled once it has a process
        if not (state is JobState.SCHEDULED and job.demands):
            # written with the batch, before anything is started: see `flush_changes`
            self.recorder.job_state(job.identifier, job.task_id, state, reason, flush=False)
        self._jobs.change(job, state)

    def job_settled(self, job: Job) -> None:
        """Nothing more is to be expected of a job."""
        self._jobs.settle(job)

    def flush_changes(self) -> None:
        """Writes what was recorded, in one batch."""
        recorder = self._recorder
        if recorder is not None:
            recorder.flush()

    def report_problem(self, problem: BaseException) -> None:
        """Something went wrong beside the jobs (a callback, a file): the run has failed."""
        self._problems.append(problem)

    @property
    def recorder(self) -> RunRecorder:
        """What writes the files of this run.

        Raises:
            SchedulerError: The experiment was not entered.
        """
        if self._recorder is None:
            raise SchedulerError(
                f"the experiment {self.name!r} was not entered: use it as `with experiment(...)`"
            )
        return self._recorder

    def _only_when_run(self, what: str) -> None:
        if self.run_mode is not RunMode.NORMAL:
            raise NotInThisMode(what, self.run_mode.value)


def _warn_ignored(arguments: Mapping[str, object]) -> None:
    for name in arguments:
        if name not in _IGNORED:
            raise TypeError(f"experiment() got an unexpected keyword argument {name!r}")
        warnings.warn(
            f"experiment({name}=…) has no effect any more: leave it out",
            DeprecationWarning,
            stacklevel=3,
        )

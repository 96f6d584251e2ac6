"""Runs an experiment under the eyes of the user: live progress, what it ended with, Ctrl+C."""

from __future__ import annotations

import logging
import shlex
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from xpm_config.errors import HandledException
from xpm_monitor.console import RunProgress, counts_text, tags_text
from xpm_monitor.model import RunFeed, RunView, read_tail
from xpm_scheduler.experiment import experiment
from xpm_store.states import FailureReason, JobState, RunStatus

from xpm_cli import render
from xpm_cli.detaching import tell_parent
from xpm_cli.errors import FAILURE, INTERRUPTED, UserCodeError, user_frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpm_config.modes import RunMode
    from xpm_scheduler.job import Job
    from xpm_store.settings import WorkspaceSettings

    from xpm_cli.events_view import EventsView
    from xpm_cli.helper import ExperimentHelper

TOLD_FAILURES = 10

logger = logging.getLogger("xpm_cli")


@dataclass(frozen=True, slots=True)
class View:
    """What is shown while an experiment runs.

    Attributes:
        events: The events as they come, instead of a display of the whole.
        form: Of events: `text` or `json`.
        progress: The display; of events, those that tell how far jobs are.
    """

    events: bool = False
    form: str = "text"
    progress: bool = True

    def of(self, xp: experiment) -> RunProgress | EventsView | Unseen:
        """The display of a run that began: a context manager."""
        layout = xp.workspace.layout
        if self.events:
            from xpm_cli.events_view import EventsView  # lazy: few ask for it

            run = layout.experiment(xp.experiment_id).run(xp.run_id)
            return EventsView(
                layout, run, form=self.form, with_progress=self.progress, since=time.time()
            )
        if not self.progress:
            return Unseen()
        return RunProgress(RunFeed(layout, xp.experiment_id, xp.run_id))


class Unseen:
    """No display."""

    problem: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All that is needed to run one experiment.

    Attributes:
        project: The folder whose git state is recorded.
        python_path: Folders that jobs need to find the user's modules.
        env: Variables for the environment of the jobs.
        body: Submits the tasks, given the helper.
        where: The user's function, for messages.
        view: What is shown while it runs.
    """

    name: str
    workspace: WorkspaceSettings
    run_mode: RunMode
    project: Path
    dirty_git: str
    python_path: tuple[Path, ...]
    env: tuple[tuple[str, str], ...]
    body: Callable[[ExperimentHelper], Any]
    helper: ExperimentHelper
    where: str
    view: View = field(default_factory=lambda: View())

    def experiment(self) -> experiment:
        """The experiment, not entered yet, with what its jobs get."""
        xp = experiment(
            self.workspace,
            self.name,
            run_mode=self.run_mode,
            project_paths=[self.project],
            dirty_git=self.dirty_git,
            report=False,  # the display and the summary tell it, with the commands to go on
        )
        xp.workspace.python_path.extend(self.python_path)
        for name, value in self.env:
            xp.setenv(name, value)
        self.helper.xp = xp
        return xp


def run_watched(plan: RunPlan) -> int:
    """Run an experiment with live progress; the exit code.

    Raises:
        UserCodeError: The user's function raised; jobs that run go on.
    """
    xp = plan.experiment()
    progress: RunProgress | EventsView | Unseen = Unseen()
    try:
        with xp:
            tell_parent(xp.workspace.layout.experiment(xp.experiment_id).run(xp.run_id))
            progress = plan.view.of(xp)
            with progress:
                plan.body(plan.helper)
                xp.wait()
    except KeyboardInterrupt:
        render.note("Interrupted.")
        _tell_jobs_that_go_on(xp)
        return INTERRUPTED
    except Exception as error:
        _tell_jobs_that_go_on(xp)
        if isinstance(error, HandledException) or not user_frames(error):
            raise
        raise UserCodeError(f"{plan.where}: run failed", error) from error
    if progress.problem is not None:
        logger.warning("the display of the progress stopped: %s", progress.problem)
    if xp.status is RunStatus.DETACHED:
        _tell_jobs_that_go_on(xp)
        return 0
    is_told = isinstance(progress, RunProgress) and progress.problem is None
    return summarise(xp, plan.workspace, with_lines=not is_told)


def run_dry(plan: RunPlan) -> int:
    """Do everything but run the jobs; the scheduler tells what it would do with each."""
    xp = plan.experiment()
    try:
        with xp:
            plan.body(plan.helper)
    except Exception as error:
        if isinstance(error, HandledException) or not user_frames(error):
            raise
        raise UserCodeError(f"{plan.where}: run failed", error) from error
    render.echo(f"{plan.name}: {plan.run_mode.value}, no job was run")
    return 0


def summarise(xp: experiment, workspace: WorkspaceSettings, *, with_lines: bool = False) -> int:
    """Tell how a run ended and where its results are; the exit code.

    Args:
        xp: The experiment, which was left.
        workspace: Its workspace.
        with_lines: Show the last lines of failed jobs: the display, which does it, has stopped.
    """
    jobs = list(xp.jobs.values())
    reused = sum(was_reused(job) for job in jobs)
    view = RunView(xp.experiment_id, xp.run_id, counts=dict(xp.job_counts), reused=reused)
    colour = "red" if view.error else "green"
    if jobs and reused == len(jobs):
        told = f"all {render.jobs(len(jobs))} reused, nothing to run"
    else:
        told = f"{render.jobs(len(jobs))}: {counts_text(view)}" if jobs else "no job was submitted"
    render.echo(f"{render.style(xp.name, bold=True)}: {render.style(told, fg=colour)}")
    render.echo(f"  run folder:  {xp.workdir}")
    if xp.resultspath.is_dir():
        render.echo(f"  results:     {xp.resultspath}")
    failed = [job for job in jobs if job.state is JobState.ERROR]
    _tell_failures(failed, workspace, with_lines=with_lines)
    return FAILURE if failed or xp.failed else 0


def was_reused(job: Job) -> bool:
    """Whether a job was done already when the run began."""
    return job.state is JobState.DONE and job.starttime is None


def _tell_failures(failed: list[Job], workspace: WorkspaceSettings, *, with_lines: bool) -> None:
    own = [job for job in failed if job.failure_reason is not FailureReason.DEPENDENCY]
    for job in own[:TOLD_FAILURES]:
        name = f"{job.task_id}/{job.identifier[:8]}{tags_text(job.tags)}"
        render.echo(f"  {render.style('failed:', fg='red')} {name}")
        for line in read_tail(job.stderr) if with_lines else ():
            render.echo(f"    | {line}")
        render.echo(f"    {job.stderr}")
    if len(own) > TOLD_FAILURES:
        render.echo(f"  and {len(own) - TOLD_FAILURES} more: experimaestro jobs list")
    if others := len(failed) - len(own):
        render.echo(f"  {render.jobs(others)} not started: {_depends(others)} on a job that failed")
    if own:
        name = f"{own[0].task_id}/{own[0].identifier[:8]}"
        where = f" --workdir {shlex.quote(str(workspace.path))}" if not workspace.id else ""
        render.note(f"The log of a job: experimaestro jobs log {name}{where}")


def _tell_jobs_that_go_on(xp: experiment) -> None:
    running = sum(job.state.running() for job in xp.jobs.values())
    if running:
        verb, them = ("goes", "it") if running == 1 else ("go", "them")
        render.note(
            f"{render.jobs(running)} {verb} on running. The same command picks {them} up again."
        )


def _depends(number: int) -> str:
    return "it depends" if number == 1 else "they depend"

"""`experimaestro experiments attach` and `stop`: a run that goes on in another process."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import click

from xpm_cli import completion, render
from xpm_cli.errors import FAILURE, INTERRUPTED, CliError, NotFound
from xpm_cli.job_selection import confirmed
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from xpm_store.index import JobRow
    from xpm_store.layout import Workspace
    from xpm_store.processes import Owner

LOOK_INTERVAL_S = 0.2
"""How often the lock of the experiment is looked at: network file systems tell of nothing."""


@click.command("attach")
@click.argument("experiment", shell_complete=completion.experiments)
@workspace_options
@click.pass_context
def attach(ctx: click.Context, experiment: str) -> None:
    """Show how the current run of an EXPERIMENT goes, until it ends.

    Ctrl+C leaves the run alone. Exit code: 1 when a job of it failed.
    """
    workspace = existing_workspace()
    with open_index(workspace, experiment) as index:
        index.runs(experiment)  # says which names are close when there is none
    from xpm_monitor.console import RunProgress, counts_text  # lazy
    from xpm_monitor.model import RunFeed
    from xpm_store.locks import is_locked

    progress = RunProgress(RunFeed(workspace, experiment))
    lock = workspace.experiment(experiment).lock
    try:
        with progress:
            while is_locked(lock):
                time.sleep(LOOK_INTERVAL_S)
    except KeyboardInterrupt:
        render.note(f"The run goes on. To stop it: experimaestro experiments stop {experiment}")
        ctx.exit(INTERRUPTED)
    view = progress.view
    if progress.problem is not None or view is None:
        raise CliError(f"{experiment} cannot be shown: {progress.problem}")
    colour = "red" if view.error else "green"
    told = f"{render.jobs(view.total)}: {counts_text(view)}" if view.total else "no job"
    render.echo(f"{render.style(experiment, bold=True)}: {render.style(told, fg=colour)}")
    ctx.exit(FAILURE if view.error else 0)


@click.command("stop")
@click.argument("experiment", shell_complete=completion.experiments)
@click.option("--jobs", "with_jobs", is_flag=True, help="Its jobs that run too, with SIGTERM.")
@click.option("--perform", is_flag=True, help="Do it; without it, only show what.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@workspace_options
@click.pass_context
def stop(ctx: click.Context, experiment: str, with_jobs: bool, perform: bool, yes: bool) -> None:
    """Stop the run of an EXPERIMENT, as Ctrl+C does where it was started.

    Its jobs go on, unless --jobs is given; `run-experiment` picks them up again.
    """
    workspace = existing_workspace()
    with open_index(workspace, experiment) as index:
        index.runs(experiment)
        rows = [row for row in index.jobs(experiment=experiment) if row.state.running()]
    owner = _scheduler(workspace, experiment)
    suffix = "" if perform else " (dry run)"
    render.echo(f"STOPPING {experiment}: process {owner.pid}{suffix}")
    for row in rows if with_jobs else ():
        render.echo(f"KILLING {row.task_id}/{row.job_id}{suffix}")
    if not perform:
        render.note("to do it, add --perform")
        return
    if not confirmed(f"Stop {experiment}?", yes=yes):
        ctx.exit(FAILURE)
    os.kill(owner.pid, signal.SIGINT)
    problems = _stop_jobs(rows) if with_jobs else []
    for problem in problems:
        render.note(problem)
    if rows and not with_jobs:
        verb = "goes" if len(rows) == 1 else "go"
        render.note(f"{render.jobs(len(rows))} {verb} on running")
    ctx.exit(FAILURE if problems else 0)


def _scheduler(workspace: Workspace, experiment: str) -> Owner:
    """The process that runs an experiment.

    Raises:
        NotFound: None does.
        CliError: It is on another machine, or cannot be told.
    """
    from xpm_store.locks import FileLock, is_locked  # lazy

    path = workspace.experiment(experiment).lock
    if not is_locked(path):
        raise NotFound(f"no process runs {experiment}")
    owner = FileLock(path).owner()
    if owner is None or owner.is_alive() is not True:
        where = f" on {owner.host}" if owner and owner.host else ""
        raise CliError(f"{experiment} is run by a process{where} that cannot be told from here")
    return owner


def _stop_jobs(rows: list[JobRow]) -> list[str]:
    from xpm_cli.stopping import stop as stop_job  # lazy: loads the scheduler

    return [problem for row in rows if (problem := stop_job(row, signal.SIGTERM))]

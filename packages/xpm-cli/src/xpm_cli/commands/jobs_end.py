"""`experimaestro jobs kill` and `jobs clean`: a dry run unless `--perform` is given."""

from __future__ import annotations

import signal

import click

from xpm_cli import render
from xpm_cli.job_selection import JobSelection, confirmed, selection_options
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

_perform = click.option("--perform", is_flag=True, help="Do it; without it, only show what.")
_yes = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@click.command("clean")
@selection_options
@_perform
@_yes
@workspace_options
@click.pass_context
def clean(ctx: click.Context, selection: JobSelection, perform: bool, yes: bool) -> None:
    """Remove the folders of jobs that ended, done or failed.

    They go to the trash of the workspace: `experimaestro undo` brings them back.
    """
    from xpm_cli.removal import remove  # lazy: the help of a command reads no store

    workspace = existing_workspace()
    with open_index(workspace, selection.experiment) as index:
        rows = [row for row in selection.rows(index) if row.state.finished() and row.has_folder]
    ctx.exit(remove(workspace, rows, selection.line, "jobs clean", perform=perform, yes=yes))


@click.command("kill")
@selection_options
@_perform
@_yes
@click.option("--force", is_flag=True, help="SIGKILL: the job cannot save anything.")
@workspace_options
@click.pass_context
def kill(
    ctx: click.Context, selection: JobSelection, perform: bool, yes: bool, force: bool
) -> None:
    """Stop jobs that run.

    They get SIGTERM, which lets a task save what it wants to and ends it as cancelled.
    """
    with open_index(existing_workspace(), selection.experiment) as index:
        rows = [row for row in selection.rows(index) if row.state.running()]
    if not rows:
        render.echo("No job runs.")
        return
    for row in rows:
        suffix = "" if perform else " (dry run)"
        render.echo(f"{render.style('KILLING', fg='red')} {selection.line(row)}{suffix}")
    if not perform:
        render.note(f"{render.jobs(len(rows))} to stop; to do it, add --perform")
        return
    if not confirmed(f"Stop {render.jobs(len(rows))}?", yes=yes):
        ctx.exit(1)
    from xpm_cli.stopping import stop  # lazy

    wanted = signal.SIGKILL if force else signal.SIGTERM
    problems = [problem for row in rows if (problem := stop(row, wanted))]
    for problem in problems:
        render.note(problem)
    ctx.exit(1 if problems else 0)

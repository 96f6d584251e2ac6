"""`experimaestro jobs stray` and `jobs recover`: jobs of no experiment, and archived ones."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import click

from xpm_cli import completion, render
from xpm_cli.disk_usage import disk_usage, size_text
from xpm_cli.errors import CliError, NotFound
from xpm_cli.job_selection import JobSelection, confirmed
from xpm_cli.workspace_options import (
    existing_workspace,
    open_index,
    selected,
    workspace_options,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_store.index import JobRow
    from xpm_store.layout import JobFolder, Workspace


@click.command("stray")
@click.option("--kill", is_flag=True, help="Stop those that run.")
@click.option("--delete", is_flag=True, help="Remove those that ended.")
@click.option("--perform", is_flag=True, help="Do it; without it, only show what.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Even while an experiment runs in the workspace.")
@click.option("--size", is_flag=True, help="Show how much each takes on the disk.")
@click.option("--fullpath", is_flag=True, help="Show folders instead of names.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; nothing is done.")
@workspace_options
@click.pass_context
def stray(
    ctx: click.Context,
    kill: bool,
    delete: bool,
    perform: bool,
    yes: bool,
    force: bool,
    size: bool,
    fullpath: bool,
    as_json: bool,
) -> None:
    """Show the jobs of no experiment: those that run, then those that ended.

    With --kill they are stopped, with --delete they go to the trash of the workspace, once
    --perform is given. An experiment that runs may be about to take up such a job: nothing is then
    done, unless --force is given.
    """
    workspace = existing_workspace()
    from xpm_store.cleanup import unlisted_jobs  # lazy: the help of a command reads no store

    from xpm_cli.removal import remove

    with open_index(workspace) as index:
        unlisted = unlisted_jobs(index)
        running = [row.experiment_id for row in index.experiments() if row.status == "running"]
    if as_json:
        render.print_json(
            [
                {"kind": kind, "task_id": r.task_id, "job_id": r.job_id, "path": str(r.path)}
                for kind, rows in (("stray", unlisted.stray), ("orphan", unlisted.orphans))
                for r in rows
            ]
        )
        return
    selection = JobSelection(None, None, tags=False, fullpath=fullpath)
    for kind, rows in (("stray ", unlisted.stray), ("orphan", unlisted.orphans)):
        for row in rows:
            taken = f"  {size_text(disk_usage(row.path))}" if size else ""
            render.echo(f"{kind} {render.state_text(row.state)}{selection.line(row)}{taken}")
    if not unlisted.stray and not unlisted.orphans:
        render.echo("Every job belongs to an experiment.")
    if perform and running and not force:
        raise CliError(f"{', '.join(running)} runs: wait for its end, or add --force")
    code = 0
    if kill and unlisted.stray:
        code |= _kill(unlisted.stray, perform=perform, yes=yes)
    if delete and unlisted.orphans:
        code |= remove(
            workspace, unlisted.orphans, selection.line, "jobs stray", perform=perform, yes=yes
        )
    ctx.exit(code)


def _kill(rows: Sequence[JobRow], *, perform: bool, yes: bool) -> int:
    if not perform:
        render.note(f"{render.jobs(len(rows))} to stop; to do it, add --perform")
        return 0
    if not confirmed(f"Stop {render.jobs(len(rows))}?", yes=yes):
        return 1
    from xpm_cli.stopping import stop  # lazy

    problems = [problem for row in rows if (problem := stop(row, signal.SIGTERM))]
    for problem in problems:
        render.note(problem)
    return 1 if problems else 0


@click.command("recover")
@click.argument("job", metavar="TASK/ID", shell_complete=completion.jobs)
@workspace_options
def recover(job: str) -> None:
    """Copy a job back from the archive folders of the workspace's settings."""
    from xpm_store import archive  # lazy

    settings, workspace = selected(), existing_workspace()
    if not settings.folders:
        raise NotFound(
            "This workspace has no archive folder: the settings name them, in `folders` of the "
            "workspace"
        )
    folder = _folder(workspace, job)
    if folder.path.is_dir():
        render.echo(f"{folder.path} is there already")
        return
    found = archive.recover(folder, settings.folders)
    if found is None:
        places = ", ".join(str(one.path) for one in settings.folders)
        raise NotFound(f"{folder.task_id}/{folder.job_id} is in none of {places}")
    render.echo(f"{folder.path} came back from {found.path}")


def _folder(workspace: Workspace, job: str) -> JobFolder:
    """The folder of a job that is known, or of one named in full, which no run may list."""
    from xpm_store.errors import NoSuchJob  # lazy
    from xpm_store.layout import JobFolder

    task, _, identifier = job.partition("/")
    try:
        with open_index(workspace) as index:
            return JobFolder(index.find_job(job).path)
    except NoSuchJob:
        if task and len(identifier) == 64:
            return workspace.job(task, identifier)
        raise

"""`experimaestro deprecated`: jobs that the present code would not find, and their repair."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import completion, render
from xpm_cli.errors import NotFound
from xpm_cli.workspace_options import (
    choose_workdir,
    existing_workspace,
    open_index,
    workspace_options,
)

if TYPE_CHECKING:
    from xpm_cli.recomputed import Recomputed

_python_path = click.option(
    "--pythonpath",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where your modules are found; the current folder is searched too.",
)


@click.group("deprecated")
def deprecated() -> None:
    """Find the jobs whose identifier the present code does not compute any more.

    A class that became `@deprecate`, or a new default that is not ignored, changes identifiers. The
    classes of the tasks are imported.
    """


@deprecated.command("list")
@click.argument("path", required=False)
@click.option("--fix", is_flag=True, help="Link each job from its new place.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_python_path
@workspace_options
@click.pass_context
def list_deprecated(
    ctx: click.Context, path: str | None, fix: bool, as_json: bool, pythonpath: tuple[Path, ...]
) -> None:
    """List the jobs whose identifier changed; PATH is the workspace, as --workdir is.

    With --fix, a link leads from the new place of each to its folder: the job is then found, and
    is not run again. Nothing is moved nor removed. Exit code: 1 when a job could not be read or
    linked.
    """
    from xpm_cli import recomputed  # lazy

    if path is not None:
        choose_workdir(path)
    _search(pythonpath)
    workspace = existing_workspace()
    jobs = sorted(recomputed.recomputed_jobs(workspace), key=lambda job: str(job.folder.path))
    told = [job for job in jobs if job.is_changed or job.problem]
    obstacles = {
        id(job): obstacle
        for job in told
        if fix and not job.problem and (obstacle := recomputed.link(job, workspace))
    }
    if as_json:
        render.print_json([_as_json(job, obstacles.get(id(job))) for job in told])
    elif not told:
        render.echo("Every job has the identifier that the present code computes.")
    for job in [] if as_json else told:
        _echo(job, fix=fix, obstacle=obstacles.get(id(job)))
    if any(job.is_changed for job in told) and not fix:
        render.note("to link them, add --fix")
    ctx.exit(1 if obstacles or any(job.problem for job in told) else 0)


def _search(folders: tuple[Path, ...]) -> None:
    """Search the modules of the user in these folders, then in the current one."""
    wanted = [str(folder.resolve()) for folder in (*folders, Path.cwd())]
    sys.path[:] = wanted + [entry for entry in sys.path if entry not in wanted]


def _echo(job: Recomputed, *, fix: bool, obstacle: str | None) -> None:
    old = f"{job.folder.task_id}/{job.folder.job_id[:12]}"
    if job.problem:
        render.echo(f"{old} cannot be read: {escape_controls(job.problem)}")
        return
    suffix = f"  (not linked: {obstacle})" if obstacle else "  (linked)" if fix else ""
    render.echo(f"{old} → {job.task_id}/{job.job_id[:12]}{suffix}")


def _as_json(job: Recomputed, obstacle: str | None) -> dict[str, Any]:
    return {
        "path": str(job.folder.path),
        "task_id": job.folder.task_id,
        "job_id": job.folder.job_id,
        "new_task_id": None if job.problem else job.task_id,
        "new_job_id": None if job.problem else job.job_id,
        "problem": job.problem,
        "obstacle": obstacle,
    }


@deprecated.command("diff")
@click.argument("job", metavar="TASK/ID", shell_complete=completion.jobs)
@_python_path
@workspace_options
def diff(job: str, pythonpath: tuple[Path, ...]) -> None:
    """Show what the present code makes of the parameters of a job: the old and new identity.

    TASK/ID is a job of the workspace, or the folder of one.
    """
    from xpm_store.layout import JobFolder  # lazy

    from xpm_cli.recomputed import recompute

    _search(pythonpath)
    if Path(job).is_dir():
        folder = JobFolder(Path(job).resolve())
    else:
        with open_index(existing_workspace()) as index:
            folder = JobFolder(index.find_job(job).path)
    if not folder.params.is_file():
        raise NotFound(f"{folder.params} does not exist: the job was not started, or was removed")
    found = recompute(folder)
    if found.problem:
        raise NotFound(f"{folder.path} cannot be read with the present code: {found.problem}")
    render.echo(f"stored:   {folder.task_id}/{folder.job_id}")
    render.echo(f"computed: {found.task_id}/{found.job_id}")
    if not found.is_changed:
        render.echo("They are the same.")

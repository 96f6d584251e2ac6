"""`experimaestro jobs`: the jobs of a workspace, their logs and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from xpm_cli import completion, render
from xpm_cli.errors import NotFound
from xpm_cli.job_selection import JobSelection, selection_options
from xpm_cli.lazy import Address, LazyGroup
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_store.index import JobRow
    from xpm_store.layout import JobFolder


@click.group(
    "jobs",
    cls=LazyGroup,
    addresses={
        "kill": Address("xpm_cli.commands.jobs_end:kill", "Stop jobs that run (dry run first)."),
        "clean": Address(
            "xpm_cli.commands.jobs_end:clean", "Remove jobs that ended (dry run first)."
        ),
        "stray": Address(
            "xpm_cli.commands.jobs_upkeep:stray", "Show the jobs of no experiment; end them."
        ),
        "recover": Address(
            "xpm_cli.commands.jobs_upkeep:recover", "Copy a job back from an archive folder."
        ),
    },
)
@workspace_options
def jobs() -> None:
    """List jobs; show their logs; stop and remove them.

    A job is named TASK/ID, where both may be shortened as long as one job answers: `fit/3f2a`, or
    `3f2a` alone.
    """


@jobs.command("list")
@selection_options
@click.option("--run", metavar="R", help="With --experiment: of this run.")
@click.option("-c", "--count", type=click.IntRange(1), help="Only the N newest.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def list_jobs(selection: JobSelection, run: str | None, count: int | None, as_json: bool) -> None:
    """List jobs, the newest first."""
    if run and not selection.experiment:
        raise click.UsageError("--run needs --experiment")
    with open_index(existing_workspace(), selection.experiment) as index:
        rows = selection.rows(index, run=run, limit=count)
    if as_json:
        render.print_json([_job_json(row) for row in rows])
    elif not rows:
        render.echo("No jobs found.")
    for row in [] if as_json else rows:
        render.echo(f"{render.state_text(row.state)}{selection.line(row)}")


def _job_json(row: JobRow) -> dict[str, Any]:
    return {
        "job_id": row.job_id,
        "task_id": row.task_id,
        "state": row.state.value,
        "reason": row.reason.value if row.reason else None,
        "tags": dict(row.tags),
        "experiment_id": row.experiment_id,
        "run_id": row.run_id,
        "submitted_at": render.iso_time(row.submitted_at),
        "started_at": render.iso_time(row.started_at),
        "ended_at": render.iso_time(row.ended_at),
        "exit_code": row.exit_code,
        "retry_count": row.retry_count,
        "progress": [
            {"level": p.level, "progress": p.progress, "desc": p.desc} for p in row.progress
        ],
        "depends_on": list(row.depends_on),
        "path": str(row.path),
    }


def _folder(job: str) -> JobFolder:
    """The folder of the job that answers to a text."""
    from xpm_store.layout import JobFolder  # lazy

    with open_index(existing_workspace()) as index:
        return JobFolder(index.find_job(job).path)


@jobs.command("path")
@click.argument("job", metavar="TASK/ID", shell_complete=completion.jobs)
@workspace_options
def path(job: str) -> None:
    """Print the folder of a job."""
    folder = _folder(job).path
    if not folder.is_dir():
        raise NotFound(f"{folder} does not exist: the job was not started, or was removed")
    render.echo(str(folder))


@jobs.command("log")
@click.argument("job", metavar="TASK/ID", shell_complete=completion.jobs)
@click.option("--std", is_flag=True, help="Standard output instead of standard error.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends.")
@workspace_options
def log(job: str, std: bool, follow: bool) -> None:
    """Show the standard error of a job, or its standard output."""
    from xpm_cli import log_view  # lazy

    folder = _folder(job)
    file: Path = folder.stdout if std else folder.stderr
    if follow:
        log_view.follow(file, lambda: _is_over(folder))
    elif file.is_file():
        log_view.show(file)
    else:
        raise NotFound(f"{file} does not exist: the job was not started, or was removed")


def _is_over(folder: JobFolder) -> bool:
    from xpm_store.records import job_state_on_disk  # lazy

    state = job_state_on_disk(folder).state
    return state is None or state.finished()

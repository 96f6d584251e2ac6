"""`experimaestro experiments copy`: a run and its jobs, from a workspace to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from xpm_cli import completion, render
from xpm_cli.errors import BadInput
from xpm_cli.workspace_options import selected, workspace_options

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_store.layout import JobFolder


@click.command("copy")
@click.argument("experiment", shell_complete=completion.experiments)
@click.argument("run", required=False, shell_complete=completion.runs)
@click.option("--from-workspace", metavar="W", help="Where it is: a name or a folder.")
@click.option("--to-workspace", metavar="W", required=True, help="Where it goes: the same.")
@click.option("--perform", "-y", "--yes", is_flag=True, help="Do it; without it, only count.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
@click.pass_context
def copy(
    ctx: click.Context,
    experiment: str,
    run: str | None,
    from_workspace: str | None,
    to_workspace: str,
    perform: bool,
    as_json: bool,
) -> None:
    """Copy a RUN of an EXPERIMENT, and its jobs, to another workspace.

    RUN is the current one by default. Without --from-workspace it is in the workspace that
    --workdir and --workspace name. Jobs that are there already are left as they are; an
    interrupted copy goes on when it is asked for again.
    """
    from xpm_store.copy_experiment import copy_experiment  # lazy

    source = _folder(from_workspace) if from_workspace else selected().path
    target = _folder(to_workspace)
    if source.resolve() == target.resolve():
        raise BadInput(f"{source} is both the source and the target: name another --to-workspace")

    def tell(job: JobFolder, copied: bool) -> None:
        if not as_json:
            done = "copied" if perform else "would copy (dry run)"
            word = done if copied else "there already"
            render.note(f"{word}: {job.task_id}/{job.job_id[:8]}")

    result = copy_experiment(source, target, experiment, run, dry_run=not perform, on_job=tell)
    if as_json:
        render.print_json(
            {
                "performed": perform,
                "jobs_copied": result.jobs_copied,
                "jobs_skipped": result.jobs_skipped,
                "errors": result.errors,
            }
        )
    else:
        verb = "copied" if perform else "to copy"
        render.echo(
            f"{render.jobs(result.jobs_copied)} {verb}, {result.jobs_skipped} there already"
        )
        for error in result.errors:
            render.note(f"Error: {error}")
        if not perform:
            render.note("to do it, add --perform")
    ctx.exit(1 if result.errors else 0)


def _folder(workspace: str) -> Path:
    from xpm_store.copy_experiment import resolve_workspace_path  # lazy
    from xpm_store.settings import find_workspace

    if "/" in workspace:  # a folder, which may be new
        return find_workspace(workdir=workspace).path
    return resolve_workspace_path(workspace)

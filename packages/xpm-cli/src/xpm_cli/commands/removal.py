"""`experimaestro orphans` and `undo`: what no run lists, and what was removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from xpm_cli import render
from xpm_cli.disk_usage import disk_usage, size_text
from xpm_cli.errors import NotFound
from xpm_cli.job_selection import JobSelection
from xpm_cli.workspace_options import (
    choose_workdir,
    existing_workspace,
    open_index,
    workspace_options,
)

if TYPE_CHECKING:
    from xpm_store.index import JobRow


@click.command("orphans")
@click.argument("path", required=False)
@click.option("--perform", "--clean", is_flag=True, help="Remove them; without it, only show.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--size", is_flag=True, help="Show how much each takes on the disk.")
@click.option("--fullpath", is_flag=True, help="Show folders instead of names.")
@workspace_options
@click.pass_context
def orphans(
    ctx: click.Context, path: str | None, perform: bool, yes: bool, size: bool, fullpath: bool
) -> None:
    """Show, or remove, the jobs that no run lists.

    PATH is the workspace, as --workdir is. Jobs that run are shown and never removed. What is
    removed goes to the trash: `experimaestro undo` brings it back.
    """
    from xpm_store.cleanup import unlisted_jobs  # lazy

    from xpm_cli.removal import remove

    if path is not None:
        choose_workdir(path)
    workspace = existing_workspace()
    with open_index(workspace) as index:
        unlisted = unlisted_jobs(index)
    selection = JobSelection(None, None, tags=False, fullpath=fullpath)

    def line(row: JobRow) -> str:
        return selection.line(row) + (f"  {size_text(disk_usage(row.path))}" if size else "")

    for row in unlisted.stray:
        render.echo(f"Runs, in no experiment: {line(row)}")
    ctx.exit(remove(workspace, unlisted.orphans, line, "orphans", perform=perform, yes=yes))


@click.command("undo")
@click.argument("entry", required=False)
@click.option("--list", "only_list", is_flag=True, help="Show what is in the trash.")
@workspace_options
def undo(entry: str | None, only_list: bool) -> None:
    """Bring back what was removed last, or the ENTRY of the trash that `--list` shows."""
    from xpm_store.trash import Trash  # lazy

    trash = Trash(existing_workspace())
    entries = sorted(trash.entries(), key=lambda one: one.removed_at)
    if only_list:
        if not entries:
            render.echo("The trash is empty.")
            return
        rows = [
            [one.entry_id, str(len(one.paths)), one.reason, render.short_time(one.removed_at)]
            for one in entries
        ]
        render.print_table(["Entry", "Folders", "Command", "Removed"], rows)
        return
    if not entries:
        raise NotFound("The trash of this workspace is empty: there is nothing to bring back.")
    for path in trash.restore(entry or entries[-1].entry_id):
        render.echo(f"Brought back {path}")

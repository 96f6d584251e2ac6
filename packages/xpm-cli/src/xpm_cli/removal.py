"""Removing jobs: shown first, asked for, and put in the trash of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_store.layout import JobFolder

from xpm_cli import render
from xpm_cli.job_selection import confirmed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xpm_store.index import JobRow
    from xpm_store.layout import Workspace


def remove(
    workspace: Workspace,
    rows: Sequence[JobRow],
    line: Callable[[JobRow], str],
    reason: str,
    *,
    perform: bool,
    yes: bool,
) -> int:
    """Show the jobs, and move their folders to the trash if asked to; the exit code.

    Args:
        workspace: Their workspace.
        rows: The jobs.
        line: How a job is shown.
        reason: What was asked, kept with the entry of the trash.
        perform: Do it; only show otherwise.
        yes: Do not ask.
    """
    if not rows:
        render.echo("Nothing to remove.")
        return 0
    if not perform:
        for row in rows:
            render.echo(f"Would clean (dry run) {render.state_text(row.state)}{line(row)}")
        render.note(f"{render.jobs(len(rows))} to remove; to do it, add --perform")
        return 0
    if not confirmed(f"Remove {render.jobs(len(rows))} of {workspace.root}?", yes=yes):
        return 1
    from xpm_store.cleanup import remove_jobs  # lazy: only who removes needs it

    removal = remove_jobs(workspace, [JobFolder(row.path) for row in rows], reason)
    removed = {folder.path for folder in removal.removed}
    for row in rows:
        if row.path in removed:
            render.echo(f"Cleaned {render.state_text(row.state)}{line(row)}")
    for folder, why in removal.kept:
        render.note(f"Kept {folder.task_id}/{folder.job_id}: {why}")
    if removed:
        render.note("To bring them back: experimaestro undo")
    return 1 if removal.kept else 0

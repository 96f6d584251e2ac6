"""`experimaestro cleanup`: everything in a workspace that nobody needs, in one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render
from xpm_cli.disk_usage import disk_usage, size_text
from xpm_cli.job_selection import confirmed
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_store.index import JobRow
    from xpm_store.layout import Workspace


@dataclass(frozen=True, slots=True)
class Unneeded:
    """What nobody needs.

    Attributes:
        orphans: Jobs that no run lists.
        stray: Those that run: they are told, and never removed.
        partials: Partial folders that no job uses.
        trash: Entries of the trash that are old enough to go for good.
    """

    orphans: tuple[JobRow, ...]
    stray: tuple[JobRow, ...]
    partials: tuple[Path, ...]
    trash: tuple[str, ...]


@click.command("cleanup")
@click.option("--perform", is_flag=True, help="Do it; without it, only show what.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--size", is_flag=True, help="Show how much each takes on the disk.")
@click.option(
    "--trash-days",
    type=click.IntRange(0),
    metavar="N",
    help="Also empty the trash of what was removed more than N days ago: this is for good.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON; nothing is removed.")
@workspace_options
@click.pass_context
def cleanup(
    ctx: click.Context,
    perform: bool,
    yes: bool,
    size: bool,
    trash_days: int | None,
    as_json: bool,
) -> None:
    """Remove what nobody needs: jobs that no run lists, and partial folders that no job uses.

    What is removed goes to the trash, but for the trash itself: `experimaestro undo` brings it
    back. Jobs that run are shown and never removed: `experimaestro jobs stray` stops them.
    """
    if perform and as_json:
        raise click.UsageError("--json only shows: leave --perform out")
    workspace = existing_workspace()
    found = _find(workspace, trash_days)
    if as_json:
        render.print_json(
            {
                "orphans": [str(row.path) for row in found.orphans],
                "stray": [str(row.path) for row in found.stray],
                "partials": [str(path) for path in found.partials],
                "trash": list(found.trash),
            }
        )
        return
    number = _echo(found, size=size)
    if not number:
        render.echo("Nothing to remove.")
    elif not perform:
        render.note(f"{number} to remove; to do it, add --perform")
    elif not confirmed(f"Remove {number} from {workspace.root}?", yes=yes):
        ctx.exit(1)
    else:
        ctx.exit(_remove(workspace, found, trash_days))


def _find(workspace: Workspace, trash_days: int | None) -> Unneeded:
    import time  # lazy, as the rest

    from xpm_store.cleanup import unlisted_jobs, unused_partials
    from xpm_store.trash import Trash

    with open_index(workspace) as index:
        unlisted = unlisted_jobs(index)
    old: tuple[str, ...] = ()
    if trash_days is not None:
        limit = time.time() - trash_days * 86400
        entries = Trash(workspace).entries()
        old = tuple(entry.entry_id for entry in entries if entry.removed_at <= limit)
    return Unneeded(unlisted.orphans, unlisted.stray, tuple(unused_partials(workspace)), old)


def _echo(found: Unneeded, *, size: bool) -> int:
    """Show what was found; how many things are to be removed."""
    for row in found.stray:
        render.echo(f"runs, in no experiment  {row.task_id}/{row.job_id}")
    shown = [("job of no run", row.path) for row in found.orphans]
    shown += [("partial of no job", path) for path in found.partials]
    for what, path in shown:
        taken = f"  {size_text(disk_usage(path))}" if size else ""
        render.echo(f"{what:<22}  {escape_controls('/'.join(path.parts[-3:]))}{taken}")
    for name in found.trash:
        render.echo(f"{'in the trash for long':<22}  {escape_controls(name)}")
    return len(shown) + len(found.trash)


def _remove(workspace: Workspace, found: Unneeded, trash_days: int | None) -> int:
    """Remove what was found; the exit code."""
    from xpm_store.cleanup import remove_jobs  # lazy
    from xpm_store.layout import JobFolder
    from xpm_store.trash import Trash

    if trash_days is not None:  # before anything new is put there
        gone = Trash(workspace).empty(older_than_s=trash_days * 86400)
        if gone:
            render.echo(f"Emptied {len(gone)} entries of the trash")
    removal = remove_jobs(workspace, [JobFolder(row.path) for row in found.orphans], "cleanup")
    if removal.removed:
        render.echo(f"Removed {render.jobs(len(removal.removed))}")
    for folder, why in removal.kept:
        render.note(f"Kept {folder.task_id}/{folder.job_id}: {why}")
    if found.partials:
        Trash(workspace).put(found.partials, "cleanup")
        render.echo(f"Removed {len(found.partials)} partial folders")
    if removal.removed or found.partials:
        render.note("To bring them back: experimaestro undo")
    return 1 if removal.kept else 0

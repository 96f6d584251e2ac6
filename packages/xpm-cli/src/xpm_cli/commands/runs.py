"""`experimaestro experiments tag`, `untag`, `tags` and `history-prune`: names and ends of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from xpm_cli import completion, render
from xpm_cli.job_selection import confirmed
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from xpm_store.index import RunRow
    from xpm_store.layout import ExperimentFolder

STATUSES = {"completed": "done", "failed": "failed"}


def _experiment(name: str) -> ExperimentFolder:
    """The folder of an experiment that exists."""
    workspace = existing_workspace()
    with open_index(workspace, name) as index:
        index.runs(name)  # says which names are close when there is none
    return workspace.experiment(name)


@click.command("tag")
@click.argument("experiment", shell_complete=completion.experiments)
@click.argument("run", shell_complete=completion.runs)
@click.argument("name")
@click.option("--force", is_flag=True, help="Take the name from the run that has it.")
@workspace_options
def tag(experiment: str, run: str, name: str, force: bool) -> None:
    """Give a NAME to a RUN of an EXPERIMENT; RUN may be `latest` or `oldest`.

    A run with a name is kept when the history is pruned.
    """
    from xpm_cli import run_tags  # lazy, as for the others: the help of a command reads no store

    folder = _experiment(experiment)
    found = run_tags.find_run(folder, run)
    run_tags.add_tag(folder, found, name, force=force)
    render.echo(f"{name} -> {found.run_id}")


@click.command("untag")
@click.argument("experiment", shell_complete=completion.experiments)
@click.argument("name", shell_complete=completion.run_tags)
@workspace_options
def untag(experiment: str, name: str) -> None:
    """Take a NAME from the run of an EXPERIMENT that has it."""
    from xpm_cli import run_tags  # lazy

    run = run_tags.remove_tag(_experiment(experiment), name)
    render.echo(f"{run} is not called {name} any more")


@click.command("tags")
@click.argument("experiment", shell_complete=completion.experiments)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def tags(experiment: str, as_json: bool) -> None:
    """List the names of the runs of an EXPERIMENT."""
    from xpm_cli import run_tags  # lazy

    found = run_tags.tags_of(_experiment(experiment))
    if as_json:
        render.print_json(found)
    elif not found:
        render.echo("No run has a name.")
    for name, run in () if as_json else found.items():
        render.echo(f"  {name:<20} -> {run}")


@click.command("history-prune")
@click.argument("experiment", shell_complete=completion.experiments)
@click.option("--before", metavar="RUN", help="Only runs before this one.")
@click.option("--after", metavar="RUN", help="Only runs after this one.")
@click.option("--status", type=click.Choice(sorted(STATUSES)), help="Only runs that ended so.")
@click.option("--keep", type=click.IntRange(0), default=0, help="Keep the N newest of those.")
@click.option(
    "--keep-tagged/--no-keep-tagged",
    default=True,
    show_default=True,
    help="Keep the runs that have a name.",
)
@click.option("--perform", is_flag=True, help="Do it; without it, only show what.")
@click.option("-y", "--yes", "--force", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what (the default).")
@workspace_options
@click.pass_context
def history_prune(
    ctx: click.Context,
    experiment: str,
    before: str | None,
    after: str | None,
    status: str | None,
    keep: int,
    keep_tagged: bool,
    perform: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Remove runs of an EXPERIMENT; the folders of their jobs stay.

    The current run, and one that goes on, are never removed. What is removed goes to the trash:
    `experimaestro undo` brings it back.
    """
    workspace = existing_workspace()
    with open_index(workspace, experiment) as index:
        rows = [
            row
            for row in index.runs(experiment)
            if _is_to_go(row, before, after, status, keep_tagged=keep_tagged)
        ]
    rows = sorted(rows, key=lambda row: row.run_id, reverse=True)[keep:]
    if not rows:
        render.echo("Nothing to remove.")
        return
    if dry_run or not perform:
        for row in rows:
            render.echo(f"Would remove (dry run) {_line(row)}")
        render.note(f"{_runs(len(rows))} to remove; to do it, add --perform")
        return
    if not confirmed(f"Remove {_runs(len(rows))} of {experiment}?", yes=yes):
        ctx.exit(1)
    from xpm_store.trash import Trash  # lazy

    folders = [workspace.experiment(experiment).run(row.run_id).path for row in rows]
    Trash(workspace).put(folders, f"experiments history-prune {experiment}")
    for row in rows:
        render.echo(f"Removed {_line(row)}")
    render.note("To bring them back: experimaestro undo")


def _is_to_go(
    row: RunRow, before: str | None, after: str | None, status: str | None, *, keep_tagged: bool
) -> bool:
    if row.is_current or str(row.status) == "running":
        return False
    return (
        (before is None or row.run_id < before)
        and (after is None or row.run_id > after)
        and (status is None or str(row.status) == STATUSES[status])
        and not (keep_tagged and row.run_tags)
    )


def _line(row: RunRow) -> str:
    names = f"  {' '.join(row.run_tags)}" if row.run_tags else ""
    return f"{row.run_id}  {row.status}  {render.jobs(row.total)}{names}"


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"

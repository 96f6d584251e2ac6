"""`experimaestro why`: why a job is where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import completion, render
from xpm_cli.commands.parameters_difference import difference_json, difference_lines
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from xpm_store.index import JobRow

    from xpm_cli.reasons import Explanation


@click.command("why")
@click.argument("job", metavar="TASK/ID", shell_complete=completion.jobs)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def why(job: str, as_json: bool) -> None:
    """Say why a job runs, waits, failed, ran again or was reused.

    With what changed against the earlier job of the same task that differs least: a change in any
    of these makes another job. Nothing of the user's code is imported; the lines are those where
    its files declare the parameters now.
    """
    from xpm_cli.reasons import explain  # lazy

    with open_index(existing_workspace()) as index:
        found = explain(index, index.find_job(job))
    if as_json:
        render.print_json(_as_json(found))
        return
    row = found.row
    name = render.style(escape_controls(_name(row)), bold=True)
    render.echo(f"{render.state_text(row.state)}{name}{render.tags_text(row.tags)}")
    render.echo(f"  It {found.headline}.")
    for line in found.details:
        render.echo(f"  - {escape_controls(line)}")
    for other in found.waits_for:
        render.echo(f"  - {render.state_text(other.state)}{escape_controls(_name(other))}")
    for line in found.log:
        render.echo(f"    | {line}")
    _echo_nearest(found)


def _echo_nearest(found: Explanation) -> None:
    if found.nearest is None:
        render.echo("  No earlier job of this task is there to be compared with.")
        return
    other, differences = found.nearest.row, found.nearest.differences
    render.echo(f"  What changed against {escape_controls(_name(other))}:")
    for line in difference_lines(differences):
        render.echo(f"    {line}")
    if not differences:
        render.echo("    nothing that is stored: the code of the task, or of a parameter, did")


def _name(row: JobRow) -> str:
    return f"{row.task_id}/{row.job_id[:8]}"


def _as_json(found: Explanation) -> dict[str, Any]:
    row, near = found.row, found.nearest
    return {
        "job_id": row.job_id,
        "task_id": row.task_id,
        "state": row.state.value,
        "reason": row.reason.value if row.reason else None,
        "explanation": found.headline,
        "details": found.details,
        "waits_for": [
            {"job_id": other.job_id, "task_id": other.task_id, "state": other.state.value}
            for other in found.waits_for
        ],
        "log": list(found.log),
        "nearest": None
        if near is None
        else {
            "job_id": near.row.job_id,
            "task_id": near.row.task_id,
            "differences": [difference_json(d) for d in near.differences],
        },
    }

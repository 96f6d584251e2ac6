"""`experimaestro parameters-difference`: where two jobs differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_cli.params_difference import Difference


@click.command("parameters-difference")
@click.argument("path1", type=click.Path(path_type=Path))
@click.argument("path2", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def parameters_difference(path1: Path, path2: Path, as_json: bool) -> None:
    """Show where two jobs differ.

    PATH1 and PATH2 are `params.json` files, or folders of jobs. Nothing of the user's code is
    imported; the lines are those where its files declare the parameters now.
    """
    from xpm_cli.params_difference import differences  # lazy

    found = differences(path1, path2)
    if as_json:
        render.print_json([difference_json(d) for d in found])
        return
    for line in difference_lines(found):
        render.echo(line)
    if not found:
        render.echo("The parameters are the same.")


def difference_lines(found: Iterable[Difference]) -> list[str]:
    """`lr: 0.1 → 0.2  (experiment.py:16)`, a line for each difference."""
    lines = []
    for d in found:
        path = render.style(escape_controls(d.path) or "(the task)", fg="cyan")
        place = escape_controls(d.place())
        where = render.style(f"  ({place})", fg="bright_black") if place else ""
        lines.append(f"{path}: {escape_controls(d.before)} → {escape_controls(d.after)}{where}")
    return lines


def difference_json(d: Difference) -> dict[str, Any]:
    """A difference for a script."""
    return {
        "path": d.path,
        "before": d.before,
        "after": d.after,
        "before_place": d.before_place,
        "after_place": d.after_place,
    }

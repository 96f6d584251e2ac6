"""`experimaestro parameters-difference`: where two jobs differ."""

from __future__ import annotations

from pathlib import Path

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render


@click.command("parameters-difference")
@click.argument("path1", type=click.Path(path_type=Path))
@click.argument("path2", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def parameters_difference(path1: Path, path2: Path, as_json: bool) -> None:
    """Show where two jobs differ.

    PATH1 and PATH2 are `params.json` files, or folders of jobs. Nothing of the user's code is
    imported.
    """
    from xpm_cli.params_difference import differences  # lazy

    found = differences(path1, path2)
    if as_json:
        render.print_json([{"path": d.path, "before": d.before, "after": d.after} for d in found])
        return
    for d in found:
        path = render.style(escape_controls(d.path) or "(the task)", fg="cyan")
        render.echo(f"{path}: {escape_controls(d.before)} → {escape_controls(d.after)}")
    if not found:
        render.echo("The parameters are the same.")

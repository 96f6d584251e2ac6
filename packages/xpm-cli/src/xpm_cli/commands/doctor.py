"""`experimaestro doctor`: whether experiments can run well here."""

from __future__ import annotations

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render
from xpm_cli.workspace_options import selected, workspace_options

_COLOURS = {"fine": "green", "warning": "yellow", "problem": "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at what experiments need here, and say what to mend.

    The interpreter, the wheels, the settings, the workspace, its file system and its index. Exit
    code: 1 when there is a problem. The files of the workspace are looked at by `check`.
    """
    from xpm_store.doctor import Verdict  # lazy

    from xpm_cli.doctor import diagnose

    found = list(diagnose(selected))
    if as_json:
        render.print_json(
            [
                {
                    "name": one.name,
                    "verdict": one.verdict.value,
                    "found": one.found,
                    "advice": one.advice,
                }
                for one in found
            ]
        )
    for one in [] if as_json else found:
        word = render.style(f"{one.verdict.value:<7}", fg=_COLOURS[one.verdict.value])
        render.echo(f"{word} {one.name}: {escape_controls(one.found)}")
        if one.advice:
            render.echo(f"        → {one.advice}")
    ctx.exit(1 if any(one.verdict is Verdict.PROBLEM for one in found) else 0)

"""`experimaestro tokens`: the counted resources of the user, and who holds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render

if TYPE_CHECKING:
    from xpm_store.holders import Holder
    from xpm_store.tokens import TokenFolder


@click.group("tokens")
def tokens() -> None:
    """List the counted resources that jobs share, and who holds them."""


@tokens.command("list")
@click.option(
    "--base",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The folder that has a folder `tokens`; that of the user by default.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_tokens(base: Path | None, as_json: bool) -> None:
    """List the tokens: units in all, units that are free, and the jobs that hold the others."""
    found = _tokens(base)
    if as_json:
        render.print_json([_as_json(token) for token in found])
        return
    if not found:
        render.echo("No token is known.")
        return
    for token in found:
        name = render.style(escape_controls(token.name), fg="cyan")
        render.echo(f"{name}: {token.available()} of {token.total} free")
        for holder in token.holders():
            job = f"{holder.job.task_id}/{holder.job.job_id[:8]}"
            render.echo(f"  {holder.count} held by {escape_controls(job)}{_remark(holder)}")


def _tokens(base: Path | None) -> list[TokenFolder]:
    from xpm_store.layout import tokens_base  # lazy
    from xpm_store.tokens import TokenFolder

    folders = sorted(((base or tokens_base()) / "tokens").glob("*.counter"))
    return [TokenFolder.at(folder) for folder in folders if folder.is_dir()]


def _remark(holder: Holder) -> str:
    return "" if holder.process else " (being started)"


def _as_json(token: TokenFolder) -> dict[str, Any]:
    return {
        "name": token.name,
        "path": str(token.path),
        "total": token.total,
        "available": token.available(),
        "holders": [
            {
                "task_id": holder.job.task_id,
                "job_id": holder.job.job_id,
                "path": str(holder.job.path),
                "count": holder.count,
                "since": render.iso_time(holder.since),
            }
            for holder in token.holders()
        ],
    }

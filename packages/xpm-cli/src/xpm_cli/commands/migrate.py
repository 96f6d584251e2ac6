"""`experimaestro migrate`: workspaces of earlier versions."""

from __future__ import annotations

from pathlib import Path

import click

from xpm_cli import render


@click.group("migrate")
def migrate() -> None:
    """Bring a workspace of an earlier version to the present one."""


@migrate.command("v1-to-v2")
@click.argument("workdir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only show what.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def v1_to_v2(workdir: Path, dry_run: bool, as_json: bool) -> None:
    """Make the workspace WORKDIR of version 1 one of version 2.

    Each experiment becomes a run, which is named v1 and never pruned; the folders of the jobs stay
    where they are. Nothing is removed. An interrupted migration goes on when it is asked for again.
    """
    from xpm_store.layout import Workspace  # lazy
    from xpm_store.legacy.migration import migrate_v1

    done = migrate_v1(Workspace(workdir.resolve()), dry_run=dry_run)
    if as_json:
        render.print_json(
            {
                "performed": not dry_run,
                "experiments": [
                    {"experiment_id": one.experiment_id, "run_id": one.run_id, "jobs": one.jobs}
                    for one in done.experiments
                ],
                "leftover": str(done.leftover) if done.leftover else None,
            }
        )
        return
    for one in done.experiments:
        word = "Would migrate (dry run)" if dry_run else "Migrated"
        render.echo(f"{word} {one.experiment_id} → run {one.run_id}, {render.jobs(one.jobs)}")
    if not done.experiments:
        render.echo("Nothing to migrate.")
    if done.leftover:
        render.note(f"What was no experiment is in {done.leftover}")

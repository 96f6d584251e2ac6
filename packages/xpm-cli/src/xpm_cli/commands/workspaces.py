"""`experimaestro workspaces`: the workspaces that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from xpm_cli import render

if TYPE_CHECKING:
    from xpm_store.settings import WorkspaceSettings


@click.group("workspaces")
def workspaces() -> None:
    """List the workspaces of the settings."""


@workspaces.command("list")
@click.option("-v", "--verbose", is_flag=True, help="All that the settings say of each.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--xpm-config-dir", metavar="FOLDER", help="Where the settings are.")
def list_workspaces(verbose: bool, as_json: bool, xpm_config_dir: str | None) -> None:
    """List the workspaces of the settings, the one used by default first."""
    from pathlib import Path  # lazy, as is the reading of the settings

    from xpm_store.settings import default_workspace, load_settings

    folder = Path(xpm_config_dir).expanduser() if xpm_config_dir else None
    settings = load_settings(folder / "settings.yaml" if folder else None)
    known = list(settings.workspaces)
    if as_json:
        render.print_json([_as_json(workspace) for workspace in known])
        return
    if not known:
        render.echo("No workspace is configured.")
        render.note(f"Experiments run in {default_workspace().path}")
        return
    for workspace in known:
        remote = f" [remote: {workspace.ssh.host}]" if workspace.ssh else ""
        render.echo(f"- {render.style(workspace.id, fg='cyan')}: {workspace.path}{remote}")
        if verbose:
            for key, value in _as_json(workspace).items():
                if key not in ("id", "path") and value not in (None, {}, [], ""):
                    render.echo(f"    {key}: {value}")


def _as_json(workspace: WorkspaceSettings) -> dict[str, Any]:
    return {
        "id": workspace.id,
        "path": str(workspace.path),
        "remote": workspace.ssh.host if workspace.ssh else None,
        "env": dict(workspace.env),
        "max_retries": workspace.max_retries,
        "triggers": list(workspace.triggers),
    }

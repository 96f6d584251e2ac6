"""`--workdir`, `--workspace`, `--xpm-config-dir`: the same before and after any sub-command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from xpm_cli.errors import WorkspaceUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_store.index import Index
    from xpm_store.layout import Workspace
    from xpm_store.settings import WorkspaceSettings

F = TypeVar("F", bound="Callable[..., Any]")
_KEY = "xpm_cli.workspace_options"


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep a value where every command of this call finds it; what is given last wins."""
    if value is not None:  # also when a shell completes: its offers come from that workspace
        ctx.meta.setdefault(_KEY, {})[parameter.name] = value


def _option(name: str, metavar: str, help: str) -> Callable[[F], F]:
    return click.option(name, metavar=metavar, help=help, expose_value=False, callback=_remember)


def workspace_options(command: F) -> F:
    """Add the options to a command or to a group; `selected` finds their values."""
    config = "Where the settings are. [default: ~/.config/experimaestro]"
    command = _option("--xpm-config-dir", "FOLDER", config)(command)
    command = _option("--workspace", "ID", "The workspace, as the settings name it.")(command)
    return _option("--workdir", "FOLDER", "The workspace, as a folder.")(command)


def choose_workdir(folder: str) -> None:
    """Designate the workspace by an argument of the command, as `--workdir` does."""
    click.get_current_context().meta.setdefault(_KEY, {})["workdir"] = folder


def selected(experiment_id: str | None = None) -> WorkspaceSettings:
    """The workspace that the options of this call, or the settings, designate.

    Args:
        experiment_id: Lets the triggers of the settings choose, when no option does.

    Raises:
        NoWorkspace: The settings have none of that name.
        SettingsError: The settings are wrong.
    """
    from xpm_store.settings import find_workspace  # lazy: the help of a command needs no settings

    given = click.get_current_context().meta.get(_KEY, {})
    if folder := given.get("xpm_config_dir"):
        os.environ["XPM_CONFIG_DIR"] = str(Path(folder).expanduser().absolute())
    return find_workspace(
        workspace=given.get("workspace"),
        workdir=given.get("workdir"),
        experiment_id=experiment_id,
    )


def existing_workspace() -> Workspace:
    """The selected workspace, which must be one already.

    Raises:
        WorkspaceUnusable: It does not exist, is a file, cannot be read, or has no marker.
    """
    from xpm_store.layout import Workspace  # lazy

    settings = selected()
    if settings.is_remote:
        raise WorkspaceUnusable(
            f"The workspace '{settings.id}' is on another machine: run this command there."
        )
    workspace = Workspace(settings.path)
    problem = _problem(workspace)
    if problem is None:
        return workspace
    if settings.is_default:
        problem += (
            ". No workspace is configured: name one with --workdir FOLDER, or run an experiment"
        )
    raise WorkspaceUnusable(problem)


def _problem(workspace: Workspace) -> str | None:
    """Why a folder cannot be used as a workspace, in words; None when it can."""
    root = workspace.root
    try:
        os.scandir(root).close()
        if workspace.marker.exists():
            return None
        above = next((p for p in root.parents if _is_workspace(p)), None)
    except FileNotFoundError:
        return f"The workspace {root} does not exist"
    except NotADirectoryError:
        return f"The workspace {root} is a file, not a folder"
    except OSError as error:
        return f"The workspace {root} cannot be read: {error.strerror}"
    hint = f"; its parent {above} is one: --workdir {above}" if above else ""
    return f"{root} is no experimaestro workspace: it has no file {workspace.marker.name}{hint}"


def _is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace."""
    from xpm_store.layout import Workspace  # lazy

    return Workspace(folder).marker.exists()


def open_index(workspace: Workspace, experiment: str | None = None) -> Index:
    """The index of a workspace, in date; problems met in its files are told on standard error."""
    from xpm_store.index import Index  # lazy: loads sqlite3

    from xpm_cli.render import note

    index = Index.open(workspace)
    report = index.sync(experiment=experiment)
    for problem in report.problems:
        note(f"Warning: {problem}")
    return index

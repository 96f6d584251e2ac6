"""The user's settings: what `settings.yaml` may say, and which workspace an experiment gets."""

from __future__ import annotations

import difflib
import fnmatch
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from xpm_store.errors import NoWorkspace, SettingsError

__all__ = [
    "AuxiliaryFolder",
    "CarbonSettings",
    "HistorySettings",
    "ServerSettings",
    "Settings",
    "SshSettings",
    "WorkspaceSettings",
    "config_folder",
    "default_workspace",
    "find_workspace",
    "get_workspace",
    "get_workspace_by_path",
    "load_settings",
]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the web page is served. `autohost`: how to find `host` (`fqdn` or `name`)."""

    port: int = 12345
    host: str | None = None
    autohost: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class CarbonSettings:
    """Whether and how the energy of jobs is measured."""

    enabled: bool = True
    provider: str = "codecarbon"
    country_iso_code: str | None = None
    region: str | None = None
    report_interval_s: float = 60.0
    warn_if_unavailable: bool = True


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """How many runs of an experiment are kept, the newest included."""

    max_done: int = 5
    max_failed: int = 1


@dataclass(frozen=True, slots=True)
class SshSettings:
    """How to reach a workspace of another machine."""

    host: str
    shell_init: str | None = None
    uv_offline: bool = False
    python: str | None = None
    xpm_path: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuxiliaryFolder:
    """A second place for finished jobs: read from it (`use`), copy to it, or move to it."""

    path: Path
    mode: str = "use"


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """A workspace and what goes with it.

    Attributes:
        id: Its name in the settings; empty for a folder that the settings do not name.
        path: Its folder (on the other machine when `ssh` is there).
        env: Variables of the environment of its jobs.
        max_retries: How many times a resumable task is started again after a timeout.
        triggers: Shell patterns of the experiments that get this workspace by themselves.
        history: Runs to keep; None before `find_workspace` filled it from the settings.
        lock_mode: `inherit`, `umask`, or an octal mode for the lock files; None: not said.
        is_default: Nothing was configured: this is the folder that everyone has.
    """

    id: str
    path: Path
    env: Mapping[str, str] = field(default_factory=dict)
    max_retries: int = 3
    triggers: tuple[str, ...] = ()
    history: HistorySettings | None = None
    lock_mode: str | None = None
    folders: tuple[AuxiliaryFolder, ...] = ()
    alt_workspaces: tuple[str, ...] = ()
    ssh: SshSettings | None = None
    is_default: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether it lives on another machine."""
        return self.ssh is not None


@dataclass(frozen=True, slots=True)
class Settings:
    """All of `settings.yaml`; `source` is the file, None when there is none."""

    server: ServerSettings = field(default_factory=ServerSettings)
    env: Mapping[str, str] = field(default_factory=dict)
    history: HistorySettings = field(default_factory=HistorySettings)
    carbon: CarbonSettings = field(default_factory=CarbonSettings)
    workspaces: tuple[WorkspaceSettings, ...] = ()
    source: Path | None = None

    def completed(self, workspace: WorkspaceSettings) -> WorkspaceSettings:
        """The workspace with what it leaves to the settings: environment and history."""
        return replace(
            workspace,
            env={**self.env, **workspace.env},
            history=workspace.history or self.history,
        )


def config_folder() -> Path:
    """The folder of the user's settings: `XPM_CONFIG_DIR`, else `~/.config/experimaestro`."""
    chosen = os.environ.get("XPM_CONFIG_DIR")
    return Path(chosen).expanduser() if chosen else Path.home() / ".config" / "experimaestro"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings.

    Args:
        path: the file; by default `settings.yaml` of `config_folder()`. A file that is missing or
            empty gives the defaults.

    Raises:
        SettingsError: the file is not valid. All its mistakes are told, each with its line.
    """
    path = config_folder() / "settings.yaml" if path is None else path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: cannot be read: {error}"]) from error
    # lazy: yaml takes 20 ms to import, and most machines have no settings
    from xpm_store.settings_file import read_settings

    return read_settings(path, text)


def default_workspace() -> WorkspaceSettings:
    """The workspace of who configured nothing: in the user's data folder."""
    import platformdirs  # lazy: only needed without settings

    folder = platformdirs.user_data_path("experimaestro") / "workspace"
    return WorkspaceSettings(id="default", path=folder, is_default=True)


def find_workspace(
    *,
    workspace: str | None = None,
    workdir: str | Path | None = None,
    experiment_id: str | None = None,
    settings: Settings | None = None,
) -> WorkspaceSettings:
    """The workspace that an experiment gets.

    In this order: the one named `workspace` (in the folder `workdir` when that is given too); the
    folder `workdir`; the first local workspace with a trigger that matches `experiment_id`; the
    first local workspace; the default one, in the user's data folder (`is_default`).

    Returns:
        The settings of the workspace, its environment and history completed with the general ones.

    Raises:
        NoWorkspace: the settings have no workspace named `workspace`.
        SettingsError: the settings are not valid, or the path of the chosen workspace holds a
            variable that is not set.
    """
    settings = load_settings() if settings is None else settings
    chosen = settings.completed(_choose(settings, workspace, workdir, experiment_id))
    if "${" in str(chosen.path):
        raise SettingsError(
            [
                (
                    f'{settings.source}: workspace "{chosen.id}" is in {chosen.path}, '
                    "but that variable is not set in the environment"
                )
            ]
        )
    return chosen


def _choose(
    settings: Settings, workspace: str | None, workdir: str | Path | None, experiment_id: str | None
) -> WorkspaceSettings:
    folder = None if workdir is None else _absolute(workdir)
    if workspace is not None:
        found = get_workspace(workspace, include_remote=True, settings=settings)
        assert found is not None  # an unknown name is an error
        return found if folder is None else replace(found, path=folder)
    if folder is not None:
        known = get_workspace_by_path(folder, settings=settings)
        return known or WorkspaceSettings(id="", path=folder)
    local = [one for one in settings.workspaces if not one.is_remote]
    if experiment_id is not None:
        for one in local:
            if any(fnmatch.fnmatchcase(experiment_id, pattern) for pattern in one.triggers):
                return one
    return local[0] if local else default_workspace()


def get_workspace(
    id: str | None = None, *, include_remote: bool = False, settings: Settings | None = None
) -> WorkspaceSettings | None:
    """The workspace of that name, or the first one; None when there is none at all.

    Raises:
        NoWorkspace: there is no workspace named `id` (among the local ones, by default).
    """
    settings = load_settings() if settings is None else settings
    known = [one for one in settings.workspaces if include_remote or not one.is_remote]
    if id is None:
        return known[0] if known else None
    for one in known:
        if one.id == id:
            return one
    names = [one.id for one in known]
    close = difflib.get_close_matches(id, names, n=1)
    raise NoWorkspace(id, names, close[0] if close else None)


def get_workspace_by_path(
    path: str | Path, *, settings: Settings | None = None
) -> WorkspaceSettings | None:
    """The local workspace whose folder is `path`; None when the settings name no such one."""
    settings = load_settings() if settings is None else settings
    folder = _absolute(path)
    for one in settings.workspaces:
        if not one.is_remote and one.path == folder:
            return one
    return None


def _absolute(path: str | Path) -> Path:
    return Path(path).expanduser().resolve()

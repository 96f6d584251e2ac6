"""The settings of a user, and the choice of a workspace."""

from xpm_store.settings import (
    CarbonSettings,
    HistorySettings,
    ServerSettings,
    Settings,
    WorkspaceSettings,
    find_workspace,
    get_workspace,
    get_workspace_by_path,
    load_settings,
)

__all__ = [
    "CarbonSettings",
    "HistorySettings",
    "ServerSettings",
    "Settings",
    "WorkspaceSettings",
    "find_workspace",
    "get_workspace",
    "get_workspace_by_path",
    "load_settings",
]

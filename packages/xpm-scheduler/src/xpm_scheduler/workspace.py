"""The workspace of an experiment: its folder, and what every job in it is given."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_store.layout import Workspace
from xpm_store.settings import HistorySettings, WorkspaceSettings, find_workspace

from xpm_scheduler.errors import WorkspaceUnusable

if TYPE_CHECKING:
    from xpm_scheduler.carbon.watch import EnergyWatch
    from xpm_scheduler.launchers.base import Launcher

__all__ = ["ExperimentWorkspace", "driver_path", "open_workspace"]


class ExperimentWorkspace:
    """Where the jobs of an experiment live.

    Attributes:
        path: The root of the workspace, absolute.
        layout: Every path below it.
        launcher: How jobs are started, unless they say otherwise.
        python_path: Folders where jobs find modules, after the folder of the driver's script.
        environment: Variables for all jobs: those of the settings, then those of `setenv`.
        max_retries: Retries of resumable tasks that do not say how many.
        history: How many runs of an experiment are kept; None: what the settings say.
        energy: What has the energy of jobs measured, while a run wants that.
    """

    def __init__(
        self,
        path: Path,
        launcher: Launcher,
        *,
        environment: Mapping[str, str] | None = None,
        max_retries: int = 3,
        history: HistorySettings | None = None,
    ) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - links are kept
        self.layout = Workspace(self.path)
        self.launcher = launcher
        self.python_path: list[Path] = []
        self.environment = dict(environment or {})
        self.max_retries = max_retries
        self.history = history
        self.energy: EnergyWatch | None = None
        self._driver_path = driver_path()
        # the same for all jobs until somebody adds a folder: computed once
        self._job_path: tuple[tuple[Path, ...], tuple[Path, ...]] | None = None

    @property
    def env(self) -> dict[str, str]:
        """The same as `environment`."""
        return self.environment

    def open(self) -> None:
        """Makes the folder a workspace.

        Raises:
            WorkspaceUnusable: It is a file, or it may not be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.layout.marker.touch()
        except (FileExistsError, NotADirectoryError):
            raise WorkspaceUnusable(self.path, "it is a file, not a folder") from None
        except OSError as error:
            raise WorkspaceUnusable(self.path, error.strerror or str(error)) from None

    def job_python_path(self) -> tuple[Path, ...]:
        """The folders that jobs get: the script's, those of the workspace, then the driver's."""
        asked = tuple(self.python_path)
        if self._job_path is None or self._job_path[0] != asked:
            folders = [*self._driver_path[:1], *asked, *self._driver_path[1:]]
            found = dict.fromkeys(Path(os.path.abspath(path)) for path in folders)  # noqa: PTH100
            self._job_path = (asked, tuple(found))
        return self._job_path[1]


def open_workspace(
    env: str | Path | WorkspaceSettings, launcher: Launcher | None
) -> ExperimentWorkspace:
    """The workspace of an experiment, from its folder or its settings; nothing is written."""
    settings = env if isinstance(env, WorkspaceSettings) else find_workspace(workdir=env)
    return ExperimentWorkspace(
        settings.path,
        launcher or _default_launcher(),
        environment=settings.env,
        max_retries=settings.max_retries,
        history=settings.history,
    )


_launcher: Launcher | None = None


def _default_launcher() -> Launcher:
    """Processes of this machine: one launcher for all experiments, as they share its cores."""
    global _launcher
    if _launcher is None:
        from xpm_scheduler.launchers.local import DirectLauncher  # lazy: others may be chosen

        _launcher = DirectLauncher()
    return _launcher


def driver_path() -> list[Path]:
    """The folders where this process finds its modules and a fresh interpreter would not.

    The folder of the script comes first. What a task's module was imported from here, its job
    can import it from too, whatever its working folder.
    """
    main_file = getattr(sys.modules.get("__main__"), "__file__", None)
    found = [Path(main_file).parent.absolute()] if main_file else []
    found += [Path(entry).absolute() for entry in sys.path]
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}
    return [
        path for path in dict.fromkeys(found) if path.is_dir() and not _is_below(path, prefixes)
    ]


def _is_below(path: Path, prefixes: set[Path]) -> bool:
    resolved = path.resolve()
    return any(resolved.is_relative_to(prefix) for prefix in prefixes)

"""Which workspaces may be listed, and used."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from xpm_store.errors import NewerWorkspace, OldWorkspace, StorageError
from xpm_store.layout import Workspace
from xpm_store.recorders import RunRecorder
from xpm_store.versions import require_readable, require_runnable, workspace_version


@pytest.mark.parametrize("text", ["", "2", "\n", "experimaestro\n"])
def test_a_workspace_of_this_version_may_be_used(tmp_path: Path, text: str) -> None:
    workspace = Workspace(tmp_path)
    assert workspace_version(workspace) == 2  # a folder that is not yet a workspace
    workspace.marker.write_text(text)
    require_readable(workspace)
    require_runnable(workspace)


@pytest.mark.parametrize("text", ["3", '{"version": 12}'])
def test_a_workspace_of_a_later_version_is_refused_and_the_error_says_what_to_do(
    tmp_path: Path, text: str
) -> None:
    workspace = Workspace(tmp_path)
    workspace.marker.write_text(text)
    for require in (require_readable, require_runnable):
        with pytest.raises(NewerWorkspace, match="upgrade it"):
            require(workspace)
    with pytest.raises(NewerWorkspace):
        RunRecorder.create(workspace, "exp", hostname=None, environment={})
    assert [path.name for path in tmp_path.iterdir()] == [workspace.marker.name]


def test_nothing_runs_in_a_workspace_of_version_1_but_it_may_be_listed(
    v1: ModuleType, tmp_path: Path
) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    assert workspace_version(workspace) == 1
    require_readable(workspace)
    with pytest.raises(OldWorkspace, match="experimaestro migrate v1-to-v2"):
        RunRecorder.create(workspace, "exp", hostname=None, environment={})
    assert not workspace.experiments.exists()


def test_a_marker_that_cannot_be_read_names_its_path(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.marker.mkdir()
    with pytest.raises(StorageError, match=str(workspace.marker)):
        workspace_version(workspace)

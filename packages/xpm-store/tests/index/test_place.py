"""Where the index of a workspace is kept."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from xpm_store.index import Index, place
from xpm_store.layout import Workspace


def test_the_index_of_a_network_file_system_is_in_the_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {tmp_path} rw shared:1 - nfs4 server:/x rw\n"
    )
    assert place.network_file_system(tmp_path / "ws", mounts) == "nfs4"
    assert place.network_file_system(Path("/"), mounts) is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(place, "network_file_system", lambda root: "nfs4")
    with caplog.at_level(logging.INFO, "xpm.store.index"):
        path = place.index_path(Workspace(tmp_path / "ws"))
    assert path.is_relative_to(tmp_path / "cache")
    assert "network file system (nfs4)" in caplog.text


def test_a_workspace_that_cannot_be_written_is_indexed_in_the_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    workspace = Workspace(tmp_path / "ws")
    workspace.root.mkdir()
    workspace.index.parent.write_text("a file where the folder of the index should be")
    with caplog.at_level(logging.INFO, "xpm.store.index"), Index.open(workspace) as index:
        assert index.path.is_relative_to(tmp_path / "cache")
        assert index.sync().problems == []
    assert "is in" in caplog.text


def test_two_workspaces_have_two_indexes_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    paths = {place.cached_path(Workspace(tmp_path / name), "test") for name in ("a", "b")}
    assert len(paths) == 2

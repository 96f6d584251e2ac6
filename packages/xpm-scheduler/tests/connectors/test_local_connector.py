from __future__ import annotations

from pathlib import Path

import pytest
from xpm_scheduler.connectors import LocalConnector
from xpm_store.errors import LockTimeout


def test_the_folder_of_what_is_shared_comes_from_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XPM_WORKDIR", str(tmp_path / "shared"))
    assert LocalConnector().localpath == tmp_path / "shared"
    assert LocalConnector(tmp_path / "mine").localpath == tmp_path / "mine"


def test_without_variable_it_is_in_the_home_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("XPM_WORKDIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert LocalConnector().localpath == tmp_path / ".local/share/experimaestro"


def test_those_who_name_no_connector_share_one() -> None:
    assert LocalConnector.instance() is LocalConnector.instance()


def test_a_path_is_resolved_from_a_folder(tmp_path: Path) -> None:
    connector = LocalConnector(tmp_path)
    assert connector.resolve(tmp_path / "a/b") == str(tmp_path / "a/b")
    assert connector.resolve(tmp_path / "a/b", tmp_path / "a") == "b"
    assert connector.resolve(tmp_path / "b", tmp_path / "a") == "../b"


def test_those_who_may_read_a_file_may_be_allowed_to_run_it(tmp_path: Path) -> None:
    connector, script = LocalConnector(tmp_path), tmp_path / "script"
    script.touch()
    script.chmod(0o640)
    connector.setExecutable(script, True)
    assert script.stat().st_mode & 0o777 == 0o750
    connector.setExecutable(script, False)
    assert script.stat().st_mode & 0o777 == 0o640


def test_a_lock_held_elsewhere_is_refused_after_the_delay(tmp_path: Path) -> None:
    connector = LocalConnector(tmp_path)
    lock = tmp_path / "lock"
    with connector.lock(lock), pytest.raises(LockTimeout), connector.lock(lock, 0):
        pass
    with connector.lock(tmp_path / "lock", 0):
        pass

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from xpm_scheduler.errors import WorkspaceUnusable
from xpm_scheduler.workspace import driver_path, open_workspace


def test_opening_a_workspace_makes_and_marks_the_folder(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "deep" / "work", None)
    assert not workspace.path.exists()
    workspace.open()
    assert workspace.layout.is_marked


def test_a_file_cannot_be_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(WorkspaceUnusable, match="file"):
            open_workspace(path, None).open()


def test_jobs_find_the_modules_that_the_driver_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["lib", *sys.path])
    workspace = open_workspace(tmp_path / "work", None)
    workspace.python_path.append(tmp_path / "mine")
    found = workspace.job_python_path()
    assert tmp_path / "lib" in found
    assert found.index(tmp_path / "mine") <= 1
    assert all(path.is_absolute() for path in found)


def test_what_a_fresh_interpreter_finds_by_itself_is_not_passed_on() -> None:
    prefix = Path(sys.prefix).resolve()
    assert not any(path.resolve().is_relative_to(prefix) for path in driver_path())

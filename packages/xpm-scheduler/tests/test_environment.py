from __future__ import annotations

import logging
import os
import platform
import subprocess
from pathlib import Path

import pytest
from xpm_scheduler.environment import (
    DirtyGitAction,
    calling_project,
    capture_environment,
    check_git,
    git_information,
)
from xpm_scheduler.errors import DirtyGitError

_IDENTITY = {
    "GIT_AUTHOR_NAME": "A Person",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A Person",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


def git(path: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-C", str(path), *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, **_IDENTITY},
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    (path / "inside").mkdir(parents=True)
    git(path, "init", "--initial-branch=main")
    (path / "code.py").write_text("print(1)\n")
    git(path, "add", ".")
    git(path, "commit", "--message=first words")
    return path


def test_a_repository_is_told_by_its_commit_branch_and_author(project: Path) -> None:
    found = git_information(project)
    assert found is not None
    assert found["branch"] == "main"
    assert found["message"] == "first words"
    assert found["author"] == "A Person"
    assert found["commit"].startswith(found["commit_short"])
    assert found["dirty"] is False


def test_an_untracked_file_makes_a_project_dirty(project: Path) -> None:
    (project / "new.py").touch()
    assert capture_environment([project / "inside"])["projects"][0]["dirty"] is True


def test_a_repository_without_commit_and_a_plain_folder_are_fine(tmp_path: Path) -> None:
    assert git_information(tmp_path / "missing") is None
    git(tmp_path, "init", "--initial-branch=main")
    found = git_information(tmp_path)
    assert found is not None
    assert found["commit"] is None


def test_python_and_packages_are_recorded_and_no_variable_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hush-hush")
    found = capture_environment([project])
    assert found["python_version"] == platform.python_version()
    assert "xpm-scheduler" in found["packages"]
    assert "hush-hush" not in str(found)


def test_a_dirty_project_is_refused_told_or_ignored_as_asked(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (project / "code.py").write_text("print(2)\n")
    environment = capture_environment([project])
    with pytest.raises(DirtyGitError, match=r"not committed in .*project"):
        check_git(environment, DirtyGitAction.ERROR)
    with caplog.at_level(logging.WARNING):
        check_git(environment, DirtyGitAction.IGNORE)
        assert not caplog.records
        check_git(environment, DirtyGitAction.WARN)
    assert "not committed" in caplog.text


def test_an_unknown_action_is_refused_with_the_names() -> None:
    with pytest.raises(ValueError, match="'ignore', 'warn', 'error'"):
        DirtyGitAction.read("panic")
    assert DirtyGitAction.read("WARN") is DirtyGitAction.WARN


def test_the_project_is_that_of_the_file_that_calls() -> None:
    assert calling_project() == [Path(__file__).parent]

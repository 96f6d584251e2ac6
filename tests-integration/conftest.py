"""What the tests of several wheels share: the command line, the built wheels, a cache folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support import ROOT, Result, Run, clean_environment, run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def experimaestro(home: Path) -> Run:
    """The command, run as a user with an empty home would."""

    def call(*arguments: str | Path, expect: int | None = 0) -> Result:
        command: list[str | Path] = [sys.executable, "-m", "experimaestro", *arguments]
        return run(command, env=clean_environment(home), expect=expect)

    return call


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the six wheels, built from the working tree."""
    folder = tmp_path_factory.mktemp("wheels")
    run(["uv", "build", "--quiet", "--all-packages", "--wheel", "--out-dir", folder], cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def cache_folder() -> Path:
    """A folder outside the repository for what is slow to make and never changes."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "experimaestro-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

"""The imports between the wheels go one way, and a change that breaks this is told."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from support import ROOT, clean_environment, run


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The contracts and the sources of the wheels, to be spoilt."""
    folder = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__", "tests", "bench", ".*")
    shutil.copytree(ROOT / "packages", folder / "packages", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint_imports(folder: Path, expect: int) -> str:
    """Runs import-linter on the sources of a folder, instead of those installed in place."""
    sources = ":".join(str(path) for path in sorted(folder.glob("packages/*/src")))
    program = Path(sys.executable).with_name("lint-imports")
    env = clean_environment(folder, PYTHONPATH=sources)
    return run([program, "--no-cache"], cwd=folder, env=env, expect=expect).stdout


def test_the_arrows_are_kept(copy: Path) -> None:
    assert "0 broken" in lint_imports(copy, expect=0)


@pytest.mark.parametrize(
    ("wheel", "imported", "broken"),
    [
        ("xpm_store", "xpm_scheduler", "Each wheel imports only the wheels below it"),
        ("xpm_scheduler", "xpm_monitor", "Each wheel imports only the wheels below it"),
        ("xpm_config", "sqlite3", "Configurations know nothing of processes"),
    ],
)
def test_an_import_against_the_arrows_breaks_a_contract_that_says_so(
    copy: Path, wheel: str, imported: str, broken: str
) -> None:
    folder = copy / "packages" / wheel.replace("_", "-") / "src" / wheel
    (folder / "spoilt.py").write_text(f"import {imported}\n", encoding="utf-8")
    told = lint_imports(copy, expect=1)
    assert f"{broken}" in told
    assert f"{wheel}.spoilt -> {imported}" in told

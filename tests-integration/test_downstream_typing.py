"""A library that installs only the wheel of xpm-config, as mypy and pyright see it."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from support import ROOT, clean_environment, run

LIBRARY = ROOT / "tests-integration" / "downstream"
ONLY_WITH_THE_PLUGIN = "with_plugin.py"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with mypy and the wheel of xpm-config."""
    folder = tmp_path_factory.mktemp("downstream")
    wheels = folder / "wheels"
    run(["uv", "build", "-q", "--package", "xpm-config", "--wheel", "--out-dir", wheels], cwd=ROOT)
    run(["uv", "venv", "-q", "--python", sys.executable, folder / "env"])
    python = folder / "env" / "bin" / "python"
    (wheel,) = wheels.glob("*.whl")
    run(["uv", "pip", "install", "-q", "--python", python, wheel, "mypy"])
    return python


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of the library, away from the repository."""
    return Path(shutil.copytree(LIBRARY, tmp_path / "downstream"))


def marked(library: Path, *, with_plugin: bool) -> set[tuple[str, int]]:
    """The lines that a checker is to refuse: they end with `# error`."""
    return {
        (file.name, number)
        for file in (library / "library").glob("*.py")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if line.endswith("# error") and (with_plugin or file.name != ONLY_WITH_THE_PLUGIN)
    }


def test_the_library_has_twenty_configuration_classes(library: Path) -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in library.rglob("*.py"))
    bases = re.findall(r"^class \w+\(([^)]*)\)", text, re.MULTILINE)
    assert len(bases) == 20


def test_mypy_with_the_plugin_refuses_the_mistakes_and_nothing_else(
    environment: Path, library: Path, home: Path
) -> None:
    done = run(
        [environment, "-m", "mypy", "--no-error-summary", "library"],
        cwd=library,
        env=clean_environment(home),
        expect=1,
    )
    told = re.findall(r"^library/(\w+\.py):(\d+): error: ", done.stdout, re.MULTILINE)
    assert {(name, int(line)) for name, line in told} == marked(library, with_plugin=True), (
        done.stdout
    )


def test_pyright_in_strict_mode_refuses_the_mistakes_and_nothing_else(
    environment: Path, library: Path, home: Path
) -> None:
    (library / "library" / ONLY_WITH_THE_PLUGIN).unlink()
    done = run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", environment],
        cwd=library,
        env=clean_environment(home),
        expect=1,
    )
    told = json.loads(done.stdout)["generalDiagnostics"]
    lines = {
        (Path(d["file"]).name, d["range"]["start"]["line"] + 1)
        for d in told
        if d["severity"] == "error"
    }
    assert lines == marked(library, with_plugin=False), done.stdout


def test_the_library_runs_without_mypy(environment: Path, library: Path, home: Path) -> None:
    program = "import sys, library.tasks; assert not {'mypy', 'xpm_config.mypy'} & set(sys.modules)"
    run([environment, "-c", program], cwd=library, env=clean_environment(home))

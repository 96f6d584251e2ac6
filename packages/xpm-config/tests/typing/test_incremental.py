"""Runs of mypy that go on from an earlier one: from its cache, and in its daemon."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from snippet_checks import (
    check_environment,
    configure,
    mypy_command,
    parse_mypy,
    run_mypy,
)

LIBRARY = """
from xpm_config import Config, Param, Task

class Model(Config):
    size: Param[int]

class Deep(Model):
    depth: Param[int]

class Outer(Task):
    model: Param[Model]
    size: Param[int] = 1
"""

USES = """
from library import Deep, Model, Outer

Deep.C(size=1, depth=2)
Outer.C() @ Model.C(size=1)

def compose(outer: Outer, model: Model) -> Outer:
    return outer @ model
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two modules, one of which uses the other, and the configuration of mypy."""
    configure(tmp_path, plugin=True)
    (tmp_path / "library.py").write_text(LIBRARY, encoding="utf-8")
    (tmp_path / "uses.py").write_text(USES, encoding="utf-8")
    return tmp_path


def errors(project: Path) -> dict[str, list[str]]:
    """What mypy finds wrong, going on from its cache."""
    command = mypy_command(sys.executable, project / "pyproject.toml", "library.py", "uses.py")
    told = run_mypy(command, project)
    return {name: [f"{s.line}: {s.text}" for s in said] for name, said in told.items()}


def change(project: Path, module: str, old: str, new: str) -> None:
    """Replaces a text in a module."""
    file = project / module
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_module_that_uses_a_class_is_checked_again_when_its_parameters_change(
    project: Path,
) -> None:
    assert errors(project) == {}
    change(
        project, "library.py", "size: Param[int]\n\nclass Deep", "size: Param[str]\n\nclass Deep"
    )
    found = errors(project)["uses.py"]
    assert [e.partition(":")[0] for e in found] == ["4", "5"]
    assert all('expected "str"' in e for e in found)


def test_classes_read_from_the_cache_have_all_their_parameters(project: Path) -> None:
    assert errors(project) == {}
    change(project, "uses.py", "depth=2", "depht=2")
    (found,) = errors(project)["uses.py"]
    assert '"depht"' in found
    change(project, "uses.py", "Outer.C() @", "Outer.C(size=2) @")
    assert len(errors(project)["uses.py"]) == 1


def test_nothing_is_checked_again_when_nothing_changed(project: Path) -> None:
    errors(project)
    log = subprocess.run(
        mypy_command(sys.executable, project / "pyproject.toml", "-v", "library.py", "uses.py"),
        cwd=project,
        env=check_environment(),
        capture_output=True,
        text=True,
    ).stderr
    assert "Parsing" not in log


def test_changing_an_option_of_the_plugin_checks_again_what_is_in_the_cache(
    project: Path,
) -> None:
    change(project, "library.py", "    size: Param[int] = 1", "    other: Param[Model]")
    change(project, "uses.py", "Outer.C() @ Model.C(size=1)\n", "Model(size=1)\n")
    assert [e.partition(":")[0] for e in errors(project)["uses.py"]] == ["5", "8"]
    configure(project, plugin=True, options="check_composition = false")
    assert [e.partition(":")[0] for e in errors(project)["uses.py"]] == ["5"]
    configure(project, plugin=True, options="check_composition = false\ncheck_direct_calls = false")
    assert errors(project) == {}


# --- The daemon


class Daemon:
    """A daemon of mypy over a project."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.command = [
            sys.executable, "-m", "mypy.dmypy", "--status-file", str(project / "dmypy.json"),
        ]  # fmt: skip

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.project,
            env=check_environment(),
            capture_output=True,
            text=True,
        )

    def start(self) -> None:
        done = self.call("start", "--", "--config-file", "pyproject.toml", "--no-error-summary")
        assert done.returncode == 0, done.stdout + done.stderr

    def errors(self) -> dict[str, list[int]]:
        """The lines where something is wrong, by file."""
        done = self.call("check", "library.py", "uses.py")
        assert done.returncode in (0, 1), done.stdout + done.stderr
        told = parse_mypy(done.stdout)
        return {name: sorted({s.line for s in said}) for name, said in told.items()}


@pytest.fixture
def daemon(project: Path) -> Iterator[Daemon]:
    """A daemon, which ends with the test."""
    started = Daemon(project)
    started.start()
    yield started
    started.call("stop")


def test_the_daemon_follows_changes_of_parameters(project: Path, daemon: Daemon) -> None:
    assert daemon.errors() == {}
    change(project, "library.py", "depth: Param[int]", "depth: Param[int]\n    width: Param[int]")
    assert daemon.errors() == {"uses.py": [4]}
    change(project, "uses.py", "depth=2", "depth=2, width=3")
    assert daemon.errors() == {}
    change(project, "library.py", "    width: Param[int]", "    width: int")
    assert daemon.errors() == {"uses.py": [4]}


def test_the_daemon_follows_changes_of_what_can_be_composed(project: Path, daemon: Daemon) -> None:
    assert daemon.errors() == {}
    change(project, "library.py", "    size: Param[int] = 1", "    other: Param[Model]")
    assert daemon.errors() == {"uses.py": [5, 8]}
    change(project, "library.py", "    other: Param[Model]", "    other: Param[Model | None]")
    assert daemon.errors() == {"uses.py": [5, 8]}
    change(project, "library.py", "    other: Param[Model | None]", "    size: Param[int] = 1")
    assert daemon.errors() == {}

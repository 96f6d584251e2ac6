"""What holds of the repository as a whole: where things are, their size, what is never written."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import ROOT, run

WHEELS = ("experimaestro", "xpm-cli", "xpm-config", "xpm-monitor", "xpm-scheduler", "xpm-store")
AT_THE_ROOT = (
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "pyproject.toml",
    "uv.lock",
    ".ci/run",
    ".pre-commit-config.yaml",
    ".github/workflows/ci.yml",
    "docs/README.md",
    "docs/architecture.md",
    "docs/decisions",
    "docs/examples",
    "docs/how-to",
    "docs/reference",
    "docs/tutorial",
    "tests-integration",
)
IN_A_WHEEL = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "tests")

# Absolute folders of someone's machine; /home/USER and the like may stand in an example
MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:work|root|farm)/")

LINES_OF_A_FILE = 700
LINES_OF_A_FUNCTION = 80


def tracked(*patterns: str) -> list[Path]:
    """The files that git would commit, and new ones that it does not ignore."""
    listed = run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT
    )
    files = (ROOT / line for line in sorted(set(listed.stdout.splitlines())))
    return [path for path in files if path.is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content[:4096]:
            yield path, content.decode("utf-8")


@pytest.mark.parametrize("name", AT_THE_ROOT)
def test_the_repository_has_what_a_newcomer_looks_for(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("wheel", WHEELS)
def test_every_wheel_stands_on_its_own(wheel: str) -> None:
    folder = ROOT / "packages" / wheel
    missing = [name for name in IN_A_WHEEL if not (folder / name).exists()]
    package = folder / "src" / wheel.replace("-", "_")
    missing += [name for name in ("__init__.py", "py.typed") if not (package / name).exists()]
    assert not missing


@pytest.mark.parametrize("wheel", WHEELS)
def test_every_wheel_has_a_workflow_that_releases_it(wheel: str) -> None:
    workflow = ROOT / ".github" / "workflows" / f"release-{wheel}.yml"
    assert f'tags: ["{wheel}-v*"]' in workflow.read_text(encoding="utf-8")


@pytest.mark.parametrize("wheel", WHEELS)
def test_siblings_are_required_in_ranges_that_their_versions_fit(wheel: str) -> None:
    versions = {name: _project(name)["version"] for name in WHEELS}
    for requirement in _project(wheel)["dependencies"]:
        name, _, bounds = requirement.partition(">=")
        if name not in versions:
            continue
        lower, _, upper = bounds.partition(",<")
        version = _numbers(versions[name])
        assert _numbers(lower) <= version < _numbers(upper), requirement


def test_python_files_fit_in_a_head() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {count} lines"
        for path in tracked("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LINES_OF_A_FILE
        and "golden" not in path.parts
    ]
    assert not long


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {count} lines"
        for path in tracked("*.py")
        if "golden" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := (node.end_lineno or 0) - node.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    assert not long


def test_no_file_names_a_folder_of_someones_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        if path.name != "uv.lock"
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert not found


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked("*.md")
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not broken


def _project(wheel: str) -> dict[str, Any]:
    with (ROOT / "packages" / wheel / "pyproject.toml").open("rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
        return project


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

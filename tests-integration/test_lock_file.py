"""The committed lock names no package index, and uv keeps its versions when it completes it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT, run

LOCK_SCRIPT = ROOT / ".ci" / "lock.py"
COMPLETED = """\
version = 1

[[package]]
name = "click"
version = "8.3.1"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "numpy", version = "2.4.6", source = { registry = "https://index.example/simple" } },
]
sdist = { url = "https://files.example/click.tar.gz", hash = "sha256:00", size = 1 }
wheels = [
    { url = "https://files.example/click.whl", hash = "sha256:00", size = 1 },
]

[[package]]
name = "xpm-cli"
version = "0.1.0"
source = { editable = "packages/xpm-cli" }
dependencies = [
    { name = "click" },
]

[package.metadata]
requires-dist = [
    { name = "click", specifier = ">=8.1" },
]

[package.metadata.requires-dev]
dev = []

[[package]]
name = "zipp"
version = "1.0"
source = { registry = "https://index.example/simple" }
"""


def committed(text: str) -> str:
    done = subprocess.run(
        [sys.executable, LOCK_SCRIPT, "--filter"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_committed_form_keeps_names_versions_and_dependencies() -> None:
    kept = committed(COMPLETED)
    assert re.findall(r'^name = "(.+)"$', kept, re.MULTILINE) == ["click", "xpm-cli", "zipp"]
    assert re.findall(r'^version = "(.+)"$', kept, re.MULTILINE) == ["8.3.1", "0.1.0", "1.0"]
    assert '{ name = "numpy", version = "2.4.6", source = { registry = "index" } }' in kept
    assert '    { name = "click" },' in kept


def test_the_committed_form_names_no_address_and_repeats_no_requirement() -> None:
    kept = committed(COMPLETED)
    assert "http" not in kept
    assert "metadata" not in kept
    assert "requires-d" not in kept


def test_the_committed_form_is_kept_as_it_is() -> None:
    once = committed(COMPLETED)
    assert committed(once) == once


def test_what_git_would_commit_names_no_package_index() -> None:
    run([sys.executable, LOCK_SCRIPT, "--check"])


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of its own, with the script and the lock in its committed form."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    (tmp_path / "uv.lock").write_text(committed(text), encoding="utf-8")
    run(["git", "init", "--quiet", tmp_path])
    run(["git", "add", "--all"], cwd=tmp_path)
    return tmp_path


def test_the_check_names_the_file_and_line_that_name_an_index(clone: Path) -> None:
    asked = run(["uv", "pip", "compile", "-q", "--emit-index-url", "--no-header", "-"], cwd=clone)
    address = asked.stdout.split()[1]
    (clone / "notes.md").write_text(f"first line\nfetched from {address}\n", encoding="utf-8")
    run([sys.executable, ".ci/lock.py", "--check"], cwd=clone)  # git does not know the file yet
    run(["git", "add", "notes.md"], cwd=clone)
    refused = run([sys.executable, ".ci/lock.py", "--check"], cwd=clone, expect=1)
    assert "notes.md:2:" in refused.stderr


def test_the_check_refuses_a_lock_that_uv_completed(clone: Path) -> None:
    (clone / "uv.lock").write_text(COMPLETED, encoding="utf-8")
    run(["git", "add", "uv.lock"], cwd=clone)
    refused = run([sys.executable, ".ci/lock.py", "--check"], cwd=clone, expect=1)
    assert "uv.lock: not in its committed form" in refused.stderr


def test_uv_keeps_the_versions_of_a_lock_without_an_index(tmp_path: Path) -> None:
    for path in ("pyproject.toml", "packages"):
        source = ROOT / path
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / path)
    shutil.copy(ROOT / "uv.lock", tmp_path)
    run(["uv", "lock", "--quiet"], cwd=tmp_path)
    text = committed((tmp_path / "uv.lock").read_text(encoding="utf-8"))
    older = re.sub(r'(name = "iniconfig"\nversion = )"[^"]+"', r'\1"2.0.0"', text)
    assert older != text
    (tmp_path / "uv.lock").write_text(older, encoding="utf-8")
    run(["uv", "lock", "--quiet"], cwd=tmp_path)
    completed = (tmp_path / "uv.lock").read_text(encoding="utf-8")
    assert "wheels = [" in completed
    assert committed(completed) == older

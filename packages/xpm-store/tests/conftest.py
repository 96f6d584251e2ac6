"""What several test files need: workspaces with something in them."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xpm_store.index import Index
from xpm_store.layout import Workspace

HERE = Path(__file__).parent

IS_FULL = bool(os.environ.get("XPM_STORE_FULL"))
"""Every operation is interrupted, every mutation tried, on the disk: minutes, not seconds."""

# a busy machine is no reason to fail
settings.register_profile(
    "store", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("store")


@pytest.fixture
def sweep() -> Callable[[int, int, int], range]:
    """Which of so many operations are interrupted: each in a full run, else one in so many."""

    def chosen(total: int, one_in: int, offset: int = 0) -> range:
        return range(total) if IS_FULL else range(offset % one_in, total, one_in)

    return chosen


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory, but in a full run: what is tested is what is written, not how fast the disk is."""
    memory = Path("/dev/shm")
    if IS_FULL or not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """The module that writes a sample workspace with our recorders."""
    return _module("xpm_store_sample", HERE / "compat" / "sample.py")


@pytest.fixture(scope="session")
def v1() -> ModuleType:
    """The module that writes a workspace as experimaestro 1 left it."""
    return _module("xpm_store_v1_workspace", HERE / "v1_workspace.py")


@pytest.fixture(scope="session")
def crowd() -> ModuleType:
    """The module of what each of eight processes does to one workspace."""
    return _module("xpm_store_crowd", HERE / "guarantees" / "crowd.py")


def _module(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: for tests that flush thousands of files."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """What a reader must find in the workspace written by 2.7.0."""
    value: dict[str, Any] = json.loads((HERE / "golden" / "expected.json").read_text())
    return value


@pytest.fixture
def golden_workspace(tmp_path: Path) -> Workspace:
    """A copy of the workspace written by 2.7.0."""
    with tarfile.open(HERE / "golden" / "sample-2.7.0.tar.gz") as archive:
        archive.extractall(tmp_path, filter="fully_trusted")  # it holds absolute links
    return Workspace(tmp_path / "xpm-sample" / "ws")


@pytest.fixture(scope="session")
def lab_class() -> type[Any]:
    """The class `Lab`: runs experiments in a workspace through our recorders."""
    spec = importlib.util.spec_from_file_location(
        "xpm_store_laboratory", HERE / "index" / "laboratory.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: type[Any] = module.Lab
    return found


@pytest.fixture
def lab(tmp_path: Path, lab_class: type[Any]) -> Any:
    """An empty workspace, and what runs experiments in it."""
    return lab_class(tmp_path / "ws")


@pytest.fixture
def index(lab: Any) -> Iterator[Index]:
    """The index of the workspace of `lab`."""
    with Index.open(lab.workspace) as opened:
        yield opened

"""Every identifier of the golden cases, as computed by experimaestro 2.7.0."""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import xpm_config
from xpm_config import RunMode
from xpm_config.runtime import SubmitRequest, submitting

GOLDEN = Path(__file__).parent / "golden"
EXPECTED: dict[str, dict[str, Any]] = json.loads((GOLDEN / "expected.json").read_text())


class DryRun:
    """An experiment that runs nothing, and only says where jobs would be."""

    run_mode = RunMode.DRY_RUN

    def __init__(self, path: Path, name: str, *, run_mode: RunMode) -> None:
        self.workspace_path = path
        self._submitting = submitting(self)

    def submit(self, task: Any, request: SubmitRequest) -> Any:
        return None  # a dry run tells what it would do; it starts nothing

    def add_action(self, action: Any) -> str:
        return str(action.__xpm__.identifier)

    def __enter__(self) -> DryRun:
        self._submitting.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._submitting.__exit__(None, None, None)


@pytest.fixture(scope="module")
def cases() -> Any:
    """The module of cases, imported under the name that identifiers hold."""
    vars(xpm_config)["experiment"] = DryRun
    sys.path.insert(0, str(GOLDEN))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # bare defaults, on purpose
            module: ModuleType = importlib.import_module("cases")
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, xpm_config.Config):
                    assert value.__getxpmtype__().parameters is not None
            yield module
    finally:
        sys.path.remove(str(GOLDEN))
        sys.modules.pop("cases", None)
        del vars(xpm_config)["experiment"]


def test_every_case_is_here(cases: Any) -> None:
    assert set(EXPECTED) == {*cases.CASES, *cases.ERRORS}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_identifier_is_that_of_the_reference(cases: Any, name: str) -> None:
    found = cases.describe(name)
    if "error" in EXPECTED[name]:
        assert found["error"] is not None
    else:
        assert found == EXPECTED[name]

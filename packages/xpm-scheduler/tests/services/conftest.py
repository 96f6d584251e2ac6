from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def some(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The services of the tests."""
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("some_services")
    sys.modules.pop("some_services", None)

"""What each type checker says of small programs: types and errors, as the comments there expect."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from snippet_checks import CHECKERS, SNIPPETS, Said, check_all, differences, expected

PYTHONS = os.environ.get("XPM_MYPY_PYTHONS", sys.executable).split(os.pathsep)
"""Interpreters whose mypy is tried, as `XPM_MYPY_PYTHONS=old/bin/python:new/bin/python`."""

RUNS = [
    (checker, python)
    for python in PYTHONS
    for checker in CHECKERS
    if checker != "pyright" or python == PYTHONS[0]
]


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0]}-{PYTHONS.index(run[1])}")
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, list[Said]]]:
    """A checker, and what it says of all snippets."""
    checker, python = request.param
    return checker, check_all(checker, tmp_path_factory.mktemp(checker), python)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.stem)
def test_a_checker_says_what_the_snippet_expects(
    told: tuple[str, dict[str, list[Said]]], snippet: Path
) -> None:
    checker, said = told
    assert differences(expected(snippet, checker), said.get(snippet.name, [])) == []

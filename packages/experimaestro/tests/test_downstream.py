"""The import statements of the projects that use experimaestro 2.x."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
STATEMENTS = [
    line
    for line in (HERE / "downstream_imports.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
NOT_YET = (HERE.parent / "README.md").read_text(encoding="utf-8").partition("## Not yet")[2]


def module_of(statement: str) -> str:
    return statement.split()[1]


def waits(statement: str) -> bool:
    """Whether the README says that the module, or one of the names, is not there yet."""
    names = statement.partition(" import ")[2].replace(",", " ").split()
    return any(f"`{name}`" in NOT_YET for name in [module_of(statement), *names])


@pytest.mark.parametrize("statement", [line for line in STATEMENTS if not waits(line)])
def test_an_import_of_a_dependent_project_works(statement: str) -> None:
    exec(statement, {})


@pytest.mark.parametrize("statement", [line for line in STATEMENTS if waits(line)])
def test_what_the_readme_says_to_be_missing_is_missing(statement: str) -> None:
    with pytest.raises(ImportError):
        exec(statement, {})

"""The identifiers that experimaestro 2.7.0 computed, under the names that its users import."""

from __future__ import annotations

import json
import sys

import pytest
from support import ROOT, clean_environment, run

FOLDER = ROOT / "packages" / "xpm-config" / "tests" / "golden"
"""The cases of `xpm-config`, which import their names from it."""

DESCRIBE = """
import json, warnings
warnings.simplefilter("ignore")
import cases
print(json.dumps({name: cases.describe(name) for name in [*cases.CASES, *cases.ERRORS]}))
"""


Descriptions = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def expected() -> Descriptions:
    descriptions: Descriptions = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    return descriptions


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Descriptions:
    """What we say of each case, in a process where no other configuration was declared."""
    temporary = tmp_path_factory.mktemp("golden")
    script = temporary / "describe.py"
    script.write_text(DESCRIBE, encoding="utf-8")
    cases = (FOLDER / "cases.py").read_text(encoding="utf-8")
    own, published = "\nfrom xpm_config import (", "\nfrom experimaestro import ("
    assert cases.count(own) == 1
    (temporary / "cases.py").write_text(cases.replace(own, published), encoding="utf-8")
    env = clean_environment(temporary)
    descriptions: Descriptions = json.loads(run([sys.executable, script], env=env).stdout)
    return descriptions


def test_every_case_has_an_answer(found: Descriptions, expected: Descriptions) -> None:
    assert found.keys() == expected.keys()


def test_every_identifier_is_the_one_that_2_7_0_computed(
    found: Descriptions, expected: Descriptions
) -> None:
    different = {
        name: (found[name], description)
        for name, description in expected.items()
        if "error" not in description and found[name] != description
    }
    assert not different


def test_what_2_7_0_refuses_is_refused(found: Descriptions, expected: Descriptions) -> None:
    accepted = [
        name
        for name, description in expected.items()
        if description.get("error") and not found[name].get("error")
    ]
    assert not accepted

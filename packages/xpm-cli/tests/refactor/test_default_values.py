"""Bare default values, rewritten wherever they are and however they are written."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_cli.refactor.default_values import rewrite


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "from experimaestro import Config, Param\nclass A(Config):\n"
            "    x: Param[int] = 3  # c\n",
            "from experimaestro import Config, Param, field\nclass A(Config):\n"
            "    x: Param[int] = field(default=3, ignore_default=True)  # c\n",
            id="an import on one line, a comment after",
        ),
        pytest.param(
            "from experimaestro import (\n    Config,\n    Meta,\n)\nclass A(Config):\n"
            "    x: Meta[int] = 3\n",
            "from experimaestro import (\n    Config,\n    Meta, field,\n)\nclass A(Config):\n"
            "    x: Meta[int] = field(default=3, ignore_default=True)\n",
            id="an import in parentheses",
        ),
        pytest.param(
            "import experimaestro as xpm\nclass A(xpm.Config):\n    x: xpm.Param[int] = 3\n",
            "import experimaestro as xpm\nclass A(xpm.Config):\n"
            "    x: xpm.Param[int] = xpm.field(default=3, ignore_default=True)\n",
            id="qualified names",
        ),
        pytest.param(
            "from experimaestro import Param as P, field as f\nclass A:\n    x: P[int] = 3\n",
            "from experimaestro import Param as P, field as f\nclass A:\n"
            "    x: P[int] = f(default=3, ignore_default=True)\n",
            id="other names",
        ),
        pytest.param(
            "from dataclasses import field\nfrom experimaestro import Param\n"
            "class A:\n    x: Param[int] = 3\n",
            "from dataclasses import field\nfrom experimaestro import Param, field as xpm_field\n"
            "class A:\n    x: Param[int] = xpm_field(default=3, ignore_default=True)\n",
            id="a field that is another's",
        ),
        pytest.param(
            "from experimaestro import *\nclass A:\n    x: Param[int] = 3\n",
            "from experimaestro import *\nclass A:\n"
            "    x: Param[int] = field(default=3, ignore_default=True)\n",
            id="everything imported",
        ),
        pytest.param(
            "from experimaestro import Param\nclass A:\n    x: Param[list[int]] = [\n"
            "        1,  # one\n        2,\n    ]\n",
            "from experimaestro import Param, field\nclass A:\n"
            "    x: Param[list[int]] = field(default=[\n"
            "        1,  # one\n        2,\n    ], ignore_default=True)\n",
            id="several lines with a comment",
        ),
        pytest.param(
            "from experimaestro import Param\nclass A:\n"
            "    é: Param[str] = 'ünï' ; y: Param[int] = 1\n",
            "from experimaestro import Param, field\nclass A:\n"
            "    é: Param[str] = field(default='ünï', ignore_default=True) ; "
            "y: Param[int] = field(default=1, ignore_default=True)\n",
            id="text that is not ASCII, two on a line",
        ),
        pytest.param(
            "from experimaestro import Param\nclass A:\n    x: Param[tuple] = 1, 2\n"
            "    y: Param[tuple] = (1, 2)\n",
            "from experimaestro import Param, field\nclass A:\n"
            "    x: Param[tuple] = field(default=(1, 2), ignore_default=True)\n"
            "    y: Param[tuple] = field(default=(1, 2), ignore_default=True)\n",
            id="tuples",
        ),
        pytest.param(
            "from experimaestro import Param\nfrom typing import Annotated\nclass A:\n"
            "    x: Annotated[Param[int], help('n')] = 3\n    y: 'Param[int]' = 4\n",
            "from experimaestro import Param, field\nfrom typing import Annotated\nclass A:\n"
            "    x: Annotated[Param[int], help('n')] = field(default=3, ignore_default=True)\n"
            "    y: 'Param[int]' = field(default=4, ignore_default=True)\n",
            id="inside Annotated, and in quotes",
        ),
        pytest.param(
            "from experimaestro import Param\r\nclass A:\r\n    x: Param[int] = 3\r\n",
            "from experimaestro import Param, field\r\nclass A:\r\n"
            "    x: Param[int] = field(default=3, ignore_default=True)\r\n",
            id="the line ends of Windows",
        ),
        pytest.param(
            "from experimaestro import Param\nclass A:\n    x: Param[int] = (\n        3\n    )\n",
            "from experimaestro import Param, field\nclass A:\n    x: Param[int] = (\n"
            "        field(default=3, ignore_default=True)\n    )\n",
            id="a value in parentheses",
        ),
    ],
)
def test_a_bare_default_becomes_a_field(before: str, after: str) -> None:
    assert rewrite(before).text == after
    assert rewrite(after).findings == ()


@pytest.mark.parametrize(
    "source",
    [
        "",
        "from experimaestro import Param, field\nclass A:\n    x: Param[int] = field(default=1)\n",
        "import experimaestro as e\nclass A:\n    x: e.Param[int] = e.field(default=1)\n",
        "from experimaestro import Constant\nclass A:\n    x: Constant[int] = 3\n",
        "from experimaestro import Param\nclass A:\n    x: Param[int]\n    y: int = 3\n",
        "from other import Param\nclass A:\n    x: Param[int] = 3\n",
        "from experimaestro import Param\nx: Param[int] = 3\n",
        "from experimaestro import Param\nclass A:\n    x: '[not python' = 3\n",
    ],
)
def test_what_is_no_bare_default_is_left_alone(source: str) -> None:
    assert rewrite(source).text == source
    assert rewrite(source).findings == ()


def test_findings_tell_the_line_and_the_code() -> None:
    source = "from experimaestro import Param\nclass A:\n    x: Param[list] = [\n    ]\n"

    (finding,) = rewrite(source).findings

    assert (finding.line, finding.code) == (3, "x: Param[list] = [")


VALUES = st.recursive(
    st.integers() | st.text() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(st.lists(VALUES, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_any_value_keeps_its_meaning(values: list[object], end: str) -> None:
    lines = ["from experimaestro import (Config,", "  Param)", "class A(Config):"]
    lines += [f"    p{i}: Param[object] = {value!r}" for i, value in enumerate(values)]

    tree = ast.parse(rewrite(end.join(lines)).text)

    (cls,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    calls = [s.value for s in cls.body if isinstance(s, ast.AnnAssign)]
    assert [ast.literal_eval(c.keywords[0].value) for c in calls if isinstance(c, ast.Call)] == (
        values
    )

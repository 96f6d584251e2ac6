"""Variables of the environment in YAML values."""

from __future__ import annotations

from typing import Any

import pytest
from xpm_cli.interpolation import interpolate
from xpm_cli.yaml_tree import Mistake, parse

ENVIRON = {"HERE": "/data", "NUMBER": "3", "LIST": "[1, 2]", "EMPTY": ""}


def interpolated(text: str) -> tuple[Any, list[str]]:
    node, wrong = parse(text, "f.yaml")
    assert wrong == []
    mistakes: list[Mistake] = []
    value = interpolate(node, ENVIRON, mistakes).plain()
    return value, [str(mistake) for mistake in mistakes]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: ${env:HERE}/x", "/data/x"),
        ("a: ${env.HERE}", "/data"),
        ("a: ${oc.env:HERE}", "/data"),
        ("a: ${env:NUMBER}", 3),
        ('a: "${env:NUMBER}"', "3"),
        ("a: n${env:NUMBER}", "n3"),
        ("a: ${env:LIST}", "[1, 2]"),
        ("a: ${env:EMPTY}", ""),
        ("a: ${env:NOPE,7}", 7),
        ("a: ${env:NOPE,}", ""),
        ("a: ${other.thing}", "${other.thing}"),
        ("a: [x, {b: '${env:HERE}'}]", ["x", {"b": "/data"}]),
    ],
)
def test_a_variable_is_replaced_by_its_value(text: str, value: object) -> None:
    assert interpolated(text) == ({"a": value}, [])


def test_a_variable_that_is_not_set_is_told_with_its_line_and_the_close_name() -> None:
    _, mistakes = interpolated("a: 1\nb: ${env:HERR}\n")

    assert mistakes == ["f.yaml:2: the environment variable HERR is not set; did you mean 'HERE'?"]

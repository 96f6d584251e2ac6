"""Comparing stored objects, made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from xpm_cli.params_difference import Difference, differences


def ref(number: int) -> dict[str, Any]:
    return {"type": "python", "value": number}


def compared(tmp_path: Path, *tasks: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    paths = []
    for i, objects in enumerate(tasks):
        paths.append(tmp_path / f"{i}.json")
        paths[-1].write_text(json.dumps({"objects": objects}))
    found = differences(*paths)
    assert all(isinstance(d, Difference) for d in found)
    return [(d.path, d.before, d.after) for d in found]


def task(fields: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"id": 9, "typename": "lab.Fit", "fields": fields, "identifier": "ab" * 32, **others}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 1, []),
        (1, 1.0, [("x", "1", "1.0")]),
        (True, 1, [("x", "true", "1")]),
        ([1, 2], [1, 3], [("x.1", "2", "3")]),
        ([1], [1, 2], [("x", "1 items", "2 items")]),
        ({"k": 1, "l": 2}, {"k": 1}, [("x.l", "2", "(absent)")]),
        (
            {"type": "enum", "enum": "Colour", "value": "RED"},
            {"type": "enum", "enum": "Colour", "value": "BLUE"},
            [("x", "Colour.RED", "Colour.BLUE")],
        ),
        (
            {"type": "path", "value": "a", "base": "job"},
            {"type": "path", "value": "/a"},
            [("x", "<job>/a", "/a")],
        ),
        (None, "é", [("x", "null", '"é"')]),
    ],
)
def test_values_are_compared_with_their_types(
    a: Any, b: Any, expected: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    assert compared(tmp_path, [task({"x": a})], [task({"x": b})]) == expected


def test_nested_configurations_are_compared_by_what_they_hold(tmp_path: Path) -> None:
    left = [{"id": 1, "typename": "lab.Model", "fields": {"size": 1}}, task({"m": ref(1)})]
    right = [{"id": 7, "typename": "lab.Model", "fields": {"size": 2}}, task({"m": ref(7)})]

    assert compared(tmp_path, left, right) == [("m.size", "1", "2")]


def test_other_classes_fields_and_init_tasks_are_told(tmp_path: Path) -> None:
    left = [{"id": 1, "typename": "lab.A", "fields": {}}, task({"m": ref(1)})]
    right = [{"id": 1, "typename": "lab.B", "fields": {}}, task({"m": ref(1), "n": 1})]
    right[-1]["init-tasks"] = [1]

    assert compared(tmp_path, left, right) == [
        ("m", "lab.A", "lab.B"),
        ("n", "(absent)", "1"),
        ("init-tasks", "0 items", "1 items"),
    ]


def test_identifiers_that_differ_alone_are_told(tmp_path: Path) -> None:
    left, right = [task({})], [task({}, identifier="cd" * 32)]

    assert compared(tmp_path, left, right) == [
        ("", "identifier abababababab", "identifier cdcdcdcdcdcd")
    ]


def test_objects_that_refer_to_each_other_end(tmp_path: Path) -> None:
    objects = [{"id": 1, "typename": "lab.A", "fields": {"t": ref(9)}}, task({"m": ref(1)})]

    assert compared(tmp_path, objects, objects) == []

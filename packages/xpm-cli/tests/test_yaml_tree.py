"""YAML values with their origins: reading, merging, replacing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from xpm_cli.yaml_tree import Node, NoSuchPlace, Origin, find, merge, parse, read, replace_at

KEYS = st.text(st.characters(categories=["L"]), min_size=1, max_size=4)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(categories=["L", "P", "Z"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def node(text: str, source: str = "f.yaml") -> Node:
    value, mistakes = parse(text, source)
    assert mistakes == []
    return value


@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_plain_values_are_those_of_the_yaml_library(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert node(text).plain() == yaml.safe_load(text)


def test_each_value_knows_the_line_of_its_key() -> None:
    root = node("a: 1\nb:\n  c:\n    - x\n    - y\n")

    assert str(find(root, ["b"]).origin) == "f.yaml:2"  # type: ignore[union-attr]
    assert str(find(root, ["b", "c"]).origin) == "f.yaml:3"  # type: ignore[union-attr]
    assert str(find(root, ["b", "c", "1"]).origin) == "f.yaml:5"  # type: ignore[union-attr]


def test_a_number_without_a_dot_before_the_exponent_is_a_number() -> None:
    assert node("a: 1e-3\nb: -2E5\nc: 1e\n").plain() == {"a": 0.001, "b": -2e5, "c": "1e"}


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert node("# nothing\n").plain() == {}


def test_merge_keys_and_aliases_are_followed() -> None:
    root = node("base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n")

    assert root.plain()["mine"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: the key 'a' was given already at f.yaml:1"),
        ("a: &x [*x]\n", "f.yaml:1: an alias holds itself"),
        ("[1]: 2\n", "f.yaml:1: a key must be a text, a number or a boolean"),
        ("a: 2026-13-45\n", "f.yaml:1: month must be in 1..12"),
        ("a: !!python/object:os.system x\n", "f.yaml:1: could not determine a constructor"),
        ("a: [1\nb: 2\n", "f.yaml:2: this is not YAML: while parsing a flow sequence"),
        ("a: *nope\n", "f.yaml:1: this is not YAML: found undefined alias 'nope'"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: this is not YAML: expected a single document"),
        ("a: '\x00'\n", "f.yaml:1: this is not YAML"),
        ("a: " + "[" * 5000, "f.yaml:1: the values are nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_a_mistake_with_its_line(text: str, message: str) -> None:
    _, mistakes = parse(text, "f.yaml")

    assert str(mistakes[0]).startswith(message)


def test_an_unreadable_file_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"a: \xff\n")

    _, absent = read(tmp_path / "absent.yaml")
    _, binary = read(tmp_path / "bytes.yaml")
    _, folder = read(tmp_path)

    assert "the file cannot be read: No such file or directory" in str(absent[0])
    assert "the file is not text in UTF-8 (byte 3)" in str(binary[0])
    assert "the file cannot be read: Is a directory" in str(folder[0])


def test_mappings_merge_recursively_and_all_else_is_replaced() -> None:
    below = node("a: {x: 1, y: 2}\nl: [1, 2]\nkeep: yes\n", "below.yaml")
    above = node("a: {y: 3}\nl: [9]\n", "above.yaml")

    merged = merge(below, above)

    assert merged.plain() == {"a": {"x": 1, "y": 3}, "l": [9], "keep": True}
    assert find(merged, ["a", "x"]).origin == Origin("below.yaml", 1)  # type: ignore[union-attr]
    assert find(merged, ["a", "y"]).origin == Origin("above.yaml", 1)  # type: ignore[union-attr]


@given(st.dictionaries(KEYS, VALUES, max_size=3), st.dictionaries(KEYS, VALUES, max_size=3))
def test_merging_twice_changes_nothing_more(a: dict[str, Any], b: dict[str, Any]) -> None:
    below, above = node(yaml.safe_dump(a)), node(yaml.safe_dump(b))

    once = merge(below, above)

    assert merge(once, above).plain() == once.plain()
    assert merge(below, node("{}")).plain() == below.plain()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", {"a": {"b": 0}, "l": [{"n": 1}, 2]}),
        ("new.deep", {"a": {"b": 1}, "l": [{"n": 1}, 2], "new": {"deep": 0}}),
        ("l.0.n", {"a": {"b": 1}, "l": [{"n": 0}, 2]}),
        ("l.-1", {"a": {"b": 1}, "l": [{"n": 1}, 0]}),
    ],
)
def test_a_value_is_replaced_by_its_dotted_path(path: str, expected: object) -> None:
    root = node("a: {b: 1}\nl: [{n: 1}, 2]\n")

    replaced = replace_at(root, path.split("."), node("0"))

    assert replaced.plain() == expected
    assert root.plain() == {"a": {"b": 1}, "l": [{"n": 1}, 2]}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("l.5", "'l' is a list of 2: '5' is none of its indices"),
        ("l.x", "'l' is a list of 2: 'x' is none of its indices"),
        ("a.b.c", "'a.b' is the number 1: there is nothing below it"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_stops(path: str, message: str) -> None:
    with pytest.raises(NoSuchPlace, match="^" + message.replace("(", "\\(")):
        replace_at(node("a: {b: 1}\nl: [{n: 1}, 2]\n"), path.split("."), node("0"))


def test_a_value_is_removed_by_its_dotted_path() -> None:
    root = node("a: {b: 1, c: 2}\nl: [1, 2]\n")

    assert replace_at(root, ["a", "b"], None).plain() == {"a": {"c": 2}, "l": [1, 2]}
    assert replace_at(root, ["l", "0"], None).plain() == {"a": {"b": 1, "c": 2}, "l": [2]}
    with pytest.raises(NoSuchPlace, match=r"there is no 'a\.z' to remove"):
        replace_at(root, ["a", "z"], None)

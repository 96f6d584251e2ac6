"""What a YAML value becomes for each annotation, and what is said when it does not fit."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_cli.base_configuration import configuration
from xpm_cli.schema import Checker, type_text
from xpm_cli.yaml_tree import parse


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


@configuration
class Optimiser:
    lr: float
    steps: int = 10


@dataclass
class Plain:
    name: str = "x"
    sizes: list[int] = dataclass_field(default_factory=list)


@configuration
class Study:
    optimiser: Optimiser
    plain: Plain | None = None
    colour: Colour = Colour.RED


def read(kind: Any, text: str) -> Any:
    node, mistakes = parse(text, "f.yaml")
    assert not mistakes
    checker = Checker()
    value = checker.build(kind, node, "")
    assert not checker.mistakes, [str(m) for m in checker.mistakes]
    return value


def mistakes_of(kind: Any, text: str) -> list[str]:
    node, mistakes = parse(text, "f.yaml")
    assert not mistakes
    checker = Checker()
    checker.build(kind, node, "")
    return [str(m) for m in checker.mistakes]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (int, "5", 5),
        (int, '"5"', 5),
        (int, "5.0", 5),
        (float, "1", 1.0),
        (float, "1e-2", 0.01),
        (float, '"1e-2"', 0.01),
        (float, ".inf", float("inf")),
        (bool, "yes", True),
        (bool, '"off"', False),
        (bool, "0", False),
        (str, "word", "word"),
        (Path, "a/b", Path("a/b")),
        (int | None, "null", None),
        (int | None, "3", 3),
        (int | str, '"5"', "5"),
        (int | str, "5", 5),
        (list[int], "[1, 2]", [1, 2]),
        (set[str], "[a, b]", {"a", "b"}),
        (tuple[int, str], "[1, a]", (1, "a")),
        (tuple[int, ...], "[1, 2, 3]", (1, 2, 3)),
        (dict[str, float], "{a: 1, b: 1e-3}", {"a": 1.0, "b": 0.001}),
        (dict[int, str], "{1: a}", {1: "a"}),
        (Literal["adam", "sgd"], "sgd", "sgd"),
        (Literal["1", "2"], "1", "1"),
        (Colour, "blue", Colour.BLUE),
        (Level, "2", Level.HIGH),
        (Any, "{a: [1, x]}", {"a": [1, "x"]}),
        (Annotated[int, ["not", "hashable"]], "3", 3),
    ],
)
def test_a_value_becomes_what_its_annotation_says(kind: Any, text: str, expected: object) -> None:
    value = read(kind, text)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (int, "5.5", "f.yaml:1: expected an integer, found the number 5.5"),
        (int, "true", "f.yaml:1: expected an integer, found the truth value true"),
        (int, "null", "f.yaml:1: expected an integer, found nothing (null)"),
        (float, "fast", "f.yaml:1: expected a number, found the text 'fast'"),
        (bool, "2", "f.yaml:1: expected true or false, found the number 2"),
        (
            str,
            "no",
            (
                "f.yaml:1: expected a text, found the truth value no; "
                'write "no", with quotes, for the text'
            ),
        ),
        (
            int | None,
            '"null"',
            (
                "f.yaml:1: expected an integer or nothing, found the text 'null'; "
                "write null, without quotes"
            ),
        ),
        (
            str,
            "2026-01-31",
            (
                "f.yaml:1: expected a text, found the date 2026-01-31; "
                'write "2026-01-31", with quotes, for the text'
            ),
        ),
        (list[int], "3", "f.yaml:1: expected a list of (an integer), found the number 3"),
        (list[int], "[1, x]", "f.yaml:1: 1: expected an integer, found the text 'x'"),
        (
            tuple[int, int],
            "[1]",
            "f.yaml:1: expected a list of (an integer, an integer), found a list of 1, not 2",
        ),
        (
            Literal["adam", "sgd"],
            "Adam",
            "f.yaml:1: expected one of 'adam', 'sgd', found the text 'Adam'; did you mean 'adam'?",
        ),
        (
            Colour,
            "RED",
            "f.yaml:1: expected one of 'red', 'blue', found the text 'RED'; did you mean 'red'?",
        ),
        (Level, '"1"', "f.yaml:1: expected one of 1, 2, found the text '1'; did you mean '1'?"),
        (
            Optimiser,
            "[]",
            "f.yaml:1: expected a mapping with the keys of Optimiser, found an empty list",
        ),
        (complex, "1", "f.yaml:1: the type complex cannot be read from YAML"),
        (set[Any], "[[1]]", "f.yaml:1: the items of a set must be texts or numbers"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_was_expected(
    kind: Any, text: str, message: str
) -> None:
    assert mistakes_of(kind, text) == [message]


def test_nested_classes_of_both_kinds_are_built() -> None:
    study = read(Study, "optimiser: {lr: 1e-3}\nplain: {sizes: [1]}\ncolour: blue\n")

    assert study == Study(optimiser=Optimiser(lr=1e-3), plain=Plain(sizes=[1]), colour=Colour.BLUE)


def test_all_the_mistakes_of_a_file_are_told_at_once_with_their_lines() -> None:
    text = "optimiser:\n  lr: fast\n  step: 3\nplain:\n  sizes: [1, a]\ncolor: red\n"

    assert mistakes_of(Study, text) == [
        "f.yaml:2: optimiser.lr: expected a number, found the text 'fast'",
        "f.yaml:3: optimiser: unknown key 'step' in Optimiser; did you mean 'steps'?",
        "f.yaml:5: plain.sizes.1: expected an integer, found the text 'a'",
        "f.yaml:6: unknown key 'color' in Study; did you mean 'colour'?",
    ]


def test_a_missing_key_is_told_with_its_path_and_type() -> None:
    assert mistakes_of(Study, "optimiser:\n  steps: 3\n") == [
        "f.yaml:1: 'optimiser.lr' is missing: expected a number"
    ]


def test_what_a_validator_of_the_user_refuses_is_a_mistake_of_the_file() -> None:
    @configuration
    class Positive:
        n: int

        def __attrs_post_init__(self) -> None:
            if self.n < 0:
                raise ValueError("n must not be negative")

    assert mistakes_of(Positive, "n: -1") == [
        "f.yaml:1: Positive refuses these values: n must not be negative"
    ]


def test_types_are_told_in_words() -> None:
    assert type_text(dict[str, list[int]]) == "a mapping to (a list of (an integer))"
    assert type_text(Literal["a", 1] | None) == "one of 'a', 1 or nothing"


@given(st.floats(allow_nan=False))
def test_every_float_that_python_prints_is_read_back(value: float) -> None:
    text = {float("inf"): ".inf", float("-inf"): "-.inf"}.get(value, repr(value))
    assert read(float, text) == value
    assert isinstance(read(Any, text), float)

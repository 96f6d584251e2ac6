from enum import Enum, IntEnum
from typing import Any

import pytest
from xpm_config.annotations import build_type
from xpm_config.serialization.restore import restorer


class Kind(str, Enum):  # noqa: UP042 - as users write it
    ADAM = "adam"


class Level(IntEnum):
    LOW = 1


CASES: list[tuple[Any, Any, Any]] = [
    (Kind, "adam", Kind.ADAM),
    (Level, 1, Level.LOW),
    (Kind | None, None, None),
    (list[Kind], ["adam"], [Kind.ADAM]),
    (set[Level], {1}, {Level.LOW}),
    (tuple[int, Kind], [1, "adam"], (1, Kind.ADAM)),
    (tuple[int, ...], [1, 2, 3], (1, 2, 3)),
    (dict[int, str], {"1": "a"}, {1: "a"}),
    (dict[Kind, Level], {"ADAM": 1}, {Kind.ADAM: Level.LOW}),
    (dict[str, tuple[int, int]], {"a": [1, 2]}, {"a": (1, 2)}),
    (Kind | int, "adam", Kind.ADAM),
    (Kind | int, 3, 3),
]


@pytest.mark.parametrize(("declared", "stored", "expected"), CASES)
def test_a_value_gets_its_declared_type(declared: Any, stored: Any, expected: Any) -> None:
    restore = restorer(build_type(declared))
    assert restore is not None
    assert restore(stored) == expected
    assert type(restore(stored)) is type(expected)
    assert restore(expected) == expected


@pytest.mark.parametrize("declared", [int, float, str, bool, list[int], dict[str, float], Any])
def test_nothing_is_done_for_what_json_keeps(declared: Any) -> None:
    assert restorer(build_type(declared)) is None

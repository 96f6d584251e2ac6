"""JSON schemas: of each type, and agreeing with what `run-experiment` accepts."""

from __future__ import annotations

import dataclasses
import enum
from pathlib import Path
from typing import Any, Literal

import pytest
from xpm_cli.base_configuration import ConfigurationBase, configuration
from xpm_cli.grid_search import GridSearch
from xpm_cli.json_schema import schema_of


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Plain:
    """A plain dataclass."""

    depth: int = 2


@configuration
class Model:
    """A model.

    Attributes:
        hidden: How many units
            are hidden.
    """

    hidden: int
    plain: Plain | None = None


@configuration
class Study(ConfigurationBase):
    model: Model
    lr: GridSearch[float] = 1e-3
    mode: Literal["a", "b"] = "a"
    colour: Colour = Colour.RED
    names: set[str] = set()
    pair: tuple[int, str] = (1, "a")
    paths: dict[str, Path] = {}
    free: Any = None


def of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema_of(Study)["properties"][name]
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model", {"$ref": "#/$defs/Model"}),
        ("mode", {"enum": ["a", "b"], "default": "a"}),
        ("colour", {"enum": ["red"], "default": "red"}),
        ("names", {"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
        ("paths", {"type": "object", "additionalProperties": {"type": "string"}}),
        ("free", {}),
        (
            "pair",
            {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "minItems": 2,
                "items": False,
            },
        ),
    ],
)
def test_each_type_has_its_schema(name: str, expected: dict[str, Any]) -> None:
    assert of(name) == expected


def test_a_grid_is_one_value_a_list_or_a_form() -> None:
    number, grid = of("lr")["anyOf"]

    assert number == {"type": "number"}
    assert set(grid["anyOf"][1]["properties"]) >= {"range", "range_mult", "values_list"}


def test_nested_classes_are_defined_once_with_what_their_documentation_says() -> None:
    model = schema_of(Study)["$defs"]["Model"]

    assert model["description"] == "A model."
    assert model["properties"]["hidden"]["description"] == "How many units are hidden."
    assert model["required"] == ["hidden"]
    assert model["additionalProperties"] is False
    assert schema_of(Study)["$defs"]["Plain"]["properties"] == {
        "depth": {"type": "integer", "default": 2}
    }


def test_the_general_keys_are_accepted_whatever_the_class() -> None:
    schema = schema_of(Plain)

    assert {"depth", "id", "imports", "grid_search"} <= set(schema["properties"])
    assert "required" not in schema  # imports may give what a file lacks
    assert schema["properties"]["id"]["description"] == "Name of the experiment."

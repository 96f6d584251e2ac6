from pathlib import Path
from typing import Any

import pytest
from xpm_config.config import Config
from xpm_config.errors import SerializationError
from xpm_config.fields import Meta, Param, field
from xpm_config.serialization.loader import Loader, Paths, reachable, references_in
from xpm_config.serialization.writer import Writer


class Leaf(Config):
    x: Param[int]


class Node(Config):
    leaf: Param[Leaf]
    default: Param[Leaf] = field(default=Leaf.C(x=7), ignore_default=True)
    made: Meta[list[int]] = field(default_factory=lambda: [1])

    def __post_init__(self) -> None:
        self.sum = self.leaf.x + self.default.x


def load(config: Config, **changes: Any) -> Any:
    """The value object of a configuration whose stored fields were changed."""
    definitions = Writer().definitions(config)
    for name, value in changes.items():
        if value is None:
            del definitions[-1]["fields"][name]
        else:
            definitions[-1]["fields"][name] = value
    loader = Loader("here", as_instance=True)
    loader.load(definitions)
    return loader.object(definitions[-1]["id"])


def test_post_init_sees_all_the_parameters() -> None:
    assert load(Node.C(leaf=Leaf.C(x=1))).sum == 8


def test_a_default_that_is_a_configuration_becomes_a_value_object() -> None:
    loaded = load(Node.C(leaf=Leaf.C(x=1)), default=None)
    assert type(loaded.default) is Leaf
    assert loaded.sum == 8


def test_a_default_factory_is_called() -> None:
    assert load(Node.C(leaf=Leaf.C(x=1)).seal(), made=None).made == [1]


def test_value_objects_may_refer_to_each_other_in_a_circle() -> None:
    definitions = Writer().definitions(Node.C(leaf=Leaf.C(x=1)))
    loader = Loader("here", as_instance=True)
    loader.load(list(reversed(definitions[:-1])) + definitions[-1:])
    assert loader.object(definitions[-1]["id"]).leaf.x == 1


def test_a_path_with_a_base_needs_its_folder() -> None:
    assert Paths(job=Path("/j")).resolve("a", "job") == Path("/j/a")
    with pytest.raises(SerializationError, match="relative to the workspace"):
        Paths(job=Path("/j")).resolve("a", "workspace")


def test_references_are_found_at_any_depth() -> None:
    reference = {"type": "python", "value": 3}
    assert references_in({"a": [1, [reference], {"b": reference}], "c": 1}) == [3, 3]


def test_only_what_is_reached_by_parameters_and_init_tasks_is_needed() -> None:
    definitions: list[dict[str, Any]] = [
        {"id": 1, "fields": {}},
        {"id": 2, "fields": {}, "task": 1},
        {"id": 3, "fields": {}},
        {"id": 4, "fields": {"a": [{"type": "python", "value": 2}]}, "init-tasks": [3]},
    ]
    assert reachable(definitions, [4]) == {2, 3, 4}

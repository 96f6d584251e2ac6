from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_config.config import Config, InstanceConfig
from xpm_config.errors import ConfigError, SerializationError
from xpm_config.fields import Meta, Param, field
from xpm_config.serialization.writer import Writer, absolute_path, relative_paths
from xpm_config.values import sealed_set


class Leaf(Config):
    x: Param[int]
    note: Meta[Any] = field(default=None)


class Branch(Config):
    children: Param[list[Config]] = field(default_factory=list)
    chosen: Meta[Config | None] = field(default=None)


class Bag(Config):
    leaves: Param[set[Leaf]]


class Encoder(InstanceConfig):
    x: Param[int]


def written(*roots: Config) -> list[dict[str, Any]]:
    writer = Writer()
    return [definition for root in roots for definition in writer.definitions(root)]


def test_dependencies_come_first_and_the_root_last() -> None:
    shared = Leaf.C(x=1)
    definitions = written(Branch.C(children=[shared, Branch.C(children=[shared])]))
    seen: set[int] = set()
    for definition in definitions:
        for child in definition["fields"].get("children", []):
            assert child["value"] in seen
        seen.add(definition["id"])
    assert [d["type"] for d in definitions] == ["Leaf", "Branch", "Branch"]


def test_each_definition_has_the_identifier_of_its_configuration() -> None:
    leaf = Leaf.C(x=1)
    branch = Branch.C(children=[leaf], chosen=Leaf.C(x=2))
    identifiers = {d["type"]: d["identifier"] for d in written(branch)}
    assert identifiers["Branch"] == str(branch.__xpm__.identifier)
    assert str(leaf.__xpm__.identifier) in {d["identifier"] for d in written(branch)}


def test_the_identifier_of_a_part_does_not_depend_on_the_whole() -> None:
    def pair() -> Branch:
        return Branch.C(children=[Encoder.C(x=1), Encoder.C(x=1)])

    definitions = written(Branch.C(children=[pair(), Encoder.C(x=1)]))
    (stored,) = (d["identifier"] for d in definitions[:-1] if d["type"] == "Branch")
    assert stored == str(pair().__xpm__.identifier)


def test_writing_stores_no_identifier() -> None:
    branch = Branch.C(children=[Encoder.C(x=1)]).seal()
    written(branch)
    assert all(c._xpm.stored is None for c in (branch, *branch.children))


def test_a_change_after_a_first_definition_is_seen_by_the_next_ones() -> None:
    writer, leaf = Writer(), Leaf.C(x=1)
    writer.definitions(leaf)
    leaf.x = 2
    branch = Branch.C(children=[leaf])
    assert writer.definitions(branch)[-1]["identifier"] == str(branch.__xpm__.identifier)


def test_a_set_of_configurations_is_in_the_order_of_their_identifiers() -> None:
    leaves = sealed_set(*(Leaf.C(x=x) for x in range(5)))
    definitions = written(Bag.C(leaves=leaves))
    by_number = {d["id"]: d["identifier"] for d in definitions}
    items = definitions[-1]["fields"]["leaves"]["items"]
    found = [by_number[item["value"]] for item in items]
    assert found == sorted(found)


def test_a_failure_leaves_nothing_out_of_what_follows() -> None:
    writer, bad = Writer(), Leaf.C(x=1, note=object())
    branch = Branch.C(children=[Leaf.C(x=2)], chosen=bad)
    with pytest.raises(SerializationError, match=r"note of Config.*holds <object"):
        writer.definitions(branch)
    bad.note = None
    assert len(writer.definitions(branch)) == 3


def test_a_configuration_without_identifier_is_told() -> None:
    with pytest.raises(ConfigError, match="x has no value"):
        written(Leaf.C())  # type: ignore[call-arg]


def test_paths_get_the_closest_base() -> None:
    form = relative_paths(Path("/w/jobs/t/h"), Path("/w"))
    assert form(Path("/w/jobs/t/h/a/b"))["base"] == "job"
    assert form(Path("/w/jobs/t/g"))["value"] == "jobs/t/g"
    assert form(Path("/elsewhere")) == absolute_path(Path("/elsewhere"))
    assert form(Path("relative")) == absolute_path(Path("relative"))


@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_every_graph_is_written_with_each_node_once(size: int, random: Any) -> None:
    nodes: list[Config] = [Leaf.C(x=0)]
    for index in range(1, size):
        children = random.sample(nodes, min(len(nodes), random.randint(0, 3)))
        nodes.append(Branch.C(children=children) if children else Leaf.C(x=index))
    definitions = written(*nodes)
    assert len(definitions) == len({d["id"] for d in definitions}) == len(nodes)

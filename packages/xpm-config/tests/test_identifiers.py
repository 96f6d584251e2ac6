"""Identifiers: what they depend on, and what they cost."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

import enum
import hashlib
import os
import struct
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_config import (
    Config,
    InstanceConfig,
    Meta,
    Param,
    copyconfig,
    field,
    param_group,
    partial,
    sealed_set,
    why_differ,
)
from xpm_config.digests import COUNTER
from xpm_config.errors import IdentifierError


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Leaf(Config):
    number: Param[int] = field(default=1, ignore_default=True)
    ratio: Param[float] = field(default=0.5)
    text: Param[str] = field(default="")
    flag: Param[bool] = field(default=False)
    colour: Param[Colour] = field(default=Colour.RED, ignore_default=True)
    note: Meta[str] = field(default="-")


class Part(InstanceConfig):
    size: Param[int] = field(default=1)


class Node(Config):
    one: Param[Config | None] = field(default=None)
    two: Param[Config | None] = field(default=None)
    many: Param[list[Config]] = field(default=[], ignore_default=True)
    named: Param[dict[str, Config]] = field(default={}, ignore_default=True)
    forced: Meta[Config | None] = field(default=None)
    numbers: Param[list[float]] = field(default=[])
    words: Param[set[str]] = field(default_factory=set)
    by_default: Param[Leaf] = field(default=Leaf.C(), ignore_default=True)


class Pair(InstanceConfig):
    left: Param[Config | None] = field(default=None)
    right: Param[Config | None] = field(default=None)


def digest(config: Any) -> bytes:
    return bytes(config.__xpm__.identifier.all)


@given(st.integers(-(2**63), 2**63 - 1))
def test_another_value_is_another_identifier(number: int) -> None:
    leaf = Leaf.C(number=3)
    other = copyconfig(leaf, number=number)
    assert (digest(other) == digest(leaf)) == (number == 3)
    assert digest(other.copy()) == digest(other) == digest(copyconfig(other))


def test_a_new_parameter_at_its_ignored_default_keeps_the_identifier() -> None:
    class_before = type(
        "Grown", (Config,), {"__annotations__": {"a": Param[int]}, "__xpmid__": "t.g"}
    )
    class_after = type(
        "Grown",
        (Config,),
        {
            "__annotations__": {"a": Param[int], "b": Param[int]},
            "b": field(default=3, ignore_default=True),
            "__xpmid__": "t.g",
        },
    )
    before: Any = class_before.C(a=1)  # type: ignore[attr-defined]
    after: Any = class_after.C(a=1)  # type: ignore[attr-defined]
    assert digest(before) == digest(after)
    after.b = 4
    assert digest(before) != digest(after)


def test_the_order_of_fields_sets_and_dictionaries_does_not_matter() -> None:
    one = Node.C(words={"a", "b", "c"}, named={"x": Leaf.C(), "y": Leaf.C(number=2)})
    two = Node.C(named={"y": Leaf.C(number=2), "x": Leaf.C()}, words={"c", "b", "a"})
    assert digest(one) == digest(two)


SCRIPT = """
from xpm_config import Config, Param
class Words(Config):
    __xpmid__ = "test.words"
    words: Param[set[str]]
    table: Param[dict[str, float]]
print(Words.C(words={"é", "a", "I", "\u0131"}, table={"z": 1.5, "ä": 2, "b": 3}).__xpm__.identifier)
"""


def test_neither_the_hash_seed_nor_the_locale_matters() -> None:
    found = set()
    for seed, locale in [("0", "C"), ("1", "tr_TR.UTF-8"), ("2", "C.UTF-8")]:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        found.add(run.stdout)
    assert len(found) == 1


def hashed(config: Any) -> int:
    before = COUNTER.hashed
    digest(config)
    return COUNTER.hashed - before


def test_a_diamond_costs_its_nodes_and_not_its_paths() -> None:
    top: Any = Leaf.C()
    for _ in range(30):
        top = Node.C(one=top, two=top)
    assert hashed(top) == 31


def test_a_diamond_of_instances_costs_its_nodes() -> None:
    top: Any = Part.C()
    for _ in range(60):
        top = Node.C(one=top, two=top)
    assert len(digest(top)) == 32


def test_a_chain_of_ten_thousand_meets_no_recursion_limit() -> None:
    chain: Any = Leaf.C()
    for _ in range(10_000):
        chain = Node.C(one=chain)
    assert hashed(chain) == 10_001
    assert hashed(chain) == 0
    assert chain == chain.copy()
    chain.seal()
    assert chain.instance().one.one.xpmconfig is chain.one.one


def test_unchanged_nodes_are_not_hashed_again() -> None:
    left, right = (Node.C(many=[Leaf.C(number=i) for i in range(10)]) for _ in range(2))
    top = Node.C(one=left, two=right)
    assert hashed(top) == 23
    assert hashed(top) == 0
    left.many[0].number = 100  # type: ignore[attr-defined]
    assert hashed(top) == 3


def test_a_list_changed_in_place_is_seen() -> None:
    node = Node.C(numbers=[1.0, 0.0])
    before = digest(node)
    node.numbers[1] = -0.0
    assert digest(node) != before


def test_a_partial_identifier_leaves_groups_out() -> None:
    iterations = param_group("iterations")

    class Learn(Config):
        __xpmid__ = "test.learn"
        checkpoints = partial(exclude_groups=[iterations])
        epochs: Param[int] = field(groups=[iterations])
        rate: Param[float]

    one, two = Learn.C(epochs=1, rate=0.1), Learn.C(epochs=2, rate=0.1)
    assert digest(one) != digest(two)
    assert one.__xpm__.get_partial_identifier(
        Learn.checkpoints
    ) == two.__xpm__.get_partial_identifier(Learn.checkpoints)


def test_a_tuple_has_no_identifier_unless_it_is_meta() -> None:
    class Hashed(Config):
        __xpmid__ = "test.hashed"
        pair: Param[tuple[int, str]]

    class Free(Config):
        __xpmid__ = "test.free"
        pair: Meta[tuple[int, str]]

    with pytest.raises(ValueError, match=r"pair = \(1, 'a'\) .*declare pair as a list, or as Meta"):
        Hashed.C(pair=(1, "a"))
    free = Free.C(pair=(1, "a"))
    digest(free)
    assert free.copy().seal().instance().pair == (1, "a")


def test_enum_keys_have_an_order() -> None:
    class Table(Config):
        __xpmid__ = "test.table"
        table: Param[dict[Colour, int]]

    one = Table.C(table={Colour.RED: 1, Colour.BLUE: 2})
    two = Table.C(table={Colour.BLUE: 2, Colour.RED: 1})
    assert digest(one) == digest(two)
    assert one.copy().instance().table == {Colour.RED: 1, Colour.BLUE: 2}


def test_missing_values_are_named_with_their_path_and_place() -> None:
    class Needs(Config):
        __xpmid__ = "test.needs"
        size: Param[int]

    with pytest.raises(IdentifierError, match=r"one\.size has no value.*test_identifiers\.py:\d+"):
        digest(Node.C(one=Needs.C()))


def test_a_set_of_configurations_is_sealed() -> None:
    class Bag(Config):
        __xpmid__ = "test.bag"
        leaves: Param[set[Leaf]]

    bag = Bag.C(leaves=sealed_set(Leaf.C(number=1), Leaf.C(number=2), Leaf.C(number=2)))
    assert len(bag.leaves) == 2
    assert digest(bag) == digest(bag.copy())
    assert {leaf.number for leaf in bag.instance().leaves} == {1, 2}
    with pytest.raises(TypeError, match="sealed_set"):
        hash(Leaf.C())


def test_why_two_configurations_differ_is_told_with_both_places() -> None:
    one = Node.C(many=[Leaf.C(number=1), Leaf.C(number=2)], one=Leaf.C(text="a"))
    two = Node.C(many=[Leaf.C(number=1), Leaf.C(number=3)], one=Leaf.C(text="a", note="other"))
    (difference,) = why_differ(one, two)
    assert (difference.path, difference.left, difference.right) == ("many[1].number", 2, 3)
    assert "test_identifiers.py:" in difference.left_place
    assert why_differ(one, one.copy()) == []


def test_long_lists_of_numbers_are_encoded_as_short_ones_are() -> None:
    class Numbers(Config):
        __xpmid__ = "test.numbers"
        floats: Param[list[float]]
        ints: Param[list[Any]]

    for count in (0, 1, 17, 1023, 1024, 1025, 3000):
        floats = [i / 7 for i in range(count)]
        ints = [i - 5 for i in range(count)]
        stream = b"\x00test.numbers"
        for name, items, tag, code in (("floats", floats, 2, "d"), ("ints", ints, 1, "q")):
            stream += b"\x03" + name.encode() + b"\x05\x07" + struct.pack(">d", count)
            stream += b"".join(struct.pack(f">b{code}", tag, item) for item in items)
        found = digest(Numbers.C(floats=floats, ints=ints))
        assert found == hashlib.sha256(stream).digest()


def test_a_list_of_numbers_that_was_changed_since_is_encoded_as_it_is() -> None:
    class Numbers(Config):
        __xpmid__ = "test.changed_numbers"
        v: Param[list[float]]

    config: Any = Numbers.C(v=[0.5] * 20)
    config.v.append("x")
    other: Any = Numbers.C(v=[0.5] * 20)
    other.v.append("y")
    assert digest(config) != digest(other)

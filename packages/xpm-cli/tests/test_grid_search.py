"""Grids: what is written, the combinations they make, and the mistakes that are told."""

from __future__ import annotations

import doctest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_cli import grid_search
from xpm_cli.base_configuration import ConfigurationBase, configuration
from xpm_cli.grid_search import GridError, GridSearch, generate_grid, size_of
from xpm_cli.grid_values import Grid
from xpm_cli.schema import Checker
from xpm_cli.yaml_tree import parse


@configuration
class Model:
    hidden: GridSearch[int] = 3
    act: str = "relu"


@configuration
class Small(ConfigurationBase):
    id: str = "small"
    lr: GridSearch[float] = 1e-3
    flag: GridSearch[bool] = True
    model: Model = Model()
    seed: int = 1
    sizes: list[int] = [1, 2]
    free: dict[str, Any] = {"a": 1}


def read(text: str) -> Any:
    node, mistakes = parse(text, "f.yaml")
    checker = Checker()
    value = checker.build(Small, node, "")
    assert not mistakes
    assert not checker.mistakes, [str(m) for m in checker.mistakes]
    return value


def mistake_of(text: str) -> str:
    node, _ = parse(text, "f.yaml")
    checker = Checker()
    checker.build(Small, node, "")
    (found,) = checker.mistakes
    return str(found)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("[1e-3, 0.1]", (0.001, 0.1)),
        ("[0.5]", (0.5,)),
        ('["1e-3"]', (0.001,)),
        ("{values_list: [1, 2]}", (1.0, 2.0)),
        ("{range: [1, 7, 3]}", (1.0, 4.0)),
        ("{values_range: [3]}", (0.0, 1.0, 2.0)),
        ("{range_mult: [1, 3, 10]}", (1.0, 10.0, 100.0)),
        ('{values_mult: ["1e-3", 2, 10]}', (0.001, 0.01)),
        ("{value: 0}", (0.0,)),
    ],
)
def test_every_form_gives_typed_values(written: str, values: tuple[float, ...]) -> None:
    lr = read(f"lr: {written}").lr

    assert lr == Grid(values)
    assert all(type(value) is float for value in lr.values)


def test_a_scalar_stays_itself() -> None:
    assert (read("lr: 0.5").lr, read("flag: {value: false}").flag) == (0.5, Grid((False,)))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("lr: []", "f.yaml:1: lr: there is no value: leave the key out, or give one"),
        ("lr: [a, 1]", "f.yaml:1: lr.0: expected a number, found the text 'a'"),
        ("lr: {rang: [1, 2]}", "f.yaml:1: lr: expected one of values_list, range"),
        ("lr: {range: [0, 1, 0.1]}", "expected [start, stop, step], integers"),
        ("lr: {range: [0, 1, 0]}", "range: the step is 0"),
        ("lr: {range: [2, 2]}", "there is no value"),
        ("lr: {range_mult: [1, 2]}", "expected [start, n, factor] with n a positive integer"),
        ("lr: {values_list: 3}", "values_list: expected a list of values, found the number 3"),
        ("lr: abc", "lr: expected a number or several of (a number), found the text 'abc'"),
    ],
)
def test_what_is_no_grid_is_told_with_its_line(written: str, told: str) -> None:
    assert told in mistake_of(written)


def test_all_combinations_the_last_key_first_and_the_tags_that_vary() -> None:
    cfg = read("lr: [0.1, 0.2]\ngrid_search: {seed: [1, 2], model.act: [tanh]}")

    made, tags = generate_grid(cfg)

    assert [(c.lr, c.seed, c.model.act) for c in made] == [
        (0.1, 1, "tanh"),
        (0.1, 2, "tanh"),
        (0.2, 1, "tanh"),
        (0.2, 2, "tanh"),
    ]
    assert tags[2] == {"lr": 0.2, "seed": 1}
    assert {c.grid_search for c in made} == {None}
    assert size_of(cfg) == 4


def test_the_block_reaches_nested_keys_lists_and_dictionaries_and_wins() -> None:
    cfg = read(
        "lr: [0.1, 0.2]\n"
        "grid_search: {lr: [0.5], model.hidden: {range: [1, 3]}, sizes.1: [7], free.a: [x]}"
    )

    made, tags = generate_grid(cfg)

    assert [(c.lr, c.model.hidden, c.sizes, c.free) for c in made] == [
        (0.5, 1, [1, 7], {"a": "x"}),
        (0.5, 2, [1, 7], {"a": "x"}),
    ]
    assert tags == [{"model.hidden": 1}, {"model.hidden": 2}]


def test_coupled_values_go_together() -> None:
    cfg = read(
        "grid_search: {seed: [1, 2], config_dicts: [{lr: 1, model.hidden: 4}, {lr: 2, "
        "model.hidden: 8}]}"
    )

    made, tags = generate_grid(cfg)

    assert [(c.seed, c.lr, c.model.hidden) for c in made] == [
        (1, 1.0, 4),
        (1, 2.0, 8),
        (2, 1.0, 4),
        (2, 2.0, 8),
    ]
    assert tags[3] == {"seed": 2, "lr": 2.0, "model.hidden": 8}


def test_without_a_grid_there_is_one_configuration_and_no_tag() -> None:
    cfg = Small()

    assert generate_grid(cfg) == ([cfg], [{}])


def test_configurations_share_nothing() -> None:
    first, second = generate_grid(read("lr: [1, 2]"))[0]

    first.sizes.append(3)

    assert second.sizes == [1, 2]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"sed": [1]}, "Small has no 'sed'; did you mean 'seed'?"),
        ({"model.hiden": [1]}, "'model' has no 'hiden'; did you mean 'hidden'?"),
        ({"seed.x": [1]}, "there is no 'x' in 'seed', which is 1"),
        ({"sizes.9": [1]}, "there is no '9' in 'sizes'"),
        ({"seed": ["a"]}, "seed: expected an integer, found the text 'a'"),
        ({"seed": []}, "seed: there is no value"),
        ({"config_dicts": []}, "config_dicts: expected a list of mappings"),
        ({"config_dicts": [{"seed": 1}, {"lr": 1}]}, "item 1 has not the keys of the first"),
        ({"seed": [1], "config_dicts": [{"seed": 1}]}, "seed has values of its own"),
        ({"config_dicts": [{"seed": "a"}]}, "seed: expected an integer"),
    ],
)
def test_a_block_that_does_not_fit_is_told(block: dict[str, Any], told: str) -> None:
    with pytest.raises(GridError) as caught:
        generate_grid(Small(grid_search=block))

    assert told in str(caught.value)
    assert isinstance(caught.value, ValueError)


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=4, unique=True), max_size=3))
def test_there_are_as_many_as_the_product_all_distinct(lists: list[list[int]]) -> None:
    block = dict(zip(("seed", "model.hidden", "free.a"), lists, strict=False))
    cfg = Small(grid_search=block or None)

    made, tags = generate_grid(cfg)

    assert len(made) == len(tags) == size_of(cfg)
    assert len({(c.seed, c.model.hidden, c.free["a"]) for c in made}) == len(made)


def test_the_examples_of_the_documentation_hold() -> None:
    assert doctest.testmod(grid_search).failed == 0

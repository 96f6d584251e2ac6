"""Giving values: conversion and mistakes."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

from pathlib import Path
from typing import Any

import pytest
from xpm_config import (
    Config,
    Constant,
    Meta,
    Param,
    PathGenerator,
    copyconfig,
    field,
    setmeta,
    tag,
    tags,
    tagspath,
)
from xpm_config.errors import (
    ForbiddenValueError,
    InvalidValueError,
    PositionalArgumentError,
    UnknownAttributeError,
)


class Inner(Config):
    size: Param[int] = field(default=1)
    checked = False

    def __validate__(self) -> None:
        if self.size < 0:
            raise ValueError("size is negative")


class Outer(Config):
    """An outer one.

    More of it.

    Attributes:
        name: what it is called.
    """

    name: Param[str]
    inner: Param[Inner]
    many: Param[list[Inner]] = field(default_factory=list)
    version: Constant[int] = 2
    note: Meta[str] = field(default="-")
    """Says
    more."""

    def total(self) -> int:
        return self.inner.size + len(self.many)


class Files(Config):
    path: Meta[Path] = field(default_factory=PathGenerator("x.txt"))
    inner: Param[Inner | None]


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidValueError) as error:
        Outer.C(name=3, inner="x", nam="y")
    text = str(error.value)
    assert "3 mistakes" in text
    assert "name = 3 (int): expected str" in text
    assert "inner = 'x' (str): expected a configuration Inner" in text
    assert "nam is no parameter: did you mean 'name'?" in text
    assert "test_assignment.py:" in text


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(PositionalArgumentError, match="by name"):
        Inner.C(3)


def test_constants_and_generated_values_are_read_only() -> None:
    with pytest.raises(ForbiddenValueError, match="Constant"):
        Outer.C(version=3)
    with pytest.raises(ForbiddenValueError, match="generated"):
        Files.C(path=Path("/x"))
    with pytest.raises(AttributeError):
        Outer.C().version = 4


def test_setting_an_unknown_attribute_is_refused() -> None:
    config = Inner.C()
    with pytest.raises(UnknownAttributeError, match="did you mean 'size'"):
        config.siz = 3  # type: ignore[attr-defined]
    config._private = 3  # type: ignore[attr-defined]
    config.checked = True


def test_functions_say_that_they_take_a_configuration() -> None:
    functions: list[Any] = [copyconfig, tags, tagspath, lambda value: setmeta(value, True)]
    for function in functions:
        for value in (Inner, Inner(), 3):
            with pytest.raises(InvalidValueError, match=r"takes a configuration, made with \.C"):
                function(value)


def test_mistakes_of_copies_and_attributes_are_placed_in_the_users_code() -> None:
    config = Inner.C(size=1)
    with pytest.raises(InvalidValueError, match=r"test_assignment\.py:\d+: sise is no parameter"):
        copyconfig(config, sise=3)
    with pytest.raises(UnknownAttributeError, match=r"test_assignment\.py:\d+: sise is no param"):
        config.sise = 3  # type: ignore[attr-defined]
    with pytest.raises(UnknownAttributeError, match="did you mean 'size'"):
        config.__xpm__.provenance_of("sise")


def test_a_tag_inside_a_value_is_told_where_to_go() -> None:
    with pytest.raises(InvalidValueError, match=r"tag the whole value: many=tag"):
        Outer.C(many=[tag(Inner.C())])


def test_a_name_that_is_annotated_otherwise_is_told_what_is_missing() -> None:
    class Plain(Config):
        __xpmid__ = "t.plain"
        width: int

    with pytest.raises(InvalidValueError, match=r"write `width: Param"):
        Plain.C(width=3)

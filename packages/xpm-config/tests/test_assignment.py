"""Giving values: conversion and mistakes."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

from pathlib import Path

import pytest
from xpm_config import (
    Config,
    Constant,
    Meta,
    Param,
    PathGenerator,
    field,
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

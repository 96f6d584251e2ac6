"""Unions are tried in the order in which each class writes them."""

# ruff: noqa: UP006, UP007, UP035, UP045 - the older spellings are what is tested
# mypy: disable-error-code="call-arg, arg-type"

from typing import Any, Dict, List, Optional, Union

import pytest
from xpm_config import Config, Param


class NumberFirst(Config):
    items: Param[List[Union[int, str]]]
    table: Param[Dict[str, List[Union[int, str]]]]
    maybe: Param[Optional[Union[int, str]]]


class TextFirst(Config):
    items: Param[List[Union[str, int]]]
    table: Param[Dict[str, List[Union[str, int]]]]
    maybe: Param[Optional[Union[str, int]]]


class TextFirstInText(Config):
    items: "Param[List[Union[str, int]]]"
    table: "Param[Dict[str, List[str | int]]]"
    maybe: "Param[Optional[Union[str, Optional[int]]]]"


@pytest.mark.parametrize(
    ("cls", "stored"), [(NumberFirst, 3), (TextFirst, "3"), (TextFirstInText, "3")]
)
def test_a_union_inside_another_type_has_the_order_of_its_own_declaration(
    cls: Any, stored: object
) -> None:
    config = cls.C(items=["3"], table={"a": ["3"]}, maybe="3")
    assert config.items == [stored]
    assert config.table == {"a": [stored]}
    assert config.maybe == stored


def test_what_has_no_source_keeps_the_order_that_typing_gives() -> None:
    annotation: Any = Param[List[Union[int, str]]]
    cls: Any = type("Made", (Config,), {"__annotations__": {"items": annotation}})
    assert cls.C(items=[3, "x"]).items == [3, "x"]

"""Value classes."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

from typing import Any

import pytest
from xpm_config import (
    Config,
    Constant,
    Meta,
    Param,
    field,
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


def test_a_value_class_builds_the_instances() -> None:
    @Inner.value_class()
    class Implementation(Inner):
        __xpmid__ = "t.implementation"

        def double(self) -> int:
            return 2 * self.size

    try:
        instance: Any = Outer.C(name="x", inner=Inner.C(size=2)).instance()
        assert instance.inner.double() == 4
        assert Inner.XPMValue is Implementation
        with pytest.raises(TypeError, match="must derive"):
            Outer.value_class()(Implementation)
    finally:
        Inner.__getxpmtype__().value_class = Inner

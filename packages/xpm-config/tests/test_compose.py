"""`outer @ inner`."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

import pytest
from xpm_config import (
    Config,
    Constant,
    Meta,
    Param,
    field,
)
from xpm_config.errors import (
    CompositionError,
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


def test_composition_finds_the_one_parameter() -> None:
    outer = Outer.C(name="x") @ Inner.C(size=4)
    assert outer.inner.size == 4
    with pytest.raises(CompositionError, match="no parameter accepts"):
        Inner.C() @ Inner.C()
    with pytest.raises(TypeError):
        outer @ Inner  # type: ignore[operator]

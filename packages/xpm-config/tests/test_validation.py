"""What is checked before a task is submitted or an instance made."""

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
    InvalidValueError,
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


def test_missing_values_are_told_with_their_paths() -> None:
    config = Outer.C(inner=Inner.C(), many=[Inner.C()])
    with pytest.raises(InvalidValueError, match="name has no value: expected str"):
        config.__xpm__.validate()
    with pytest.raises(InvalidValueError):
        config.__xpm__.validate()


def test_field_without_default_is_required_when_it_is_used() -> None:
    class Needs(Config):
        __xpmid__ = "t.field"
        v: Param[int] = field()
        w: Param[int] = field(default=None)  # type: ignore[assignment]

    config = Needs.C()
    assert len(str(config.__xpm__.identifier)) == 64
    with pytest.raises(InvalidValueError, match="v has no value") as error:
        config.instance()
    assert "w has no value" not in str(error.value)
    config.v = 1
    assert config.instance().w is None


def test_validate_is_called_on_all_below() -> None:
    config = Outer.C(name="x", inner=Inner.C(size=-1))
    for _ in range(2):
        with pytest.raises(ValueError, match="size is negative"):
            config.instance()


def test_what_validate_raises_says_where_the_configuration_is() -> None:
    class Positive(Config):
        __xpmid__ = "t.positive"
        v: Param[int]

        def __validate__(self) -> None:
            if self.v < 0:
                raise ValueError("v is negative")

    class Many(Config):
        __xpmid__ = "t.many"
        items: Param[list[Positive]]

    with pytest.raises(ValueError, match="v is negative") as error:
        Many.C(items=[Positive.C(v=1), Positive.C(v=-1)]).instance()
    assert "items[1] of" in error.value.__notes__[0]
    assert "test_validation.py:" in error.value.__notes__[0]

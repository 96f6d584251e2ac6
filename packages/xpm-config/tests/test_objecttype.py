"""The parameters of a class: inherited, redefined, with bare defaults."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

import logging

import pytest
from xpm_config import (
    Config,
    Param,
    field,
)


class Inner(Config):
    size: Param[int] = field(default=1)
    checked = False

    def __validate__(self) -> None:
        if self.size < 0:
            raise ValueError("size is negative")


def test_a_redefined_parameter_is_told(caplog: pytest.LogCaptureFixture) -> None:
    class Child(Inner):
        __xpmid__ = "t.child"
        size: Param[int] = field(default=2)

    class Meant(Inner):
        __xpmid__ = "t.meant"
        size: Param[int] = field(default=2, overrides=True)

    class Wrong(Inner):
        __xpmid__ = "t.wrong"
        size: Param[str] = field(default="", overrides=True)  # type: ignore[assignment]

    with caplog.at_level(logging.WARNING):
        assert Meant.C().size == 2
        assert not caplog.text
        assert Child.C().size == 2
    assert "redefines the parameter size" in caplog.text
    with pytest.raises(TypeError, match="may only narrow"):
        Wrong.C()


def test_bare_defaults_warn_with_the_fixer() -> None:
    class Old(Config):
        __xpmid__ = "t.old"
        v: Param[int] = 3

    with pytest.warns(DeprecationWarning, match="refactor default-values"):
        assert Old.C().v == 3

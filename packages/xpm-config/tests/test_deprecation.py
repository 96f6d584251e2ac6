"""Deprecated classes and parameters."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

import logging
from typing import Any

import pytest
from xpm_config import (
    Config,
    Param,
    deprecate,
    field,
)
from xpm_config.errors import (
    DeclarationError,
)


class Inner(Config):
    size: Param[int] = field(default=1)
    checked = False

    def __validate__(self) -> None:
        if self.size < 0:
            raise ValueError("size is negative")


def test_a_deprecated_class_keeps_what_was_computed(caplog: pytest.LogCaptureFixture) -> None:
    @deprecate(Inner)
    class Old(Config):
        __xpmid__ = "t.deprecated"
        value: Param[int]

        def __convert__(self) -> Any:
            return Inner.C(size=self.value)

    @deprecate(Inner, replace=True)
    class Replaced(Config):
        __xpmid__ = "t.replaced"
        value: Param[int]

        def __convert__(self) -> Any:
            return Inner.C(size=self.value)

    old = Old.C(value=3)
    assert old.__xpm__.identifier == Inner.C(size=3).__xpm__.identifier
    assert old.__xpm__.original_identifier != old.__xpm__.identifier
    old.value = 4
    assert old.__xpm__.identifier == Inner.C(size=4).__xpm__.identifier
    replaced: Any = Replaced.C(value=5)
    assert isinstance(replaced, Inner)
    assert replaced.__xpm__.deprecated_from.value == 5
    with caplog.at_level(logging.WARNING):
        setattr(replaced, "value", 6)  # noqa: B010 - unknown to type checkers
    assert "value = 6 is dropped" in caplog.text
    assert replaced.__xpm__.values["size"] == 5
    with pytest.raises(DeclarationError, match="one base"):
        deprecate()(type("Direct", (Config,), {}))


def test_a_deprecated_parameter_can_still_be_given(caplog: pytest.LogCaptureFixture) -> None:
    class Renamed(Config):
        __xpmid__ = "t.renamed"
        values: Param[list[int]] = field(default=[])

        @deprecate
        def value(self, x: int) -> None:
            """Give values instead."""
            self.values = [x]

    with caplog.at_level(logging.WARNING):
        config = Renamed.C(value=3)
    assert config.values == [3]
    assert "Give values instead" in caplog.text


def test_a_deprecated_configuration_is_accepted_where_its_target_is_wanted() -> None:
    class Target(Config):
        __xpmid__ = "t.target"
        width: Param[int]

    @deprecate(Target)
    class Former(Config):
        __xpmid__ = "t.former"
        size: Param[int]

        def __convert__(self) -> Any:
            return Target.C(width=self.size)

    class User(Config):
        __xpmid__ = "t.user"
        target: Param[Target]

    former: Any = Former.C(size=3)
    user, same = User.C(target=former), User.C(target=Target.C(width=3))
    assert user.target.width == 3
    assert user.__xpm__.identifier == same.__xpm__.identifier

"""Tags: collected, told apart, stopped."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

import logging

import pytest
from xpm_config import (
    Config,
    Constant,
    Meta,
    Param,
    field,
    stop_tags,
    tag,
    tags,
    tagspath,
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


def test_tags_are_collected_and_conflicts_are_told(caplog: pytest.LogCaptureFixture) -> None:
    config = Outer.C(name=tag("a/b"), inner=Inner.C(size=tag(2)))
    assert dict(tags(config)) == {"name": "a/b", "size": 2}
    assert tagspath(config) == "name=a-b_size=2"
    config.name = "c"
    assert dict(config.tags()) == {"size": 2}
    config.many = stop_tags([Inner.C(size=tag(9))])
    assert dict(config.tags()) == {"size": 2}
    with caplog.at_level(logging.WARNING):
        config.many = [Inner.C(size=tag(7))]
        config.tags()
    assert "2" in caplog.text and "7" in caplog.text
    assert caplog.text.count("test_tags.py:") >= 2
    with pytest.raises(TypeError):
        tags(config)["x"] = 1

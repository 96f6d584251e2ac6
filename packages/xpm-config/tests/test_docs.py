"""Documentation found in docstrings."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

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


def test_documentation_is_found() -> None:
    described = Outer.__getxpmtype__()
    assert described.title == "An outer one."
    assert described.description == "More of it."
    assert described.parameters["name"].help == "what it is called."
    assert described.parameters["note"].help == "Says\n    more."
    assert Inner.__getxpmtype__().title == str(Inner.__getxpmtype__())

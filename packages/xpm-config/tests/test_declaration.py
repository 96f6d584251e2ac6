"""What is refused when a class is made, or first used."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

import pytest
from xpm_config import (
    Config,
    Param,
)
from xpm_config.errors import (
    DeclarationError,
)


def test_hidden_names_are_refused_with_the_class() -> None:
    for name in ("tags", "job", "wait", "copy", "instance"):
        with pytest.raises(DeclarationError, match=name):
            type("Hidden", (Config,), {"__annotations__": {name: Param[int]}})
        with pytest.raises(DeclarationError, match=name):
            type("Hidden", (Config,), {name: lambda self: None})


def test_local_classes_are_refused_when_they_are_used() -> None:
    class Local(Config):
        v: Param[int]

    with pytest.raises(DeclarationError, match="defined in a function"):
        Local.C(v=1)


def test_annotations_in_text_may_name_what_is_local() -> None:
    class Below(Config):
        __xpmid__ = "t.below"
        v: Param[int]

    class Above(Config):
        __xpmid__ = "t.above"
        below: "Param[Below]"
        again: "Param[Above | None]"

    above = Above.C(below=Below.C(v=1))
    assert Above.C(below=Below.C(v=2), again=above).again is above

"""Value objects."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

from pathlib import Path

import pytest
from xpm_config import (
    Config,
    Constant,
    DirectoryContext,
    Meta,
    ObjectStore,
    Param,
    PathGenerator,
    field,
)
from xpm_config.errors import (
    InstanceError,
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


class Above(Config):
    files: Param[Files]
    more: Param[list[Files]] = field(default=[])


def test_an_instance_shares_what_its_configuration_shares() -> None:
    inner = Inner.C(size=3)
    config = Outer.C(name="x", inner=inner, many=[inner, Inner.C()])
    instance = config.instance()
    assert instance.many[0] is instance.inner
    assert instance.xpmconfig is config
    assert type(instance) is Outer
    store = ObjectStore()
    assert config.instance(objects=store).inner is inner.instance(objects=store)
    with pytest.raises(AttributeError, match="does not know"):
        config.instance(keep=False).xpmconfig  # noqa: B018


def test_generated_paths_follow_the_configuration(tmp_path: Path) -> None:
    config = Above.C(files=Files.C(), more=[Files.C()])
    with pytest.raises(InstanceError, match="DirectoryContext"):
        config.copy().instance()
    instance = config.instance(DirectoryContext(tmp_path))
    assert instance.files.path == tmp_path / "out/files/x.txt"
    assert instance.more[0].path == tmp_path / "out/more/0/x.txt"
    with pytest.raises(AttributeError, match=r"path was generated"):
        Above.C(files=config.files)
    assert config.files.__xpm__.provenance_of("path")[1] == "generated"

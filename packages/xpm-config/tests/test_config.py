"""Configuration objects: building, reading, writing, sealing, comparing."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

import pickle

import pytest
from xpm_config import (
    Config,
    Constant,
    Meta,
    Param,
    copyconfig,
    field,
    setmeta,
)
from xpm_config.errors import (
    SealedError,
    UnsetParameterError,
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


def test_the_class_itself_says_to_use_c() -> None:
    with pytest.raises(TypeError, match=r"write Inner\.C\(size=3\)"):
        Inner(size=3)


def test_reading_an_unset_parameter_says_so() -> None:
    with pytest.raises(UnsetParameterError, match="'name' of Outer has no value"):
        Outer.C().name  # noqa: B018
    assert not hasattr(Outer.C(), "name")


def test_methods_and_isinstance_work_on_configurations() -> None:
    config = Outer.C(name="x", inner=Inner.C(size=2), many=[Inner.C()])
    assert config.total() == 3
    assert isinstance(config, Outer)
    assert Outer.C is Outer.XPMConfig
    assert Outer.C.C is Outer.C


def test_a_sealed_configuration_cannot_change() -> None:
    config = Outer.C(name="x", inner=Inner.C()).seal()
    with pytest.raises(SealedError, match="read-only"):
        config.inner.size = 3
    with pytest.raises(SealedError):
        setmeta(config, True)
    assert copyconfig(config, name="y").name == "y"


def test_provenance_tells_where_each_value_was_set() -> None:
    config = Inner.C()
    assert config.__xpm__.provenance_of("size")[1] == "default"
    config.size = 3
    place, kind = config.__xpm__.provenance_of("size")
    assert kind == "explicit"
    assert place.startswith(f"{__file__}:")


def test_equality_is_that_of_values() -> None:
    assert Inner.C(size=1) == Inner.C()
    assert Inner.C(size=2) != Inner.C()
    assert Inner.C().seal() == Inner.C().seal()
    assert len({Inner.C().seal(), Inner.C().seal()}) == 1


def test_text_is_what_would_be_written() -> None:
    config = Outer.C(name="x", inner=Inner.C())
    assert repr(config) == f"Config[{config.__xpmtype__.name}]"
    assert str(config).endswith("Inner(size=1), many=[], version=2, note='-')")


def test_a_configuration_can_be_pickled() -> None:
    config = Outer.C(name="x", inner=Inner.C(size=3), many=[Inner.C()])
    config.name = "y"
    assert pickle.loads(pickle.dumps(config)) == config
    sealed = Inner.C().seal()
    assert pickle.loads(pickle.dumps(sealed)).__xpm__.identifier == sealed.__xpm__.identifier

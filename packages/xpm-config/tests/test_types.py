"""What parameter types accept, store and refuse."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"
# ruff: noqa: UP007, UP045, UP042 - the older spellings are what is tested

import enum
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, Union

import pytest
from xpm_config import Choices, Config, Meta, Param, field
from xpm_config.errors import DeclarationError, ForbiddenValueError, InvalidValueError


class Colour(enum.Enum):
    RED = "red"


class Mode(str, enum.Enum):
    FAST = "fast"


class Level(enum.IntEnum):
    LOW = 1


class Inner(Config):
    size: Param[int] = field(default=1)


class Everything(Config):
    i: Param[int] = field(default=0)
    f: Param[float] = field(default=0.0)
    b: Param[bool] = field(default=False)
    s: Param[str] = field(default="")
    p: Param[Path | None]
    e: Param[Colour] = field(default=Colour.RED)
    li: Param[list[int]] = field(default=[])
    d: Param[dict[int, str]] = field(default={})
    t: Meta[tuple[int, ...]] = field(default=())
    u: Param[Union[int, str]] = field(default=0)
    lit: Param[Literal["a", 1]] = field(default="a")
    c: Param[Optional[Inner]]
    anything: Param[Any] = field(default=0)
    wide: Meta[int] = field(default=0)


@pytest.mark.parametrize(
    ("name", "given", "stored"),
    [
        ("i", True, 1),
        ("i", 3.0, 3),
        ("i", " 12 ", 12),
        ("i", "1_000", 1000),
        ("i", "3.00", 3),
        ("i", b"7", 7),
        ("i", Decimal("4"), 4),
        ("i", Level.LOW, 1),
        ("f", 1, 1.0),
        ("f", "1e-3", 1e-3),
        ("f", True, 1.0),
        ("b", "Yes", True),
        ("b", 0, False),
        ("b", "off", False),
        ("s", Mode.FAST, "fast"),
        ("p", "a/b", Path("a/b")),
        ("li", [True, "5", 2.0], [1, 5, 2]),
        ("d", {"1": "x"}, {1: "x"}),
        ("t", [1, "2"], (1, 2)),
        ("u", "3", 3),
        ("u", "three", "three"),
        ("lit", 1, 1),
        ("wide", 2**70, 2**70),
    ],
)
def test_a_value_is_converted(name: str, given: Any, stored: Any) -> None:
    config = Everything.C(**{name: given})
    found = getattr(config, name)
    assert found == stored
    assert type(found) is type(stored)
    setattr(config, name, given)
    assert getattr(config, name) == stored


@pytest.mark.parametrize(
    ("name", "refused", "text"),
    [
        ("i", 1.5, "expected int"),
        ("i", "1e3", "expected int"),
        ("i", "3.", "expected int"),
        ("i", 2**63, "64 bits"),
        ("f", "x", "expected float"),
        ("b", 2, "expected bool"),
        ("s", 3, "expected str"),
        ("s", b"x", "expected str"),
        ("p", 3, "expected Path"),
        ("e", "red", r"write Colour\.RED"),
        ("e", "RED", r"write Colour\.RED"),
        ("li", (1,), r"expected list\[int\]"),
        ("li", [1, "x"], r"li\[1\] = 'x' \(str\): expected int"),
        ("d", {"x": "y"}, r"key 'x'"),
        ("d", {1: 2}, r"d\[1\] = 2"),
        ("t", {1}, "expected tuple"),
        ("lit", "b", "expected Literal"),
        ("c", 3, "a configuration Inner"),
        ("c", Inner, r"write Inner\.C"),
        ("c", Inner(), r"build it with Inner\.C"),
    ],
)
def test_a_value_is_refused_with_what_was_expected(name: str, refused: Any, text: str) -> None:
    with pytest.raises(InvalidValueError, match=text) as error:
        Everything.C(**{name: refused})
    assert "test_types.py:" in str(error.value)
    with pytest.raises(InvalidValueError, match=text):
        setattr(Everything.C(), name, refused)


def test_the_order_of_a_union_is_that_of_its_own_declaration() -> None:
    class One(Config):
        __xpmid__ = "t.one"
        v: Param[Union[int, str]]

    class Two(Config):
        __xpmid__ = "t.two"
        v: Param[Union[str, int]]

    assert One.C(v="3").v == 3
    assert Two.C(v="3").v == "3"
    assert Two.C(v=3).v == 3


def test_a_union_keeps_the_exact_type_where_identifiers_allow() -> None:
    class Paths(Config):
        __xpmid__ = "t.paths"
        v: Param[Union[Path, str]]
        w: Param[Union[int, bool]]

    assert Paths.C(v="x").v == "x"
    assert Paths.C(w=True).w is True


def test_choices_are_told() -> None:
    class Device(Config):
        __xpmid__ = "t.device"
        v: Param[str] = field(default="cpu")
        w: Param[str]

    class Chosen(Config):
        __xpmid__ = "t.chosen"
        v: "Annotated[Param[str], Choices(['cpu', 'gpu'])]"

    assert Chosen.C(v="gpu").v == "gpu"
    with pytest.raises(ValueError, match="one of 'cpu', 'gpu'"):
        Chosen.C(v="tpu")


def test_what_cannot_be_saved_and_hashed_is_refused_with_the_class() -> None:
    parameter: Any = Param
    for refused in (
        bytes,
        frozenset[int],
        complex,
        object,
        dict[tuple[int, int], int],
        set[list[int]],
    ):
        with pytest.raises(DeclarationError, match="bad"):
            type("Refused", (Config,), {"__annotations__": {"bad": parameter[refused]}})


T = TypeVar("T")


class Box(Config, Generic[T]):
    v: Param[T]
    w: Param[Optional[T]]


class Holder(Config):
    box: Param[Box[int]]


def test_the_values_of_one_variable_belong_together() -> None:
    assert Box.C(v=1, w=2).w == 2
    assert Box[int].C(v=1).v == 1
    with pytest.raises(TypeError, match="nothing in common"):
        Box.C(v=1, w="x")
    with pytest.raises(ValueError, match=r"Box\[int\]"):
        Holder.C(box=Box.C(v="a"))


def test_none_is_refused_where_a_value_is_required() -> None:
    class Needs(Config):
        __xpmid__ = "t.needs"
        v: Param[int]

    with pytest.raises(ForbiddenValueError, match="required"):
        Needs.C(v=None)
    with pytest.raises(AttributeError):
        Needs.C(v=None)


K = TypeVar("K")
L = TypeVar("L")


class Animal(Config):
    __xpmid__ = "t.animal"


class Dog(Animal):
    __xpmid__ = "t.dog"


class Lists(Config, Generic[T]):
    v: Param[list[T]]


class Tables(Config, Generic[K, L]):
    v: Param[dict[K, L]]


class Nested(Config, Generic[T]):
    box: Param[Box[T]]
    other: Param[Optional[T]]


class DogBox(Box[Dog]):
    pass


class Holders(Config):
    lists: Param[Optional[Lists[int]]]
    tables: Param[Optional[Tables[str, int]]]
    animals: Param[Optional[Box[Animal]]]
    ints: Param[Optional[Box[int]]]
    floats: Param[Optional[Box[float]]]


def test_type_variables_are_checked_wherever_they_are() -> None:
    for build in (
        lambda: Lists.C(v=[1, "x"]),
        lambda: Tables.C(v={"a": 1, 2: 3}),
        lambda: Tables.C(v={"a": 1, "b": "c"}),
        lambda: Nested.C(box=Box.C(v=1), other="x"),
    ):
        with pytest.raises(TypeError, match="nothing in common"):
            build()
    nested = Nested.C(box=Box.C(v=1))
    with pytest.raises(TypeError, match="nothing in common"):
        nested.other = "x"
    assert nested.other is None
    nested.other = 2
    assert nested.other == 2


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("lists", Lists.C(v=["x"]), r"its v holds 'x', no int"),
        ("tables", Tables.C(v={1: 1}), r"its v holds 1, no str"),
        ("tables", Tables.C(v={"a": "b"}), r"its v holds 'b', no int"),
        ("animals", Box.C(v=3), r"its v holds 3, no Animal"),
        ("ints", DogBox.C(), r"DogBox is a Box of ~T = Dog"),
    ],
)
def test_the_arguments_of_a_generic_configuration_are_checked(
    name: str, value: Any, text: str
) -> None:
    with pytest.raises(InvalidValueError, match=text):
        Holders.C(**{name: value})


def test_what_fits_the_arguments_of_a_generic_configuration_is_kept() -> None:
    holders: Any = Holders.C(
        lists=Lists.C(v=[1]), animals=DogBox.C(v=Dog.C()), floats=Box.C(v=1), ints=Box.C()
    )
    assert holders.floats.v == 1
    holders.tables = Tables.C(v={"a": 1})
    assert holders.tables.v == {"a": 1}


@pytest.mark.parametrize("name", ["type", "dict", "convert", "State", "MISSING", "int", "self"])
def test_a_parameter_may_have_any_name(name: str) -> None:
    parameter: Any = Param
    annotations = {"size": parameter[int], name: parameter[float]}
    cls: Any = type("Named", (Config,), {"__annotations__": annotations, "__module__": "t"})
    config = cls.C(**{"size": "3", name: "1.5"})
    assert config.__arguments__() == {"size": 3, name: 1.5}
    with pytest.raises(InvalidValueError, match="2 mistakes"):
        cls.C(**{"size": "x", name: "y"})


def test_names_of_the_library_and_of_python_are_refused() -> None:
    for name in ("_xpm_values", "__dict__"):
        with pytest.raises(DeclarationError, match="Choose another name"):
            type("Named", (Config,), {"__annotations__": {name: Param[int]}})


def test_a_tuple_that_would_enter_identifiers_is_refused_where_it_is_given() -> None:
    class Sized(Config):
        __xpmid__ = "t.sized"
        sizes: Param[Optional[list[tuple[int, int]]]]
        kept: Param[tuple[int, int]] = field(default=(1, 2), ignore_default=True)
        free: Meta[tuple[Any, ...]] = field(default=())

    config = Sized.C(kept=(1, 2), free=(1, "x"))
    config.seal()
    assert (config.sizes, config.kept, config.free) == (None, (1, 2), (1, "x"))
    with pytest.raises(InvalidValueError, match=r"sizes\[0\] = \(3, 4\) .*declare sizes as a list"):
        Sized.C(sizes=[(3, 4)])
    with pytest.raises(InvalidValueError, match="kept"):
        Sized.C(kept=(3, 4))


def test_a_value_that_cannot_be_shown_is_refused_all_the_same() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    for value in (10**5000, Broken()):
        with pytest.raises(InvalidValueError, match="cannot be shown"):
            Inner.C(size=value)


def test_the_keys_of_a_dictionary_may_be_literals() -> None:
    class Table(Config):
        __xpmid__ = "t.table"
        v: Param[dict[Literal["a", "b"], int]]

    assert Table.C(v={"a": 1}).v == {"a": 1}
    with pytest.raises(InvalidValueError, match=r"v, key 'c'"):
        Table.C(v={"c": 1})  # type: ignore[dict-item]


def test_a_choice_that_is_close_is_named() -> None:
    class Mode(Config):
        __xpmid__ = "t.mode"
        v: Annotated[str, Choices(["fast", "slow"])]

    with pytest.raises(InvalidValueError, match="did you mean 'fast'"):
        Mode.C(v="fats")

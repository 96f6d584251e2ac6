"""Golden cases for configuration identifiers.

``CASES``    name -> zero-argument function returning a fresh configuration
``PARTIALS`` name -> {partial name: partial object} for the cases that have some
``ERRORS``   name -> zero-argument function; building the configuration or
             computing its identifier must fail
``QUIRKS``   names whose expected value follows an oddity of experimaestro 2.7.0

``describe(name)`` gives what ``expected.json`` holds for that name. Type names
and enum names contain the module name: import this file as the top-level module
``cases``, in a process where no other module declares ``Param[Union[...]]``.
"""

import tempfile
from enum import Enum, IntEnum
from pathlib import Path
from typing import Dict, Generic, List, Optional, Set, Tuple, TypeVar, Union

from xpm_config import (
    Annotated,
    Any,
    Choices,
    Config,
    Constant,
    DataPath,
    Identifier,
    InstanceConfig,
    LightweightTask,
    Meta,
    Option,
    OptionalDataPath,
    Param,
    PathGenerator,
    PathSerializationLWTask,
    Prepare,
    ResumableTask,
    RunMode,
    SerializationLWTask,
    Task,
    copyconfig,
    deprecate,
    experiment,
    field,
    help,
    param_group,
    partial,
    sealed_set,
    setmeta,
    stop_tags,
    tag,
)

CASES = {}
PARTIALS = {}
ERRORS = {}
QUIRKS = set()


def case(function=None, *, partials=None, quirk=False):
    """Registers a builder under its own name"""

    def register(fn):
        assert fn.__name__ not in CASES
        CASES[fn.__name__] = fn
        if partials:
            PARTIALS[fn.__name__] = partials
        if quirk:
            QUIRKS.add(fn.__name__)
        return fn

    return register(function) if function else register


def cases(prefix, builders, quirk=False):
    """Registers several one-line builders as <prefix>_<key>"""
    for key, fn in builders.items():
        name = f"{prefix}_{key}"
        assert name not in CASES
        CASES[name] = fn
        if quirk:
            QUIRKS.add(name)


def error(fn):
    ERRORS[fn.__name__] = fn
    return fn


def describe(name):
    """Type name, identifier and partial identifiers, or the name of the error"""
    if name in ERRORS:
        try:
            ERRORS[name]().__xpm__.identifier
        except Exception as exc:
            return {"error": type(exc).__name__}
        return {"error": None}

    config = CASES[name]()
    found = {
        "type": str(config.__xpmtype__.identifier),
        "identifier": config.__xpm__.identifier.all.hex(),
    }
    if name in PARTIALS:
        found["partials"] = {
            key: config.__xpm__.get_partial_identifier(value).all.hex()
            for key, value in PARTIALS[name].items()
        }
    return found


def submit(task, **kwargs):
    return task.submit(run_mode=RunMode.DRY_RUN, **kwargs)


def submitted(task, **kwargs):
    """Submits and returns the task itself (not its outputs)"""
    task.submit(run_mode=RunMode.DRY_RUN, **kwargs)
    return task


def in_experiment(build):
    """Builds within a dry-run experiment (for generated paths and partials)"""
    with tempfile.TemporaryDirectory() as folder:
        with experiment(Path(folder), "golden", run_mode=RunMode.DRY_RUN):
            return build()


# --- Scalars


class IntBox(Config):
    v: Param[int]


class FloatBox(Config):
    v: Param[float]


class BoolBox(Config):
    v: Param[bool]


class StrBox(Config):
    v: Param[str]


cases(
    "int",
    {
        "one": lambda: IntBox.C(v=1),
        "zero": lambda: IntBox.C(v=0),
        "negative": lambda: IntBox.C(v=-42),
        "min": lambda: IntBox.C(v=-(2**63)),
        "max": lambda: IntBox.C(v=2**63 - 1),
        "from_bool": lambda: IntBox.C(v=True),
        "from_float": lambda: IntBox.C(v=12.0),
        "from_text": lambda: IntBox.C(v=" 12 "),
    },
)
cases(
    "float",
    {
        "half": lambda: FloatBox.C(v=0.5),
        "zero": lambda: FloatBox.C(v=0.0),
        "minus_zero": lambda: FloatBox.C(v=-0.0),
        "nan": lambda: FloatBox.C(v=float("nan")),
        "inf": lambda: FloatBox.C(v=float("inf")),
        "minus_inf": lambda: FloatBox.C(v=float("-inf")),
        "subnormal": lambda: FloatBox.C(v=5e-324),
        "tenth": lambda: FloatBox.C(v=0.1),
        "from_int": lambda: FloatBox.C(v=3),
        "from_bool": lambda: FloatBox.C(v=True),
        "from_text": lambda: FloatBox.C(v="1e-3"),
    },
)
cases(
    "bool",
    {
        "true": lambda: BoolBox.C(v=True),
        "false": lambda: BoolBox.C(v=False),
        "from_text": lambda: BoolBox.C(v="Yes"),
        "from_int": lambda: BoolBox.C(v=0),
    },
)
cases(
    "str",
    {
        "empty": lambda: StrBox.C(v=""),
        "ascii": lambda: StrBox.C(v="hello world"),
        "accent": lambda: StrBox.C(v="caf\u00e9"),
        "combining": lambda: StrBox.C(v="cafe\u0301"),
        "astral": lambda: StrBox.C(v="\U0001f600 ok"),
        "controls": lambda: StrBox.C(v="a\x00b\n\t\x7f"),
        "long": lambda: StrBox.C(v="xyz" * 5000),
    },
)


class Several(Config):
    zeta: Param[int]
    Alpha: Param[str]
    alpha: Param[str]
    beta_2: Param[float]
    beta10: Param[bool]
    _hidden: Param[int]


@case
def several_arguments():
    return Several.C(zeta=1, Alpha="A", alpha="a", beta_2=1.5, beta10=True, _hidden=3)


class NoArguments(Config):
    plain: int = 5


@case
def no_arguments():
    return NoArguments.C()


class TwoStrings(Config):
    a: Param[str]
    b: Param[Optional[str]]


# These two share one identifier: strings have no length prefix
cases(
    "string_boundary",
    {
        "one": lambda: TwoStrings.C(a="x\x03b\x05\x03y"),
        "two": lambda: TwoStrings.C(a="x", b="y"),
    },
    quirk=True,
)


# --- Optional


class OptionalBox(Config):
    v: Param[Optional[int]]


class OptionalPipe(Config):
    v: Param[float | None]


class OptionalText(Config):
    v: Param[Optional[str]] = None


cases(
    "optional",
    {
        "omitted": lambda: OptionalBox.C(),
        "none": lambda: OptionalBox.C(v=None),
        "value": lambda: OptionalBox.C(v=1),
        "pipe_omitted": lambda: OptionalPipe.C(),
        "pipe_value": lambda: OptionalPipe.C(v=2),
        "text_omitted": lambda: OptionalText.C(),
        "text_empty": lambda: OptionalText.C(v=""),
    },
)


# --- Enums


class Colour(Enum):
    RED = 1
    GREEN = 2
    ROUGE = 1


class Level(IntEnum):
    LOW = 1
    HIGH = 10


class Mode(str, Enum):
    FAST = "fast-mode"


class Ratio(float, Enum):
    HALF = 0.5


class ColourBox(Config):
    v: Param[Colour]


class LevelBox(Config):
    v: Param[Level]


class ModeBox(Config):
    v: Param[Mode]


class RatioBox(Config):
    v: Param[Ratio]


class WithInner(Config):
    class Kind(Enum):
        One = "1"

    v: Param[Kind]


class ColourDefault(Config):
    v: Param[Colour] = field(default=Colour.RED, ignore_default=True)


class Colours(Config):
    v: Param[List[Colour]]


cases(
    "enum",
    {
        "plain": lambda: ColourBox.C(v=Colour.GREEN),
        "alias": lambda: ColourBox.C(v=Colour.ROUGE),
        "int_based": lambda: LevelBox.C(v=Level.HIGH),
        "str_based": lambda: ModeBox.C(v=Mode.FAST),
        "float_based": lambda: RatioBox.C(v=Ratio.HALF),
        "nested_class": lambda: WithInner.C(v=WithInner.Kind.One),
        "default": lambda: ColourDefault.C(),
        "not_default": lambda: ColourDefault.C(v=Colour.GREEN),
        "list": lambda: Colours.C(v=[Colour.GREEN, Colour.RED]),
        "as_int": lambda: IntBox.C(v=Level.LOW),
        "as_str": lambda: StrBox.C(v=Mode.FAST),
    },
)


# --- Lists


class Ints(Config):
    v: Param[List[int]]


class Floats(Config):
    v: Param[list[float]]


class Strs(Config):
    v: Param[List[str]]


class Nested(Config):
    v: Param[List[List[Optional[int]]]]


class Boxes(Config):
    v: Param[List[IntBox]]


class Dicts(Config):
    v: Param[List[Dict[str, int]]]


class Loose(Config):
    v: Param[List]


cases(
    "list",
    {
        "empty": lambda: Ints.C(v=[]),
        "ints": lambda: Ints.C(v=[3, 1, 2]),
        "coerced": lambda: Ints.C(v=[True, "5", 2.0]),
        "floats": lambda: Floats.C(v=[1, 2.5]),
        "strs": lambda: Strs.C(v=["b", "", "a"]),
        "strs_joined": lambda: Strs.C(v=["b", "a"]),
        "nested": lambda: Nested.C(v=[[1, None], [], [2]]),
        "of_configs": lambda: Boxes.C(v=[IntBox.C(v=1), IntBox.C(v=2)]),
        "of_configs_reversed": lambda: Boxes.C(v=[IntBox.C(v=2), IntBox.C(v=1)]),
        "of_dicts": lambda: Dicts.C(v=[{"b": 1, "a": 2}, {}]),
        "untyped": lambda: Loose.C(v=[1, "a", 2.5, None, [True], {"k": Colour.RED}]),
        "300_items": lambda: Ints.C(v=list(range(300))),
    },
)


# --- Dictionaries


class StrDict(Config):
    v: Param[Dict[str, int]]


class IntDict(Config):
    v: Param[Dict[int, str]]


class FloatDict(Config):
    v: Param[Dict[float, int]]


class BoxDict(Config):
    v: Param[Dict[str, IntBox]]


class OptionalDict(Config):
    v: Param[Dict[str, Optional[int]]]


class DeepDict(Config):
    v: Param[Dict[str, List[Dict[str, int]]]]


cases(
    "dict",
    {
        "empty": lambda: StrDict.C(v={}),
        "sorted": lambda: StrDict.C(v={"b": 1, "a": 2}),
        "code_points": lambda: StrDict.C(v={"\u00e9": 1, "z": 2, "Z": 3, "aa": 4, "a": 5, "\U0001f600": 6, "\uffff": 7}),
        "int_keys": lambda: IntDict.C(v={10: "a", 9: "b", -1: "c"}),
        "float_keys": lambda: FloatDict.C(v={2: 1, 10: 2, -1.5: 3}),
        "of_configs": lambda: BoxDict.C(v={"y": IntBox.C(v=1), "x": IntBox.C(v=2)}),
        "with_none": lambda: OptionalDict.C(v={"a": None, "b": 0}),
        "deep": lambda: DeepDict.C(v={"b": [{"x": 1}, {}], "a": []}),
    },
)


# --- Sets


class IntSet(Config):
    v: Param[Set[int]]


class StrSet(Config):
    v: Param[set[str]]


class ColourSet(Config):
    v: Param[Set[Colour]]


class BoxSet(Config):
    v: Param[Set[IntBox]]


class SetDict(Config):
    v: Param[Dict[str, Set[int]]]


class SetDefault(Config):
    v: Param[Set[int]]
    w: Param[int] = field(default=1, ignore_default=True)


cases(
    "set",
    {
        "empty": lambda: IntSet.C(v=set()),
        "ints": lambda: IntSet.C(v={1, 2, 300, -5}),
        "strs": lambda: StrSet.C(v={"a", "b", "c", ""}),
        "enums": lambda: ColourSet.C(v={Colour.RED, Colour.GREEN}),
        "of_configs": lambda: BoxSet.C(v=sealed_set(*(IntBox.C(v=i) for i in range(6)))),
        "merged": lambda: BoxSet.C(v=sealed_set(IntBox.C(v=1), IntBox.C(v=1))),
        "meta": lambda: BoxSet.C(v=sealed_set(IntBox.C(v=1), setmeta(IntBox.C(v=2), True))),
        "in_dict": lambda: SetDict.C(v={"b": {1}, "a": {3, 2}}),
        "beside_default": lambda: SetDefault.C(v={7}),
    },
)


# --- Any and unions


class AnyBox(Config):
    v: Param[Any]


class IntOrFloat(Config):
    v: Param[Union[int, float]]


class IntOrStr(Config):
    v: Param[Union[int, str]]


class FloatOrText(Config):
    v: Param[Union[float, str, Colour]]


class BoxOrInt(Config):
    v: Param[Union[IntBox, int]]


class WideUnion(Config):
    v: Param[Union[bool, List[int], None]]


cases(
    "any",
    {
        "int": lambda: AnyBox.C(v=1),
        "float": lambda: AnyBox.C(v=1.0),
        "bool": lambda: AnyBox.C(v=True),
        "str": lambda: AnyBox.C(v="1"),
        "config": lambda: AnyBox.C(v=IntBox.C(v=1)),
        "mixed_list": lambda: AnyBox.C(v=[1, {"a": [None, 0.5]}, Colour.RED, IntBox.C(v=4)]),
    },
)
cases(
    "union",
    {
        "integral_float": lambda: IntOrFloat.C(v=1.0),
        "float": lambda: IntOrFloat.C(v=1.5),
        "digits": lambda: IntOrStr.C(v="3"),
        "text": lambda: IntOrStr.C(v="three"),
        "number_text": lambda: FloatOrText.C(v="1.5"),
        "word": lambda: FloatOrText.C(v="word"),
        "enum": lambda: FloatOrText.C(v=Colour.RED),
        "config": lambda: BoxOrInt.C(v=IntBox.C(v=1)),
        "wide_list": lambda: WideUnion.C(v=[1, 2]),
        "wide_bool": lambda: WideUnion.C(v="off"),
    },
)


# --- Nested configurations


class Inner(Config):
    x: Param[int]
    y: Param[float] = field(default=1.5)


class InnerMore(Inner):
    z: Param[str] = field(default="z", ignore_default=True)


class Outer(Config):
    left: Param[Inner]
    right: Param[Optional[Inner]]


class Top(Config):
    outer: Param[Outer]
    others: Param[Dict[str, List[Outer]]] = field(default={}, ignore_default=True)


class AnyConfig(Config):
    c: Param[Config]


@case
def nested_simple():
    return Outer.C(left=Inner.C(x=1))


@case
def nested_two():
    return Outer.C(left=Inner.C(x=1), right=Inner.C(x=2, y=3))


@case
def nested_shared():
    inner = Inner.C(x=1)
    return Outer.C(left=inner, right=inner)


@case
def nested_equal_copies():
    return Outer.C(left=Inner.C(x=1), right=Inner.C(x=1))


@case
def nested_subclass():
    return Outer.C(left=InnerMore.C(x=1))


@case
def nested_subclass_extra():
    return Outer.C(left=InnerMore.C(x=1, z="q"))


@case
def nested_deep():
    outer = Outer.C(left=Inner.C(x=1))
    return Top.C(outer=outer, others={"b": [outer], "a": [Outer.C(left=Inner.C(x=2)), outer]})


@case
def nested_assigned_later():
    top = Top.C()
    top.outer = Outer.C(left=Inner.C(x=9))
    top.outer.left.x = 10
    return top


@case
def nested_as_base_config():
    return AnyConfig.C(c=AnyConfig.C(c=NoArguments.C()))


@case
def nested_task_not_submitted():
    return AnyConfig.C(c=Train.C(n=1))


# --- Type names


class NamedBox(Config):
    __xpmid__ = "Golden.Named-Box"
    v: Param[int]


class NamedChild(NamedBox):
    pass


class NamedChildAgain(NamedBox):
    __xpmid__ = "golden.named.again"


class MethodNamed(Config):
    @classmethod
    def __xpmid__(cls):
        return "golden.by-method." + cls.__name__

    v: Param[int]


class MethodNamedChild(MethodNamed):
    pass


class ObjectNamed(Config):
    __xpmid__ = Identifier("golden.object")
    v: Param[int]


class ObjectNamedChild(ObjectNamed):
    pass


class Enclosing:
    class Box(Config):
        v: Param[int]

        class Deeper(Config):
            v: Param[int]


class ÉtéConfig(Config):
    v: Param[int]


class Valued(Config):
    v: Param[int]


@Valued.value_class()
class ValuedImplementation(Valued):
    pass


cases(
    "name",
    {
        "explicit": lambda: NamedBox.C(v=1),
        "not_inherited": lambda: NamedChild.C(v=1),
        "own_again": lambda: NamedChildAgain.C(v=1),
        "method": lambda: MethodNamed.C(v=1),
        "method_inherited": lambda: MethodNamedChild.C(v=1),
        "object": lambda: ObjectNamed.C(v=1),
        "object_inherited": lambda: ObjectNamedChild.C(v=1),
        "inner_class": lambda: Enclosing.Box.C(v=1),
        "inner_inner_class": lambda: Enclosing.Box.Deeper.C(v=1),
        "unicode": lambda: ÉtéConfig.C(v=1),
        "value_class": lambda: Valued.C(v=1),
    },
)


# --- Default values


class Defaults(Config):
    counted: Param[int] = field(default=1)
    skipped: Param[int] = field(default=2, ignore_default=True)
    bare: Param[int] = 3
    legacy: Param[int] = field(ignore_default=4)
    false: Param[bool] = field(default=False, ignore_default=True)
    zero: Param[float] = field(default=0.0, ignore_default=True)
    text: Param[str] = field(default="", ignore_default=True)


class OptionalDefaults(Config):
    a: Param[Optional[int]] = field(default=1)
    b: Param[Optional[int]] = field(default=1, ignore_default=True)
    c: Param[int] = field(default=1)


class NoDefaultField(Config):
    a: Param[int] = field()
    b: Param[bool] = field(ignore_default=True)
    c: Param[int] = field(default=None)


class Factories(Config):
    a: Param[int] = field(default_factory=lambda: 5)
    b: Param[int] = field(default_factory=lambda: 5, ignore_default=True)
    c: Param[List[int]] = field(default_factory=lambda: [1, 2], ignore_default=True)
    d: Param[Inner] = field(default_factory=lambda: Inner.C(x=1))
    e: Param[Inner] = field(default_factory=lambda: Inner.C(x=1), ignore_default=True)


class MixedDefaults(Config):
    a: Param[float] = field(default=1, ignore_default=True)
    b: Param[int] = field(default=3.0, ignore_default=True)
    c: Param[bool] = field(default=1, ignore_default=True)
    d: Param[int] = field(default="3", ignore_default=True)


class ContainerDefaults(Config):
    a: Param[List[int]] = field(default=[1, 2], ignore_default=True)
    b: Param[Dict[str, int]] = field(default={"a": 1}, ignore_default=True)
    c: Param[List[int]] = field(default=[])
    d: Param[Dict[str, int]] = field(default={}, ignore_default=True)


class ConfigDefaults(Config):
    a: Param[Inner] = field(default=Inner.C(x=1), ignore_default=True)
    b: Param[Inner] = field(default=Inner.C(x=1))
    c: Param[List[Inner]] = field(default=[Inner.C(x=1)], ignore_default=True)


class NanDefault(Config):
    v: Param[float] = field(default=float("nan"), ignore_default=True)


cases(
    "default",
    {
        "all": lambda: Defaults.C(),
        "all_explicit": lambda: Defaults.C(counted=1, skipped=2, bare=3, legacy=4, false=False, zero=0.0, text=""),
        "all_changed": lambda: Defaults.C(counted=11, skipped=12, bare=13, legacy=14, false=True, zero=1.0, text="t"),
        "minus_zero": lambda: Defaults.C(zero=-0.0),
        "optional": lambda: OptionalDefaults.C(),
        "optional_none": lambda: OptionalDefaults.C(a=None, b=None, c=None),
        "missing_in_field": lambda: NoDefaultField.C(),
        "missing_in_field_set": lambda: NoDefaultField.C(a=1, b=True, c=0),
        "factory": lambda: Factories.C(),
        "factory_changed": lambda: Factories.C(a=1, b=2, c=[], d=Inner.C(x=2), e=Inner.C(x=3)),
        "factory_equal": lambda: Factories.C(a=5, b=5, c=[1, 2], e=Inner.C(x=1)),
        "factory_none": lambda: Factories.C(a=None, b=None, c=None, d=None, e=None),
        "mixed_types": lambda: MixedDefaults.C(),
        "containers": lambda: ContainerDefaults.C(),
        "containers_changed": lambda: ContainerDefaults.C(a=[2, 1], b={}, c=[1], d={"x": 0}),
        "configs": lambda: ConfigDefaults.C(),
        "configs_equal": lambda: ConfigDefaults.C(a=Inner.C(x=1, y=1.5), c=[Inner.C(x=1)]),
        "configs_changed": lambda: ConfigDefaults.C(a=Inner.C(x=2), b=Inner.C(x=2), c=[]),
        "configs_subclass": lambda: ConfigDefaults.C(a=InnerMore.C(x=1)),
        "nan": lambda: NanDefault.C(),
    },
)


class HasMeta(Config):
    x: Param[int]
    m: Meta[int] = field(default=1)


class HasMetaDefault(Config):
    c: Param[HasMeta] = field(default=HasMeta.C(x=1), ignore_default=True)


class UnsetDefault(Config):
    c: Param[IntBox] = field(default=IntBox.C(), ignore_default=True)


class FactoryInDefault(Config):
    k: Param[int] = field(default_factory=lambda: 5)


class CloneDefault(Config):
    c: Param[FactoryInDefault] = field(default=FactoryInDefault.C(k=7), ignore_default=True)


class UncoercedFactory(Config):
    v: Param[float] = field(default_factory=lambda: 1)


cases(
    "default",
    {
        # The Meta value of the nested configuration decides whether it is skipped
        "meta_equal": lambda: HasMetaDefault.C(c=HasMeta.C(x=1, m=1)),
        "meta_differs": lambda: HasMetaDefault.C(c=HasMeta.C(x=1, m=2)),
        # The default has no value for v: anything is equal to it
        "unset_argument": lambda: UnsetDefault.C(c=IntBox.C(v=3)),
        # The clone of the default loses k=7
        "clone_factory": lambda: CloneDefault.C(),
        "clone_factory_explicit": lambda: CloneDefault.C(c=FactoryInDefault.C(k=7)),
        # Raw factory value before sealing, coerced one afterwards
        "factory_none_raw": lambda: UncoercedFactory.C(v=None),
        "factory_none_sealed": lambda: UncoercedFactory.C(v=None).seal(),
    },
    quirk=True,
)


# --- Inheritance of arguments


class Base(Config):
    x: Param[int] = field(default=1)
    y: Param[Inner] = field(default=Inner.C(x=0), ignore_default=True)


class SameName(Base):
    x: Param[int]


class NewDefault(Base):
    x: Param[int] = field(default=2, overrides=True)


class ToMeta(Base):
    x: Meta[int] = field(default=2, overrides=True)


class Narrower(Base):
    y: Param[InnerMore] = field(default=InnerMore.C(x=0), ignore_default=True, overrides=True)


class Plain(Base):
    pass


class DiamondOne(Plain, NewDefault):
    pass


class DiamondTwo(NewDefault, Plain):
    pass


class Mixin:
    w: Param[int] = 8


class WithMixin(Mixin, Base):
    w: Param[int]


class ValueOnly(Base):
    x = 50


cases(
    "inherit",
    {
        "plain": lambda: Plain.C(),
        "attribute_from_base": lambda: SameName.C(),
        "new_default": lambda: NewDefault.C(),
        "to_meta": lambda: ToMeta.C(x=5),
        "narrower": lambda: Narrower.C(),
        "narrower_changed": lambda: Narrower.C(y=InnerMore.C(x=4)),
        "mixin_value": lambda: WithMixin.C(),
        "mixin_changed": lambda: WithMixin.C(w=9),
        "no_annotation": lambda: ValueOnly.C(),
    },
)
cases(
    "inherit",
    {"diamond_one": lambda: DiamondOne.C(), "diamond_two": lambda: DiamondTwo.C()},
    quirk=True,
)


# --- Ignored arguments and meta flags


class Ignored(Config):
    x: Param[int]
    a: Meta[int] = field(default=1)
    b: Option[str] = "b"
    c: Param[Path]
    d: Param[Optional[Path]]
    e: DataPath = field()
    f: OptionalDataPath = None
    g: Meta[Tuple[int, str]] = field(default=(1, "a"))
    h: Meta[Inner] = field(default_factory=lambda: Inner.C(x=1))


class MetaHolder(Config):
    m: Meta[IntBox]
    p: Param[Optional[IntBox]]
    ml: Meta[List[IntBox]] = field(default=[])
    pl: Param[List[IntBox]] = field(default=[])
    pd: Param[Dict[str, IntBox]] = field(default={}, ignore_default=True)
    d: Param[IntBox] = field(default=IntBox.C(v=9))


class ListOfLists(Config):
    v: Param[List[List[IntBox]]] = field(default=[[]], ignore_default=True)


class Annotations(Config):
    a: Annotated[Param[int], help("an int")]
    b: Annotated[Param[str], Choices(["u", "v"])]
    c: Annotated[int, help("only help")] = field(default=3)
    d: Meta[Param[int]] = field(default=1)
    e: Optional[Param[int]] = 3


cases(
    "ignored",
    {
        "some": lambda: Ignored.C(x=1, c="/a"),
        "all": lambda: Ignored.C(x=1, a=2, b="z", c=Path("/b"), d="/c", e="/d", f="/e", g=(2, "b"), h=Inner.C(x=5)),
        "annotations": lambda: Annotations.C(a=1, b="u"),
    },
)
cases(
    "meta",
    {
        "plain": lambda: MetaHolder.C(m=IntBox.C(v=1), p=IntBox.C(v=2)),
        "forced_in": lambda: MetaHolder.C(m=setmeta(IntBox.C(v=1), False)),
        "forced_out": lambda: MetaHolder.C(m=IntBox.C(v=1), p=setmeta(IntBox.C(v=2), True)),
        "false_on_param": lambda: MetaHolder.C(m=IntBox.C(v=1), p=setmeta(IntBox.C(v=2), False)),
        "list_not_forced_in": lambda: MetaHolder.C(m=IntBox.C(v=1), ml=[setmeta(IntBox.C(v=1), False)]),
        "list_dropped": lambda: MetaHolder.C(m=IntBox.C(v=1), pl=[IntBox.C(v=1), setmeta(IntBox.C(v=2), True)]),
        "list_all_dropped": lambda: MetaHolder.C(m=IntBox.C(v=1), pl=[setmeta(IntBox.C(v=2), True)]),
        "dict_dropped": lambda: MetaHolder.C(m=IntBox.C(v=1), pd={"b": IntBox.C(v=1), "a": setmeta(IntBox.C(v=2), True)}),
        "dict_back_to_default": lambda: MetaHolder.C(m=IntBox.C(v=1), pd={"a": setmeta(IntBox.C(v=2), True)}),
        "default_replaced": lambda: MetaHolder.C(m=IntBox.C(v=1), d=setmeta(IntBox.C(v=1), True)),
        "root": lambda: setmeta(IntBox.C(v=1), True),
        "two_levels": lambda: ListOfLists.C(v=[[setmeta(IntBox.C(v=1), True)]]),
    },
)


# --- Constants


class Constants(Config):
    version: Constant[int] = 2
    label: Constant[str] = field(default="v2", ignore_default=True)
    steps: Constant[List[int]] = [1, 2]
    inner: Constant[Inner] = Inner.C(x=1)
    where: Constant[Path] = Path("/nowhere")
    x: Param[int]


class ConstantsNext(Constants):
    __xpmid__ = "cases.Constants"
    version: Constant[int] = field(default=3, overrides=True)


cases(
    "constant",
    {
        "all": lambda: Constants.C(x=1),
        "changed": lambda: ConstantsNext.C(x=1),
    },
)


# --- Generic configurations

T = TypeVar("T")


class Box(Config, Generic[T]):
    v: Param[T]


class UsesBoxes(Config):
    a: Param[Box[int]]
    b: Param[List[Box[IntBox]]]


class IntBoxed(Box[int]):
    w: Param[str] = field(default="w")


cases(
    "generic",
    {
        "int": lambda: Box.C(v=1),
        "float": lambda: Box.C(v=1.0),
        "subscripted": lambda: Box[int].C(v=1),
        "nested": lambda: UsesBoxes.C(a=Box.C(v=1), b=[Box.C(v=IntBox.C(v=2))]),
        "subclass": lambda: IntBoxed.C(v=3),
    },
)


# --- Instances


class Part(InstanceConfig):
    x: Param[int] = field(default=1, ignore_default=True)


class PartMore(Part):
    y: Param[int] = field(default=0)


class Pair(Config):
    p: Param[Part]
    q: Param[Part]
    more: Param[List[Part]] = field(default=[], ignore_default=True)


class PartHolder(Config):
    part: Param[Part]


class HolderPair(Config):
    a: Param[PartHolder]
    b: Param[PartHolder]
    c: Param[Optional[Part]]


class PartDict(Config):
    v: Param[Dict[str, Part]]


class DefaultParts(Config):
    p: Param[Part] = field(default=Part.C(x=2))
    q: Param[Part] = field(default=Part.C(x=2))


class PartOfParts(InstanceConfig):
    a: Param[Part]
    b: Param[Part]


class PartsOfParts(Config):
    v: Param[List[PartOfParts]]


class MetaParts(Config):
    a: Meta[Part]
    b: Param[Part]
    c: Param[List[Part]]


@case
def instance_root():
    return Part.C(x=3)


@case
def instance_shared():
    part = Part.C()
    return Pair.C(p=part, q=part)


@case
def instance_separate():
    return Pair.C(p=Part.C(), q=Part.C())


@case
def instance_different_values():
    return Pair.C(p=Part.C(x=1), q=Part.C(x=2))


@case
def instance_repeated():
    a, b, c, d = Part.C(), Part.C(), Part.C(x=2), Part.C(x=2)
    return Pair.C(p=a, q=b, more=[a, b, c, b, Part.C(), d, c, d])


@case
def instance_subclass():
    return Pair.C(p=PartMore.C(), q=PartMore.C(), more=[Part.C()])


@case
def instance_nested_separate():
    return HolderPair.C(a=PartHolder.C(part=Part.C()), b=PartHolder.C(part=Part.C()))


@case
def instance_nested_shared():
    part = Part.C()
    return HolderPair.C(a=PartHolder.C(part=part), b=PartHolder.C(part=part), c=part)


@case
def instance_nested_then_direct():
    return HolderPair.C(a=PartHolder.C(part=Part.C()), b=PartHolder.C(part=Part.C()), c=Part.C())


@case
def instance_same_holder():
    holder = PartHolder.C(part=Part.C())
    return HolderPair.C(a=holder, b=holder, c=Part.C())


@case
def instance_dict_order():
    a, b = Part.C(), Part.C()
    return PartDict.C(v={"z": a, "y": b, "x": a})


@case
def instance_default_clones():
    return DefaultParts.C()


@case
def instance_of_instances():
    a, b = Part.C(), Part.C()
    one, two = PartOfParts.C(a=a, b=b), PartOfParts.C(a=b, b=a)
    return PartsOfParts.C(v=[one, two, PartOfParts.C(a=Part.C(), b=Part.C()), one])


@case
def instance_meta_not_counted():
    a, b = Part.C(), Part.C()
    return MetaParts.C(a=a, b=b, c=[a, setmeta(Part.C(), True), Part.C()])


@case
def instance_meta_counted():
    a, b = setmeta(Part.C(), False), Part.C()
    return MetaParts.C(a=a, b=b, c=[a])


@case(quirk=True)
def instance_hidden_by_stored_digest():
    first = PartHolder.C(part=Part.C()).seal()
    first.__identifier__()
    return HolderPair.C(a=first, b=PartHolder.C(part=Part.C()), c=Part.C())


@case
def instance_sealed_not_stored():
    first = PartHolder.C(part=Part.C()).seal()
    return HolderPair.C(a=first, b=PartHolder.C(part=Part.C()), c=Part.C())


# --- Cycles


class Ring(Config):
    nxt: Param[Optional["Ring"]]
    n: Param[int] = field(default=0, ignore_default=True)
    table: Param[Dict[str, "Ring"]] = field(default={})
    many: Param[List["Ring"]] = field(default=[])


class RingHolder(Config):
    r: Param[Ring]
    s: Param[Optional[Ring]]


def ring(size):
    nodes = [Ring.C(n=i) for i in range(size)]
    for ix, node in enumerate(nodes):
        node.nxt = nodes[(ix + 1) % size]
    return nodes


@case
def cycle_self():
    return ring(1)[0]


@case
def cycle_two():
    return ring(2)[0]


@case
def cycle_two_other_entry():
    return ring(2)[1]


@case
def cycle_three():
    return ring(3)[0]


@case
def cycle_from_outside():
    a, b, _ = ring(3)
    return RingHolder.C(r=a, s=b)


@case
def cycle_in_containers():
    a, b, c = Ring.C(n=1), Ring.C(n=2), Ring.C(n=3)
    a.table = {"b": b, "a": a}
    b.many = [a, c, b]
    c.nxt = b
    return a


@case
def cycle_sealed():
    a, b = ring(2)
    a.seal()
    a.__identifier__()
    b.__identifier__()
    return RingHolder.C(r=a, s=b)


class RingPart(InstanceConfig):
    nxt: Param[Optional["RingPart"]]
    part: Param[Part]


@case
def cycle_of_instances():
    a, b = RingPart.C(part=Part.C()), RingPart.C(part=Part.C())
    a.nxt, b.nxt = b, a
    return a


# --- Tasks and outputs


class Train(Task):
    n: Param[int]


class TrainMore(Train):
    m: Param[float] = field(default=0.5)


class Resume(ResumableTask):
    n: Param[int]


class Model(Config):
    size: Param[int] = field(default=10, ignore_default=True)


class MakeModel(Task):
    n: Param[int]
    model: Param[Optional[Model]]

    def task_outputs(self, dep):
        return dep(Model.C(size=self.n))


class MarkArgument(Task):
    model: Param[Model]

    def task_outputs(self, dep):
        return dep(self.model)


class ManyOutputs(Task):
    n: Param[int]

    def task_outputs(self, dep):
        return [dep(Model.C(size=1)), {"two": dep(Model.C(size=2))}, Model.C(size=3)]


class ModelUser(Config):
    model: Param[Model]


class WrapArgument(Task):
    model: Param[Model]

    def task_outputs(self, dep):
        dep(self.model)
        return ModelUser.C(model=self.model)


class Evaluate(Task):
    model: Param[Model]
    trained: Param[Optional[Train]]
    others: Param[List[Model]] = field(default=[], ignore_default=True)


class Prefetch(Prepare):
    name: Param[str]


class UsesPrefetch(Task):
    data: Param[Prefetch]


@case
def task_not_submitted():
    return Train.C(n=1)


@case
def task_submitted():
    return submit(Train.C(n=1))


@case
def task_subclass():
    return submit(TrainMore.C(n=1))


@case
def task_resumable():
    return submit(Resume.C(n=1))


@case
def task_as_argument():
    return submit(Evaluate.C(model=Model.C(), trained=submit(Train.C(n=1))))


@case
def task_prepare():
    return submit(UsesPrefetch.C(data=Prefetch.C(name="x")))


@case
def output_new():
    return submit(MakeModel.C(n=3))


@case
def output_used():
    return submit(Evaluate.C(model=submit(MakeModel.C(n=3))))


@case
def output_task_unchanged():
    return submitted(MakeModel.C(n=3))


@case
def output_chain():
    return submit(MakeModel.C(n=4, model=submit(MakeModel.C(n=3))))


@case
def output_of_argument():
    return submit(MarkArgument.C(model=Model.C(size=4)))


@case
def output_of_argument_task():
    return submitted(MarkArgument.C(model=Model.C(size=4)))


@case
def output_wrapped():
    return submit(WrapArgument.C(model=Model.C(size=4)))


@case
def output_many():
    many = submit(ManyOutputs.C(n=1))
    return submit(Evaluate.C(model=many[0], others=[many[1]["two"], many[2]]))


@case
def output_with_default_values():
    return ModelUser.C(model=submit(MakeModel.C(n=10)))


class ModelDefault(Config):
    model: Param[Model] = field(default=Model.C(), ignore_default=True)


@case(quirk=True)
def output_skipped_as_default():
    # Equal to the skipped default of the argument, although produced by a task
    return ModelDefault.C(model=submit(MakeModel.C(n=10)))


@case
def output_copy():
    return submit(MakeModel.C(n=3)).copy()


@case
def output_copyconfig():
    return copyconfig(submit(MakeModel.C(n=3)), size=4)


@case
def output_copy_dependencies():
    model = Model.C(size=7)
    model.copy_dependencies(submit(MakeModel.C(n=3)))
    return model


@case
def task_tags():
    return submit(Train.C(n=tag(1)).tag("kind", "x"))


@case
def task_stop_tags():
    return submit(Evaluate.C(model=stop_tags(Model.C(size=tag(3)))))


class PartTask(Task):
    p: Param[Part]
    q: Param[Part]


class PartTasks(Config):
    a: Param[PartTask]
    b: Param[PartTask]
    c: Param[Part]


@case(quirk=True)
def task_hides_instances():
    one, two = Part.C(), Part.C()
    a, b = submit(PartTask.C(p=one, q=two)), submit(PartTask.C(p=two, q=one))
    return PartTasks.C(a=a, b=b, c=two)


class PartPrefetch(Prepare):
    part: Param[Part]


class AnyUser(Task):
    c: Param[Config]


class AnyAndPart(Config):
    a: Param[Config]
    b: Param[Part]


@case
def prepare_with_instance():
    return AnyAndPart.C(a=PartPrefetch.C(part=Part.C()), b=Part.C())


@case(quirk=True)
def prepare_submitted_hides_instances():
    prefetch = PartPrefetch.C(part=Part.C())
    submit(AnyUser.C(c=prefetch))
    return AnyAndPart.C(a=prefetch, b=Part.C())


@case
def task_arguments_do_not_hide_instances():
    holder = PartHolder.C(part=Part.C())
    submit(AnyUser.C(c=holder))
    return AnyAndPart.C(a=holder, b=Part.C())


class MakePart(Task):
    n: Param[int]

    def task_outputs(self, dep):
        return dep(Part.C(x=3))


@case
def output_instances():
    a, b = submit(MakePart.C(n=1)), submit(MakePart.C(n=1))
    return Pair.C(p=a, q=b, more=[Part.C(x=3), a])


class InstanceTask(Task, InstanceConfig):
    n: Param[int]


class InstanceTasks(Config):
    v: Param[List[InstanceTask]]


@case
def task_instances():
    a, b = submit(InstanceTask.C(n=1)), submit(InstanceTask.C(n=1))
    return InstanceTasks.C(v=[a, b, a])


class WithPaths(Task):
    n: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))
    path: Param[Path] = field(default_factory=PathGenerator("other.txt"))


class PathInner(Config):
    out: Meta[Path] = field(default_factory=PathGenerator("inner.txt"))
    n: Param[int] = field(default=1)


class PathOuter(Task):
    inner: Param[PathInner]


class PathDefault(Task):
    inner: Param[PathInner] = field(default=PathInner.C(), ignore_default=True)


@case
def path_generated():
    return in_experiment(lambda: submit(WithPaths.C(n=1)))


@case
def path_not_submitted():
    return WithPaths.C(n=1)


@case
def path_in_argument():
    return in_experiment(lambda: submit(PathOuter.C(inner=PathInner.C())))


@case
def path_default_not_submitted():
    return PathDefault.C()


@case(quirk=True)
def path_default_submitted():
    # The generated path makes the argument differ from its default
    return in_experiment(lambda: submit(PathDefault.C()))


# --- Init tasks


class Load(LightweightTask):
    path: Param[str]


class LoadPart(LightweightTask, InstanceConfig):
    path: Param[str]


class MakeLoad(Task):
    n: Param[int]

    def task_outputs(self, dep):
        return dep(Load.C(path="made"))


class Run(Task):
    n: Param[int]
    load: Param[Optional[LightweightTask]]


class RunUser(Task):
    run: Param[Run]


@case
def init_none():
    return submit(Run.C(n=1), init_tasks=[])


@case
def init_one():
    return submit(Run.C(n=1), init_tasks=[Load.C(path="a")])


@case
def init_two():
    return submit(Run.C(n=1), init_tasks=[Load.C(path="a"), Load.C(path="b")])


@case
def init_two_reversed():
    return submit(Run.C(n=1), init_tasks=[Load.C(path="b"), Load.C(path="a")])


@case
def init_same_twice():
    load = Load.C(path="a")
    return submit(Run.C(n=1), init_tasks=[load, load])


@case
def init_meta_still_counted():
    return submit(Run.C(n=1), init_tasks=[setmeta(Load.C(path="a"), True)])


@case
def init_stop_tags():
    return submit(Run.C(n=1), init_tasks=[stop_tags(Load.C(path=tag("a")))])


@case
def init_instances():
    a, b = LoadPart.C(path="a"), LoadPart.C(path="a")
    return submit(Run.C(n=1, load=b), init_tasks=[a, b, a])


@case
def init_from_task():
    return submit(Run.C(n=1), init_tasks=[submit(MakeLoad.C(n=1))])


@case
def init_full_task():
    return submit(Run.C(n=1), init_tasks=[Train.C(n=2)])


@case
def init_on_producer():
    return submit(MakeModel.C(n=3), init_tasks=[Load.C(path="a")])


@case
def init_of_nested_task():
    return submit(RunUser.C(run=submit(Run.C(n=1), init_tasks=[Load.C(path="a")])))


@case
def init_serialization_task():
    task = SerializationLWTask.C(value=Model.C(size=3))
    return submit(Run.C(n=1), init_tasks=[task])


@case
def library_path_serialization():
    return PathSerializationLWTask.C(value=Model.C(size=3), path=Path("/a"))


# --- Partial identifiers

g_iter = param_group("iter")
g_model = param_group("model")


class Learn(Config):
    without_iter = partial(exclude_groups=[g_iter])
    only_model = partial(exclude_all=True, include_groups=[g_model])
    grouped = partial(exclude_no_group=True)
    both = partial(exclude_groups=[g_iter, g_model], include_groups=[g_model])
    nothing_excluded = partial()
    all_excluded = partial(exclude_all=True)

    epochs: Param[int] = field(default=10, groups=[g_iter])
    size: Param[int] = field(default=3, groups=[g_model])
    shared: Param[int] = field(default=4, groups=[g_iter, g_model])
    lr: Param[float]
    version: Constant[int] = field(default=1, groups=[g_iter])
    threads: Meta[int] = field(default=2, groups=[g_model])
    skipped: Param[int] = field(default=5, ignore_default=True, groups=[g_model])


def partials_of(cls, *names):
    return {name: getattr(cls, name) for name in names}


learn_partials = partials_of(
    Learn, "without_iter", "only_model", "grouped", "both", "nothing_excluded", "all_excluded"
)


class LearnChild(Learn):
    epochs: Param[int] = field(default=20, overrides=True)
    extra: Param[int] = field(default=1, groups=[param_group("iter")])


class LearnHolder(Config):
    without_iter = partial(exclude_groups=[g_iter])
    learn: Param[Learn]
    n: Param[int] = field(groups=[g_iter])


class LearnTask(Task):
    ckpt = partial(exclude_groups=[g_iter])
    epochs: Param[int] = field(default=10, groups=[g_iter])
    lr: Param[float]
    folder: Meta[Path] = field(default_factory=PathGenerator("ckpt", partial=ckpt))

    def task_outputs(self, dep):
        return dep(Model.C(size=self.epochs))


@case(partials=learn_partials)
def partial_plain():
    return Learn.C(lr=0.5)


@case(partials=learn_partials)
def partial_changed():
    return Learn.C(lr=0.5, epochs=11, size=4, shared=5, skipped=6, threads=8)


@case(partials=learn_partials)
def partial_inherited():
    return LearnChild.C(lr=0.5)


@case(partials=partials_of(LearnHolder, "without_iter"))
def partial_nested_is_full():
    return LearnHolder.C(learn=Learn.C(lr=0.5), n=1)


@case(partials=partials_of(LearnHolder, "without_iter"))
def partial_unset_argument():
    return LearnHolder.C(learn=Learn.C(lr=0.5))


@case(partials=partials_of(LearnTask, "ckpt"))
def partial_task():
    return in_experiment(lambda: submitted(LearnTask.C(lr=0.5)))


@case(partials=partials_of(LearnTask, "ckpt"))
def partial_task_init():
    return in_experiment(lambda: submitted(LearnTask.C(lr=0.5, epochs=3), init_tasks=[Load.C(path="a")]))


@case(partials=partials_of(Learn, "without_iter"))
def partial_of_other_class():
    return Outer.C(left=Inner.C(x=1))


@case(partials=partials_of(Learn, "all_excluded"))
def partial_of_output():
    return submit(MakeModel.C(n=3))


# --- Deprecation


class Fresh(Config):
    values: Param[List[int]]


@deprecate(Fresh)
class Stale(Config):
    value: Param[int]

    def __convert__(self):
        return Fresh.C(values=[self.value])


@deprecate(Stale)
class VeryStale(Config):
    text: Param[str]

    def __convert__(self):
        return Stale.C(value=int(self.text))


@deprecate
class StaleChild(Fresh):
    pass


@deprecate
class StaleChildExtra(Fresh):
    extra: Param[int] = field(default=1)


@deprecate(Fresh)
class StaleNoConversion(Config):
    value: Param[int]


@deprecate(Fresh, replace=True)
class Replaced(Config):
    value: Param[int]

    def __convert__(self):
        return Fresh.C(values=[self.value, self.value])


class OfStale(Stale):
    pass


class FreshRun(Task):
    n: Param[int]


@deprecate(FreshRun)
class StaleRun(Task):
    k: Param[int]

    def __convert__(self):
        return FreshRun.C(n=self.k + 1)


class MakeStale(Task):
    n: Param[int]

    def task_outputs(self, dep):
        return dep(Stale.C(value=self.n))


@deprecate(Learn)
class OldLearn(Config):
    rate: Param[float]

    def __convert__(self):
        return Learn.C(lr=self.rate)


class Renamed(Config):
    values: Param[List[int]] = field(default=[], ignore_default=True)

    @deprecate
    def value(self, x):
        self.values = [x]


cases(
    "deprecated",
    {
        "target": lambda: Fresh.C(values=[7]),
        "converted": lambda: Stale.C(value=7),
        "chain": lambda: VeryStale.C(text="7"),
        "child": lambda: StaleChild.C(values=[7]),
        "child_extra": lambda: StaleChildExtra.C(values=[7]),
        "no_conversion": lambda: StaleNoConversion.C(value=7),
        "replaced": lambda: Replaced.C(value=7),
        "not_inherited": lambda: OfStale.C(value=7),
        "nested": lambda: AnyConfig.C(c=Stale.C(value=7)),
        "in_list": lambda: AnyBox.C(v=[Stale.C(value=7), VeryStale.C(text="8")]),
        "task": lambda: submit(StaleRun.C(k=1)),
        "argument": lambda: Renamed.C(value=3),
    },
)


@case(partials=learn_partials)
def deprecated_partial():
    return OldLearn.C(rate=0.5)


@case(quirk=True)
def deprecated_task_loses_init():
    return submit(StaleRun.C(k=1), init_tasks=[Load.C(path="a")])


@case(quirk=True)
def deprecated_output_loses_producer():
    return submit(MakeStale.C(n=7))


# --- Sealing, copies


@case
def sealed_plain():
    return Outer.C(left=Inner.C(x=1)).seal()


@case
def copied():
    return Top.C(outer=Outer.C(left=Inner.C(x=1)), others={"a": []}).copy()


@case
def copied_and_changed():
    return copyconfig(Outer.C(left=Inner.C(x=1)), right=Inner.C(x=5))


# --- Values without identifier


class TupleBox(Config):
    v: Param[Tuple[int, str]]


class PathList(Config):
    v: Param[List[Path]]


@error
def error_tuple():
    return TupleBox.C(v=(1, "a"))


@error
def error_path_in_list():
    return PathList.C(v=[Path("/a")])


@error
def error_path_in_any():
    return AnyBox.C(v=Path("/a"))


@error
def error_bytes():
    return AnyBox.C(v=b"ab")


@error
def error_missing_value():
    return IntBox.C()


@error
def error_integer_too_large():
    return IntBox.C(v=2**63)


@error
def error_surrogate():
    return StrBox.C(v="\ud800")


@error
def error_incomparable_keys():
    return AnyBox.C(v={1: 1, "a": 2})


@error
def error_none_for_required():
    return IntBox.C(v=None)


@error
def error_wrong_type():
    return StrBox.C(v=1)

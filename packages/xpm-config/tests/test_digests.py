"""The fast digest, held against one written as plainly as the specification."""

import enum
import hashlib
import struct
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from xpm_config import Config, InstanceConfig, Meta, Param, field, setmeta
from xpm_config.fields import MISSING


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Leaf(Config):
    number: Param[int] = field(default=1, ignore_default=True)
    ratio: Param[float] = field(default=0.5)
    text: Param[str] = field(default="")
    flag: Param[bool] = field(default=False)
    colour: Param[Colour] = field(default=Colour.RED, ignore_default=True)
    note: Meta[str] = field(default="-")


class Part(InstanceConfig):
    size: Param[int] = field(default=1)


class Node(Config):
    one: Param[Config | None] = field(default=None)
    two: Param[Config | None] = field(default=None)
    many: Param[list[Config]] = field(default=[], ignore_default=True)
    named: Param[dict[str, Config]] = field(default={}, ignore_default=True)
    forced: Meta[Config | None] = field(default=None)
    numbers: Param[list[float]] = field(default=[])
    words: Param[set[str]] = field(default_factory=set)
    by_default: Param[Leaf] = field(default=Leaf.C(), ignore_default=True)


class Pair(InstanceConfig):
    left: Param[Config | None] = field(default=None)
    right: Param[Config | None] = field(default=None)


def digest(config: Any) -> bytes:
    return bytes(config.__xpm__.identifier.all)


integers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
leaves = st.builds(
    Leaf.C,
    number=integers,
    ratio=st.floats(),
    text=texts,
    flag=st.booleans(),
    colour=st.sampled_from(Colour),
    note=texts,
)


@st.composite
def graphs(draw: st.DrawFn, instances: bool = True, cycles: bool = True) -> list[Any]:
    """Configurations that share what is below them; the last ones are above the first ones."""
    nodes: list[Any] = [draw(leaves)]
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["leaf", "node", *(["part", "pair"] if instances else [])]))
        some = st.one_of(st.none(), st.sampled_from(nodes))
        if kind == "leaf":
            nodes.append(draw(leaves))
        elif kind == "part":
            nodes.append(Part.C(size=draw(st.integers(1, 2))))
        elif kind == "pair":
            nodes.append(Pair.C(left=draw(some), right=draw(some)))
        else:
            nodes.append(
                Node.C(
                    one=draw(some),
                    two=draw(some),
                    many=draw(st.lists(st.sampled_from(nodes), max_size=3)),
                    named=draw(st.dictionaries(texts, st.sampled_from(nodes), max_size=3)),
                    forced=draw(some),
                    numbers=draw(st.lists(st.floats(), max_size=20)),
                    words=draw(st.sets(texts, max_size=3)),
                    by_default=draw(st.sampled_from([n for n in nodes if type(n) is Leaf.C])),
                )
            )
        flag = draw(st.sampled_from([None, None, True, False]))
        if flag is not None:
            setmeta(nodes[-1], flag)
    if cycles and draw(st.booleans()):
        chosen = [n for n in nodes if isinstance(n, (Node, Pair))]
        if chosen:
            target = draw(st.sampled_from(chosen))
            name = "one" if isinstance(target, Node) else "left"
            setattr(target, name, draw(st.sampled_from(nodes)))
    return nodes


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_the_digest_is_that_of_the_plain_implementation(nodes: list[Any]) -> None:
    for node in [*nodes, *reversed(nodes)]:
        assert digest(node) == reference_digest(node)


@given(graphs(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_remembered_digest_is_forgotten_when_something_below_changes(
    nodes: list[Any], data: st.DataObject
) -> None:
    for node in nodes:
        digest(node)
    for _ in range(3):
        changed = data.draw(st.sampled_from(nodes))
        if isinstance(changed, Leaf):
            changed.number = data.draw(integers)
        elif isinstance(changed, Part):
            changed.size = data.draw(integers)
        elif isinstance(changed, Node):
            changed.many.append(data.draw(leaves))
            changed.numbers.append(1.5)
        setmeta(changed, data.draw(st.sampled_from([None, True, False])))
        for node in nodes:
            assert digest(node) == reference_digest(node)


@given(graphs(instances=False, cycles=False))
@settings(max_examples=50, deadline=None)
def test_sealing_and_copying_keep_the_identifier(nodes: list[Any]) -> None:
    root = nodes[-1]
    setmeta(root, None)
    before = digest(root)
    digests = [digest(node) for node in nodes]
    for node in nodes:
        node.seal()
    assert [digest(node) for node in nodes] == digests
    assert digest(root) == before


# --- The plain implementation


def reference_digest(config: Any) -> bytes:
    """The digest of `config` as a root, nothing being remembered."""
    return Walk().digest(config)


def is_config(value: Any) -> bool:
    return hasattr(type(value), "__xpm_configuration__")


def i64(number: int) -> bytes:
    return struct.pack(">q", number)


def f64(number: float) -> bytes:
    return struct.pack(">d", number)


class Walk:
    """One walk: its path, and the instances met."""

    def __init__(self) -> None:
        self.path: list[Any] = []
        self.marked: list[bool] = []
        self.instances: dict[bytes, list[Any]] = {}

    def digest(self, config: Any) -> bytes:
        self.path.append(config)
        self.marked.append(False)
        body = hashlib.sha256(self.body(config)).digest()
        self.path.pop()
        self.marked.pop()
        return body

    def body(self, config: Any) -> bytes:
        out = b"\x00"
        information = config.__xpm__
        if information.task is not None and information.task is not config:
            out += b"\x08" + self.config(information.task)
        out += str(information.xpmtype.identifier).encode()
        for name in sorted(information.xpmtype.parameters):
            parameter = information.xpmtype.parameters[name]
            entering, value = self.enters(config, parameter)
            if entering:
                out += b"\x03" + name.encode() + b"\x05" + self.value(value)
        if information.init_tasks:
            out += b"\x0c" + b"".join(map(self.config, information.init_tasks))
        return out

    def enters(self, config: Any, parameter: Any) -> tuple[bool, Any]:
        value = vars(config).get(parameter.name, MISSING)
        flag = value.__xpm__.meta if is_config(value) else None
        if parameter.ignored and flag is not False:
            return False, None
        if parameter.generator is not None:
            return False, None
        if value is MISSING:
            raise KeyError(parameter.name)
        has_default = parameter.default is not MISSING
        if value is None and parameter.factory is not None and has_default:
            value = parameter.default
        if not parameter.constant:
            if not parameter.required and not has_default and value is None:
                return False, None
            if parameter.skip_default and has_default and parameter.default == kept(value):
                return False, None
        return flag is not True, value

    def config(self, config: Any) -> bytes:
        for index, known in enumerate(self.path):
            if known is config:
                return b"\x00\x0b" + i64(len(self.path) - index)
        digest = self.digest(config)
        marker = b""
        if config.__xpmtype__.is_instance:
            equal = self.instances.setdefault(digest, [])
            if not any(known is config for known in equal):
                equal.append(config)
            position = next(i for i, known in enumerate(equal) if known is config)
            marker = b"\x0d" + i64(position) if position else b""
        return b"\x00" + digest + marker

    def value(self, value: Any) -> bytes:
        if value is None:
            return b"\x06"
        if isinstance(value, float):
            return b"\x02" + f64(value)
        if isinstance(value, int):
            return b"\x01" + i64(value)
        if isinstance(value, str):
            return b"\x03" + value.encode()
        if isinstance(value, list):
            items = kept(value)
            return b"\x07" + f64(len(items)) + b"".join(map(self.value, items))
        if isinstance(value, set):
            items = sorted(kept(value), key=lambda e: hashlib.sha256(Walk().value(e)).digest())
            return b"\x0e" + f64(len(items)) + b"".join(map(self.value, items))
        if isinstance(value, enum.Enum):
            cls = type(value)
            return b"\x0a" + f"{cls.__module__}.{cls.__qualname__}:{value.name}".encode()
        if isinstance(value, dict):
            items = kept(value)
            return b"\x09" + b"".join(self.value(k) + self.value(items[k]) for k in sorted(items))
        if is_config(value):
            return self.config(value)
        raise NotImplementedError(type(value))


def kept(value: Any) -> Any:
    def stays(item: Any) -> bool:
        return not (is_config(item) and item.__xpm__.meta is True)

    if isinstance(value, dict):
        return {k: v for k, v in value.items() if stays(v)}
    if isinstance(value, (list, set)):
        return type(value)(v for v in value if stays(v))
    return value

"""The stream of a configuration, from a function written out for the parameters of its class.

For `a: Param[int]`, `b: Param[str] = field(default="x", ignore_default=True)` and
`c: Param[Model]` it reads:

```python
def emit(values, parts, holes, left_out):
    v = values['a']
    if type(v) is int:
        parts.append(K_a + pack_int(v))
    else:
        parts.append(N_a)
        encode(v, parts, holes, left_out)
    v = values['b']
    if not (D_b == v):
        …
    v = values['c']
    if v._xpm.meta is True:
        left_out.append(v)
    else:
        parts.append(K_c)
        holes.append(len(parts))
        parts.append(v)
```

where `K_a` is the encoded name and the tag of the value, worked out once.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from .encoding import (
    TAG_CONFIG,
    TAG_FLOAT,
    TAG_INIT,
    TAG_INT,
    TAG_PRODUCER,
    TAG_STR,
    TAG_VALUE,
    Holes,
    LeftOut,
    Parts,
    encode,
    encode_floats,
    kept,
    pack_float,
    pack_int,
)
from .equality import equals
from .fields import MISSING
from .types import ConfigType, FloatType, IntType, ListType, StrType, UnionType_

if TYPE_CHECKING:
    from .config import Config
    from .fields import Partial
    from .objecttype import ObjectType, Parameter
    from .types import ParameterType

Emitter = Callable[[dict[str, Any], Parts, Holes, LeftOut], None]


class Encoding:
    """How the configurations of one class are encoded.

    Attributes:
        name: the type name.
        head: the first bytes of a stream without producer.
        emit: adds the parameters to a stream.
        mutable: names of the hashed parameters whose value may change in place.
        is_fragile: whether a value below that is not itself hashed decides what enters.
    """

    __slots__ = ("emit", "head", "is_fragile", "mutable", "name")

    def __init__(self, described: ObjectType) -> None:
        parameters = [p for p in described.parameters.values() if p.generator is None]
        self.name = described.name.encode()
        self.head = TAG_CONFIG + self.name
        self.emit = build_emitter(parameters)
        self.mutable = tuple(p.name for p in parameters if not p.ignored and p.type.is_mutable)
        self.is_fragile = any(
            p.skip_default and p.default is not MISSING and p.type.holds_configs for p in parameters
        )


def encoding_of(described: ObjectType) -> Encoding:
    """The encoding of a class, made once."""
    found: Encoding | None = described.encoding
    if found is None:
        found = described.encoding = Encoding(described)
    return found


class Stream:
    """The parts of a stream, its holes, and what was left out of it."""

    __slots__ = ("holes", "left_out", "parts")

    def __init__(self, config: Config, encoding: Encoding, partial: Partial | None = None) -> None:
        parts: Parts = []
        holes: Holes = []
        left_out: LeftOut = []
        state = config._xpm
        if state.task is not None and state.task is not config:
            parts += (TAG_CONFIG + TAG_PRODUCER + TAG_CONFIG, state.task, encoding.name)
            holes.append(1)
        else:
            parts.append(encoding.head)
        if partial is None:
            encoding.emit(config.__dict__, parts, holes, left_out)
        else:
            _partial_emitter(config, partial)(config.__dict__, parts, holes, left_out)
        if state.extras is not None and state.extras.init_tasks:
            parts.append(TAG_INIT)
            for task in state.extras.init_tasks:
                holes.append(len(parts) + 1)
                parts += (TAG_CONFIG, task)
        self.parts = parts
        self.holes = holes
        self.left_out = left_out


def _partial_emitter(config: Config, partial: Partial) -> Emitter:
    parameters = config.__xpmtype__.parameters.values()
    return build_emitter(
        [p for p in parameters if not partial.is_excluded(p.groups) and p.generator is None]
    )


def enters(config: Config, parameter: Parameter) -> bool:
    """Whether a parameter is part of the identifier of a configuration.

    Raises:
        KeyError: if it has no value.
        Unencodable: if its value has no encoding.
    """
    parts: Parts = []
    build_emitter([parameter])(config.__dict__, parts, [], [])
    return bool(parts)


def build_emitter(parameters: list[Parameter]) -> Emitter:
    """The function that adds these parameters to a stream."""
    scope: dict[str, Any] = {
        "encode": encode,
        "encode_floats": encode_floats,
        "kept": kept,
        "equals": equals,
        "pack_int": pack_int,
        "pack_float": pack_float,
    }
    lines = ["def emit(values, parts, holes, left_out):", "    append = parts.append"]
    for parameter in sorted(parameters, key=lambda p: p.name):
        lines += ["    " + line for line in _emit_parameter(parameter, scope)]
    exec(compile("\n".join(lines), "<identifier>", "exec"), scope)
    emitter: Emitter = scope["emit"]
    return emitter


def _emit_parameter(parameter: Parameter, scope: dict[str, Any]) -> list[str]:
    """The lines for one parameter: nothing if it never enters."""
    name = parameter.name
    scope[f"N_{name}"] = TAG_STR + name.encode() + TAG_VALUE
    scope[f"D_{name}"] = parameter.default
    may_be_config = _may_be_config(parameter)
    if parameter.ignored and not may_be_config:
        return []
    lines = [f"v = values[{name!r}]"]
    has_default = parameter.default is not MISSING
    if parameter.factory is not None and has_default:
        lines += ["if v is None:", f"    v = D_{name}"]
    conditions = []
    if not parameter.constant:
        if not parameter.required and not has_default:
            conditions.append("v is not None")
        if parameter.skip_default and has_default:
            conditions.append(_differs(parameter))
    body = _emit_value(parameter, scope, may_be_config)
    if parameter.ignored:
        body = ["if getattr(v, '_xpm', None) is not None:", *_indent(_forced_in(body, conditions))]
        lines[0] = f"v = values.get({name!r})"
        return lines + body
    if conditions:
        return [*lines, f"if {' and '.join(conditions)}:", *_indent(body)]
    return lines + body


def _forced_in(body: list[str], conditions: list[str]) -> list[str]:
    """An ignored configuration enters if it is flagged so."""
    test = " and ".join(["v._xpm.meta is False", *conditions])
    return [f"if {test}:", *_indent(body), "else:", "    left_out.append(v)"]


def _indent(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def _may_be_config(parameter: Parameter) -> bool:
    kind = parameter.type
    if isinstance(kind, UnionType_):
        return kind.holds_configs
    return kind.holds_configs and not kind.is_container


def _differs(parameter: Parameter) -> str:
    """The test that the value is not the default, which is compared as it is written."""
    name = parameter.name
    if type(parameter.default) in (int, float, str, bool) or isinstance(parameter.default, Enum):
        return f"not (D_{name} == v)"
    return f"not equals(D_{name}, kept(v))"


_FAST: dict[type[ParameterType], tuple[str, bytes, str]] = {
    IntType: ("int", TAG_INT, "pack_int(v)"),
    FloatType: ("float", TAG_FLOAT, "pack_float(v)"),
    StrType: ("str", TAG_STR, "v.encode()"),
}


def _emit_value(parameter: Parameter, scope: dict[str, Any], may_be_config: bool) -> list[str]:
    """The lines that add the name and the value."""
    name, kind = parameter.name, parameter.type
    general = [f"append(N_{name})", "encode(v, parts, holes, left_out)"]
    key = scope[f"N_{name}"]
    if type(kind) in _FAST:
        python, tag, packed = _FAST[type(kind)]
        scope[f"K_{name}"] = key + tag
        fast = f"append(K_{name} + {packed})"
        return [f"if type(v) is {python}:", f"    {fast}", "else:", *_indent(general)]
    if isinstance(kind, ListType) and isinstance(kind.element, FloatType):
        fast_lines = [f"append(N_{name})", "encode_floats(v, parts, holes, left_out)"]
        return ["if type(v) is list:", *_indent(fast_lines), "else:", *_indent(general)]
    if isinstance(kind, ConfigType):
        scope[f"K_{name}"] = key + TAG_CONFIG
        fast_lines = [f"append(K_{name})", "holes.append(len(parts))", "append(v)"]
        return [
            "if v is None:",
            *_indent(general),
            "elif v._xpm.meta is True:",
            "    left_out.append(v)",
            "else:",
            *_indent(fast_lines),
        ]
    if may_be_config:
        return [
            "if getattr(v, '_xpm', None) is not None and v._xpm.meta is True:",
            "    left_out.append(v)",
            "else:",
            *_indent(general),
        ]
    return general

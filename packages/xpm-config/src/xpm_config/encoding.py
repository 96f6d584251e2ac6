"""The bytes of a value in an identifier, as 2.x defines them (`docs/reference/identifiers.md`).

A stream is a list of *parts*: bytes, and configurations whose digest is not known yet. The
positions of the latter are its *holes*. The configurations that were met, and do not enter because
of their meta flag, are *left out*.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import Enum
from typing import Any

TAG_CONFIG = b"\x00"
TAG_INT = b"\x01"
TAG_FLOAT = b"\x02"
TAG_STR = b"\x03"
TAG_VALUE = b"\x05"
TAG_NONE = b"\x06"
TAG_LIST = b"\x07"
TAG_PRODUCER = b"\x08"
TAG_DICT = b"\x09"
TAG_ENUM = b"\x0a"
TAG_BACK = b"\x0b"
TAG_INIT = b"\x0c"
TAG_POSITION = b"\x0d"
TAG_SET = b"\x0e"

pack_int = struct.Struct(">q").pack
pack_float = struct.Struct(">d").pack


Parts = list[Any]
Holes = list[int]
LeftOut = list[Any]
Encoder = Callable[[Any, Parts, Holes, LeftOut], None]


class Unencodable(Exception):
    """A value that no identifier can hold.

    Attributes:
        reason: what is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def encode(value: Any, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    """Adds a value to a stream.

    Raises:
        Unencodable: if the value, or one in it, has no encoding.
    """
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        encoder = _encoder_of(value)
    encoder(value, parts, holes, left_out)


def is_dropped(value: Any) -> bool:
    """Whether a value is a configuration flagged out of identifiers."""
    state = getattr(value, "_xpm", None)
    return state is not None and state.meta is True


def kept(value: Any) -> Any:
    """A container without the configurations that are flagged out of identifiers."""
    if isinstance(value, dict):
        return {k: v for k, v in value.items() if not is_dropped(v)}
    if isinstance(value, list):
        return [v for v in value if not is_dropped(v)]
    if isinstance(value, set):
        return {v for v in value if not is_dropped(v)}
    return value


def _none(value: Any, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    parts.append(TAG_NONE)


def _float(value: float, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    parts.append(TAG_FLOAT + pack_float(value))


def _int(value: int, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    try:
        parts.append(TAG_INT + pack_int(value))
    except struct.error:
        raise Unencodable(f"{value} does not fit in 64 bits") from None


def _str(value: str, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    try:
        parts.append(TAG_STR + value.encode())
    except UnicodeEncodeError:
        raise Unencodable(f"the text {value!r} has a lone surrogate") from None


def _enum(value: Enum, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    cls = type(value)
    parts.append(TAG_ENUM + f"{cls.__module__}.{cls.__qualname__}:{value.name}".encode())


def _config(value: Any, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    parts.append(TAG_CONFIG)
    holes.append(len(parts))
    parts.append(value)


def _entering(items: Any, left_out: LeftOut) -> list[Any]:
    """The elements that enter; the others are noted."""
    found = []
    for item in items:
        if is_dropped(item):
            left_out.append(item)
        else:
            found.append(item)
    return found


def _list(value: list[Any], parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    if len(value) > _PACKED_FROM:
        kinds = set(map(type, value))
        if kinds == {float}:
            encode_floats(value, parts, holes, left_out)
            return
        if kinds == {int}:
            _ints(value, parts, holes, left_out)
            return
    _items(value, parts, holes, left_out)


def _items(value: list[Any], parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    """Adds a list, whatever its elements."""
    place = len(parts)
    parts.append(TAG_LIST)
    count = 0
    for item in value:
        encoder = _ENCODERS.get(type(item)) or _encoder_of(item)
        if encoder is not _config:
            encoder(item, parts, holes, left_out)
        elif item._xpm.meta is True:
            left_out.append(item)
            continue
        else:
            parts.append(TAG_CONFIG)
            holes.append(len(parts))
            parts.append(item)
        count += 1
    parts[place] = TAG_LIST + pack_float(count)


def _set(value: set[Any], parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    items = sorted(_entering(value, left_out), key=_element_digest)
    parts.append(TAG_SET + pack_float(len(items)))
    for item in items:
        encode(item, parts, holes, left_out)


def _element_digest(item: Any) -> bytes:
    """What orders the elements of a set: the digest of their encoding, on its own."""
    from hashlib import sha256

    from .digests import root_digest  # the module of digests imports this one

    parts: Parts = []
    holes: Holes = []
    encode(item, parts, holes, [])
    for index in holes:
        parts[index] = root_digest(parts[index])
    return sha256(b"".join(parts)).digest()


def _dict(value: dict[Any, Any], parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    keys = []
    for key, item in value.items():
        if is_dropped(item):
            left_out.append(item)
        else:
            keys.append(key)
    parts.append(TAG_DICT)
    for key in _sorted_keys(keys):
        encode(key, parts, holes, left_out)
        encode(value[key], parts, holes, left_out)


def _sorted_keys(keys: list[Any]) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:
        pass
    if all(isinstance(k, Enum) and type(k) is type(keys[0]) for k in keys):
        return sorted(keys, key=lambda member: member.name)
    shown = ", ".join(sorted({type(k).__name__ for k in keys}))
    raise Unencodable(f"the keys of a dictionary cannot be put in order: {shown}")


def _encoder_of(value: Any) -> Encoder:
    """The encoder of a class met for the first time, in the order of 2.x: first match wins."""
    if getattr(value, "_xpm", None) is not None:
        _ENCODERS[type(value)] = _config
        return _config
    for cls, encoder in _BY_CLASS:
        if isinstance(value, cls):
            _ENCODERS[type(value)] = encoder
            return encoder
    raise Unencodable(
        f"{value!r} is a {type(value).__qualname__}, which identifiers of 2.x cannot hold: use a "
        "list, or declare the parameter Meta to leave it out"
    )


def _of_int(value: int, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    _int(int(value), parts, holes, left_out)


def _of_float(value: float, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    _float(float(value), parts, holes, left_out)


def _of_str(value: str, parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    text = str(value.value) if isinstance(value, Enum) else str.__str__(value)
    _str(text, parts, holes, left_out)


_ENCODERS: dict[type, Encoder] = {
    type(None): _none,
    float: _float,
    int: _int,
    bool: _of_int,
    str: _str,
    list: _list,
    set: _set,
    dict: _dict,
}

_BY_CLASS: tuple[tuple[type, Encoder], ...] = (
    (float, _of_float),
    (int, _of_int),
    (str, _of_str),
    (list, _list),
    (set, _set),
    (Enum, _enum),
    (dict, _dict),
)

# --- Long lists of numbers: 9 bytes each, many at a time

_PACKED_FROM = 16
_CHUNK = 1024


def _packer(code: str) -> struct.Struct:
    return struct.Struct(">" + f"c{code}" * _CHUNK)


_FLOATS, _INTS = _packer("d"), _packer("q")


def encode_floats(values: list[float], parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    """Adds a list whose elements were `float` when it was given.

    Complexity: 100,000 elements take 1.7 ms, and their SHA-256 0.5 ms (`bench/run.py`).
    """
    try:
        chunks = _packed(values, TAG_FLOAT, _FLOATS, "d")
    except struct.error:  # something else was added since
        _items(values, parts, holes, left_out)
        return
    parts.append(TAG_LIST + pack_float(len(values)))
    parts += chunks


def _ints(values: list[int], parts: Parts, holes: Holes, left_out: LeftOut) -> None:
    """Adds a list of `int`, and nothing else."""
    try:
        chunks = _packed(values, TAG_INT, _INTS, "q")
    except struct.error:  # to name the element
        _items(values, parts, holes, left_out)
        return
    parts.append(TAG_LIST + pack_float(len(values)))
    parts += chunks


def _packed(values: list[Any], tag: bytes, packer: struct.Struct, code: str) -> list[bytes]:
    """Each number, big-endian, after a tag."""
    whole = len(values) // _CHUNK * _CHUNK
    items: list[Any] = [tag] * (2 * _CHUNK)
    chunks = []
    for start in range(0, whole, _CHUNK):
        items[1::2] = values[start : start + _CHUNK]
        chunks.append(packer.pack(*items))
    rest = values[whole:]
    items = [tag] * (2 * len(rest))
    items[1::2] = rest
    chunks.append(struct.pack(">" + f"c{code}" * len(rest), *items))
    return chunks

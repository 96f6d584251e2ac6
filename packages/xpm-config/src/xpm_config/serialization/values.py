"""The JSON form of parameter values, both ways.

Plain JSON values stand for themselves; anything else is an object with a `type`:

| Python                                  | JSON                                                   |
|-----------------------------------------|--------------------------------------------------------|
| `Path`                                  | `{"type": "path", "value": str, "base": str (maybe)}`  |
| path of a data file                     | `{"type": "path.serialized", "value", "is_folder"}`    |
| `Enum` (also `str` and `int` ones)      | `{"type": "enum", "module", "enum", "value": name}`    |
| configuration                           | `{"type": "python", "value": id}`                      |
| set                                     | `{"type": "set", "items": [...]}`                      |
| tuple (ours)                            | `{"type": "tuple", "items": [...]}`                    |
| dict that is no JSON object (ours)      | `{"type": "dict", "items": [[key, value], ...]}`       |

A dictionary is no JSON object when a key is not a string, or is `type`. Files of 2.x, which
escape nothing, are read too: an object whose `type` is none of these is a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

from xpm_config.graph import MARK, is_configuration

__all__ = ["Decoder", "Encoder", "UnencodableValue"]

PLAIN = frozenset({type(None), bool, int, float, str})
"""The exact types that JSON has."""


class UnencodableValue(Exception):
    """A value that has no JSON form; `place` is where it lies in the parameter's value."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value
        self.place = ""


class Encoder:
    """Gives values their JSON form.

    Args:
        reference: The number that stands for a configuration.
        path: The JSON form of a path.
        rank: What tells two configurations apart whatever the run, to put sets in order.
    """

    def __init__(
        self,
        reference: Callable[[Any], int],
        path: Callable[[Path], dict[str, Any]],
        rank: Callable[[Any], str],
    ) -> None:
        self._reference = reference
        self._path = path
        self._rank = rank

    def encode(self, value: Any) -> Any:
        """The JSON form of a value; lists and dictionaries are copied.

        Raises:
            UnencodableValue: The value, or one inside it, has no JSON form.
        """
        kind = type(value)
        if kind in PLAIN:
            return value
        if is_configuration(value):
            return {"type": "python", "value": self._reference(value)}
        if kind is list:
            return self._list(value)
        for base, encode in _ENCODERS:
            if isinstance(value, base):
                return encode(self, value)
        raise UnencodableValue(value)

    def _list(self, values: Any) -> list[Any]:
        kinds = set(map(type, values))
        if kinds <= PLAIN:
            return list(values)
        if all(hasattr(kind, MARK) for kind in kinds):
            return [{"type": "python", "value": self._reference(value)} for value in values]
        encoded = []
        for index, value in enumerate(values):
            try:
                encoded.append(self.encode(value))
            except UnencodableValue as error:
                error.place = f"[{index}]{error.place}"
                raise
        return encoded

    def _tuple(self, values: tuple[Any, ...]) -> dict[str, Any]:
        return {"type": "tuple", "items": self._list(values)}

    def _set(self, values: set[Any]) -> dict[str, Any]:
        try:
            ordered = sorted(values)
        except TypeError:
            ordered = sorted(values, key=self._set_rank)
        return {"type": "set", "items": self._list(ordered)}

    def _set_rank(self, value: Any) -> tuple[str, str]:
        """The place of an element in a set whose elements cannot be compared."""
        text = self._rank(value) if is_configuration(value) else repr(value)
        return type(value).__qualname__, text

    def _dict(self, values: dict[Any, Any]) -> dict[str, Any]:
        if "type" not in values and all(type(key) is str for key in values):
            if PLAIN.issuperset(map(type, values.values())):
                return dict(values)
            return {key: self._item(key, value) for key, value in values.items()}
        items = [[self._item(key, key), self._item(key, value)] for key, value in values.items()]
        return {"type": "dict", "items": items}

    def _item(self, key: Any, value: Any) -> Any:
        try:
            return self.encode(value)
        except UnencodableValue as error:
            error.place = f"[{key!r}]{error.place}"
            raise

    def _enum(self, value: Enum) -> dict[str, Any]:
        cls = type(value)
        return {
            "type": "enum",
            "module": cls.__module__,
            "enum": cls.__qualname__,
            "value": value.name or "",  # no flag has no name
        }

    def _pure_path(self, value: PurePath) -> dict[str, Any]:
        return self._path(Path(value))


# The order matters: a member of a `str` enumeration is a string too
_ENCODERS: tuple[tuple[type, Callable[[Encoder, Any], Any]], ...] = (
    (Enum, Encoder._enum),
    (PurePath, Encoder._pure_path),
    (list, Encoder._list),
    (tuple, Encoder._tuple),
    (set, Encoder._set),
    (dict, Encoder._dict),
    (bool, lambda _, value: bool(value)),
    (int, lambda _, value: int(value)),
    (float, lambda _, value: float(value)),
    (str, lambda _, value: str(value)),
)


class Decoder:
    """Gives back the values that a JSON form stands for.

    Args:
        reference: The object that a number stands for.
        path: The path of a text and its base (None, `job` or `workspace`).
        data: The path of a data file, from its text and whether it is a folder.
        member: The member of an enumeration, from module, qualified name and member name.
    """

    def __init__(
        self,
        reference: Callable[[int], Any],
        path: Callable[[str, str | None], Path],
        data: Callable[[str, bool], Path],
        member: Callable[[str, str, str], Any],
    ) -> None:
        self._reference = reference
        self._path = path
        self._data = data
        self._member = member

    def decode(self, value: Any) -> Any:
        """The value that a JSON form stands for."""
        kind = type(value)
        if kind is list:
            if PLAIN.issuperset(map(type, value)):
                return value
            return [self.decode(item) for item in value]
        if kind is dict:
            marker = value.get("type")
            if marker.__class__ is str:
                form = _FORMS.get(marker)
                if form is not None and form[0] <= value.keys() <= form[1]:
                    return form[2](self, value)
            return {key: self.decode(item) for key, item in value.items()}
        return value

    def _decode_reference(self, value: dict[str, Any]) -> Any:
        return self._reference(value["value"])

    def _decode_path(self, value: dict[str, Any]) -> Path:
        return self._path(value["value"], value.get("base"))

    def _decode_data(self, value: dict[str, Any]) -> Path:
        return self._data(value["value"], bool(value.get("is_folder")))

    def _decode_enum(self, value: dict[str, Any]) -> Any:
        return self._member(value["module"], value["enum"], value["value"])

    def _decode_set(self, value: dict[str, Any]) -> set[Any]:
        return {self.decode(item) for item in value["items"]}

    def _decode_tuple(self, value: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(self.decode(item) for item in value["items"])

    def _decode_dict(self, value: dict[str, Any]) -> dict[Any, Any]:
        return {self.decode(key): self.decode(item) for key, item in value["items"]}


def _form(
    decode: Callable[[Decoder, Any], Any], required: str, optional: str = ""
) -> tuple[set[str], set[str], Callable[[Decoder, Any], Any]]:
    """The keys that an object must and may have to be of a form, and how it is decoded."""
    keys = {"type", *required.split()}
    return keys, keys | set(optional.split()), decode


_FORMS = {
    "python": _form(Decoder._decode_reference, "value"),
    "path": _form(Decoder._decode_path, "value", "base"),
    "path.serialized": _form(Decoder._decode_data, "value", "is_folder"),
    "enum": _form(Decoder._decode_enum, "module enum value"),
    "set": _form(Decoder._decode_set, "items"),
    "tuple": _form(Decoder._decode_tuple, "items"),
    "dict": _form(Decoder._decode_dict, "items"),
}

"""The JSON schema of an experiment file, with which editors complete and check it."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import attrs

from xpm_cli.base_configuration import ConfigurationBase
from xpm_cli.grid_values import Grid
from xpm_cli.schema import MAPPINGS, SEQUENCES, UNIONS, fields_of, is_schema

Schema = dict[str, Any]

_SCALARS: dict[Any, Schema] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    Path: {"type": "string"},
    type(None): {"type": "null"},
    None: {"type": "null"},
    Any: {},
    object: {},
}


def schema_of(cls: type) -> Schema:
    """The schema of the files that are read into a class.

    The keys of `ConfigurationBase` are accepted whatever the class. Nothing is accepted that
    `run-experiment` refuses, but for what a validator of the class refuses.

    Args:
        cls: A `@configuration` class or a dataclass.
    """
    writer = _Writer()
    made = writer.object_of(cls)
    for name, general in writer.object_of(ConfigurationBase)["properties"].items():
        made["properties"].setdefault(name, general)
    # `imports` may give what is not in the file itself
    made.pop("required", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": cls.__name__,
        **made,
        **({"$defs": writer.definitions} if writer.definitions else {}),
    }


@dataclass(slots=True)
class _Writer:
    """Writes the schemas of types; those of nested classes go to `$defs`."""

    definitions: dict[str, Schema] = field(default_factory=dict)
    names: dict[type, str] = field(default_factory=dict)

    def of(self, kind: Any) -> Schema:
        """The schema of a type."""
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self.of(args[0])
        if kind in _SCALARS:
            return dict(_SCALARS[kind])
        if origin is typing.Literal:
            return {"enum": list(args)}
        if origin in UNIONS:
            return {"anyOf": [self.of(arg) for arg in args]}
        if origin is Grid:
            return self._grid(args[0])
        if (origin or kind) in SEQUENCES:
            return self._sequence(origin or kind, args)
        if (origin or kind) in MAPPINGS:
            inside = self.of(args[1]) if args else {}
            return {"type": "object", "additionalProperties": inside}
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return {"enum": [member.value for member in kind]}
        return self._reference(kind) if is_schema(kind) else {}

    def _sequence(self, to: Any, args: tuple[Any, ...]) -> Schema:
        if to is tuple and args and args[-1] is not Ellipsis:
            items = [self.of(arg) for arg in args]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
        unique = {"uniqueItems": True} if to in (set, frozenset) else {}
        return {"type": "array", "items": self.of(args[0]) if args else {}, **unique}

    def _grid(self, kind: Any) -> Schema:
        """One of the forms of `grid_values`."""
        listed = {"type": "array", "items": self.of(kind), "minItems": 1}
        numbers = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
        integers = {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}
        forms = {
            "values_list": listed,
            "range": integers,
            "values_range": integers,
            "range_mult": numbers,
            "values_mult": numbers,
            "value": self.of(kind),
        }
        mapping = {
            "type": "object",
            "properties": forms,
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
        return {"anyOf": [listed, mapping]}

    def _reference(self, cls: type) -> Schema:
        if cls not in self.names:
            taken = sum(other.__name__ == cls.__name__ for other in self.names)
            self.names[cls] = name = cls.__name__ + (f"_{taken + 1}" if taken else "")
            self.definitions[name] = self.object_of(cls)
        return {"$ref": f"#/$defs/{self.names[cls]}"}

    def object_of(self, cls: type) -> Schema:
        """The schema of the keys of a class."""
        told = _attributes_of(cls)
        properties: dict[str, Schema] = {}
        defaults = _defaults_of(cls)
        for f in fields_of(cls):
            properties[f.name] = self.of(f.type)
            if f.name in told:
                properties[f.name]["description"] = told[f.name]
            if f.name in defaults:
                properties[f.name]["default"] = defaults[f.name]
        summary = (inspect.getdoc(cls) or "").partition("\n\n")[0].replace("\n", " ")
        if summary.startswith(f"{cls.__name__}("):
            summary = ""  # what dataclasses write by themselves says nothing
        required = [f.name for f in fields_of(cls) if f.required]
        return {
            "type": "object",
            **({"description": summary} if summary else {}),
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }


def _attributes_of(cls: type) -> dict[str, str]:
    """What the docstrings of a class and its bases say of each attribute (Google style)."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        _, _, section = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")
        body = re.split(r"\n(?=\S)", section)[0] if section.startswith(" ") else ""
        for name, text in re.findall(r"^    (\w+): (.+(?:\n {8,}.+)*)", body, re.M):
            found[name] = re.sub(r"\s*\n\s+", " ", text)
    return found


_PLAIN = (str, int, float, bool)


def _defaults_of(cls: type) -> dict[str, Any]:
    """The defaults that JSON can say."""
    if attrs.has(cls):
        values = {(f.alias or f.name): f.default for f in attrs.fields(cls)}
    else:
        values = {f.name: f.default for f in dataclasses.fields(cls)}
    plain = {
        name: value.value if isinstance(value, enum.Enum) else value
        for name, value in values.items()
        if value is not attrs.NOTHING
    }
    return {name: value for name, value in plain.items() if isinstance(value, _PLAIN)}

"""Absolute paths in the files of a workspace, rewritten when what they name is copied elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

__all__ = ["Relocation"]


@dataclass(frozen=True, slots=True)
class Relocation:
    """A change of the root of a workspace.

    Attributes:
        old: Where it was: several names, when it was moved or is reached through a link.
        new: Where it is.
    """

    old: Sequence[str]
    new: str

    def path(self, text: str) -> str:
        """A path, in its new place if it was below the old root."""
        for root in self.old:
            if text == root:
                return self.new
            if root and text.startswith(f"{root.rstrip('/')}/"):
                return str(PurePath(self.new) / text[len(root) :].lstrip("/"))
        return text

    def value(self, value: Any) -> Any:
        """A JSON value as `params.json` and `objects.jsonl` hold it, with its paths rewritten.

        Rewritten are paths without base, files of data, and the files of scripts; other texts
        are what the user wrote, whatever they look like.
        """
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        kind, text = value.get("type"), value.get("value")
        if kind in _PATHS and isinstance(text, str):
            return value if "base" in value else {**value, "value": self.path(text)}
        return {name: self.value(item) for name, item in value.items()}

    def definition(self, value: dict[str, Any]) -> dict[str, Any]:
        """The definition of an object, with its paths rewritten."""
        moved = dict(value)
        if "fields" in value:
            moved["fields"] = self.value(value["fields"])
        if isinstance(value.get("file"), str):
            moved["file"] = self.path(value["file"])
        return moved

    def params(self, value: dict[str, Any]) -> dict[str, Any]:
        """The content of `params.json`, for its new workspace."""
        objects = value.get("objects")
        moved = {**value, "workspace": self.new}
        if isinstance(objects, list):
            moved["objects"] = [
                self.definition(item) if isinstance(item, dict) else item for item in objects
            ]
        return moved


_PATHS = frozenset(["path", "path.serialized"])

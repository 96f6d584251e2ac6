"""Where two stored tasks differ: paths, values, and where the user's code declares them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xpm_cli.stored_task import Definition, StoredTask, declaration, read_params


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two tasks differ.

    Attributes:
        path: From the task, with dots; empty for the task itself.
        before: What the first holds there, in words.
        after: What the second holds there.
        before_place: Where the code of the first declares it, `file:line`; empty when not known.
        after_place: Where the code of the second does.
    """

    path: str
    before: str
    after: str
    before_place: str = ""
    after_place: str = ""

    def place(self) -> str:
        """Both places in a few words; one when they are the same."""
        places = dict.fromkeys(p for p in (self.before_place, self.after_place) if p)
        return " → ".join(places)


ABSENT = "(absent)"
_IDENTIFIER = re.compile("[0-9a-f]{64}")


@dataclass(slots=True)
class _Comparison:
    left: StoredTask
    right: StoredTask
    found: list[Difference] = field(default_factory=list)
    derived: list[Difference] = field(default_factory=list)  # paths that hold an identifier
    compared: set[tuple[Any, Any]] = field(default_factory=set)
    owners: tuple[Definition, Definition] = field(default=({}, {}))
    name: str = ""

    def values(self, a: Any, b: Any, path: str) -> None:
        """Compare two stored values."""
        first, second = _reference(a), _reference(b)
        if first is not None and second is not None:
            self.objects(first, second, path)
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                self._tell(path, f"{len(a)} items", f"{len(b)} items")
            for i, (x, y) in enumerate(zip(a, b, strict=False)):
                self.values(x, y, f"{path}.{i}")
        elif _is_plain_mapping(a) and _is_plain_mapping(b):
            for key in [*a, *(key for key in b if key not in a)]:
                self._entry(a, b, key, f"{path}.{key}")
        elif isinstance(a, dict) and isinstance(b, dict) and _is_path(a) and _is_path(b):
            self._paths(a, b, path)
        elif a != b or type(a) is not type(b):
            self._tell(path, self.describe(a, self.left), self.describe(b, self.right))

    def _entry(self, a: Any, b: Any, key: Any, path: str) -> None:
        """Compare what two mappings have under a key, which one of them may lack."""
        if key in a and key in b:
            self.values(a[key], b[key], path)
        elif key in a:
            self._tell(path, self.describe(a[key], self.left), ABSENT)
        else:
            self._tell(path, ABSENT, self.describe(b[key], self.right))

    def _paths(self, a: Definition, b: Definition, path: str) -> None:
        """Compare two files; those that only follow from an identifier are kept aside."""
        before, after = self.left.path_text(a), self.right.path_text(b)
        if before == after:
            return
        follows = _IDENTIFIER.sub("", before) == _IDENTIFIER.sub("", after)
        self._tell(path, before, after, where=self.derived if follows else None)

    def objects(self, a: Any, b: Any, path: str) -> None:
        """Compare two configurations; each pair once."""
        if (a, b) in self.compared:
            return
        self.compared.add((a, b))
        left, right = self.left.objects.get(a, {}), self.right.objects.get(b, {})
        before = len(self.found)
        names = [str(item.get("typename") or item.get("type")) for item in (left, right)]
        if names[0] != names[1]:
            self._tell(path, *names)
        around, self.owners = (self.owners, self.name), (left, right)
        fields, others = left.get("fields") or {}, right.get("fields") or {}
        for key in [*fields, *(key for key in others if key not in fields)]:
            self.name = str(key)
            self._entry(fields, others, key, f"{path}.{key}" if path else str(key))
        self.owners, self.name = around
        self.values(_references(left), _references(right), f"{path}.init-tasks".lstrip("."))
        identifiers = [str(item.get("identifier", "")) for item in (left, right)]
        if len(self.found) == before and identifiers[0] != identifiers[1] and not self.derived:
            self._tell(path, *(f"identifier {identifier[:12]}" for identifier in identifiers))

    def describe(self, value: Any, task: StoredTask) -> str:
        """A stored value in a few words."""
        reference = _reference(value)
        if reference is not None:
            return str(task.objects.get(reference, {}).get("typename", "a configuration"))
        if isinstance(value, dict) and value.get("type") == "enum":
            return f"{value.get('enum')}.{value.get('value')}"
        if _is_path(value):
            return task.path_text(value)
        return json.dumps(value, ensure_ascii=False)

    def _tell(
        self, path: str, before: str, after: str, *, where: list[Difference] | None = None
    ) -> None:
        places = [declaration(owner, self.name) if owner else "" for owner in self.owners]
        found = self.found if where is None else where
        found.append(Difference(path, before, after, *places))


def _reference(value: Any) -> Any:
    """The id of the configuration that a stored value refers to; None when it is none."""
    is_reference = isinstance(value, dict) and value.get("type") == "python"
    return value.get("value") if is_reference else None


def _references(item: Definition) -> list[dict[str, Any]]:
    """The init tasks of a task, as references."""
    return [{"type": "python", "value": number} for number in item.get("init-tasks") or []]


def _is_path(value: Any) -> bool:
    return isinstance(value, dict) and str(value.get("type")).startswith("path")


def _is_plain_mapping(value: Any) -> bool:
    """Whether a stored value is a dictionary of the user."""
    return isinstance(value, dict) and not isinstance(value.get("type"), str)


def differences_between(left: StoredTask, right: StoredTask) -> list[Difference]:
    """Where two stored tasks differ, in the order of their fields.

    Files whose path differs by an identifier follow from another difference: they are told only
    when there is none.
    """
    comparison = _Comparison(left, right)
    comparison.objects(left.root, right.root, "")
    return comparison.found or comparison.derived


def differences(first: Path, second: Path) -> list[Difference]:
    """Where two stored tasks differ, from their `params.json`.

    Raises:
        NotFound: A file does not exist.
        BadInput: A file is no `params.json`.
    """
    return differences_between(read_params(first), read_params(second))

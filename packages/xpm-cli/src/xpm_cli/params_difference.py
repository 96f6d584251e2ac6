"""Where two stored tasks differ: read from `params.json` alone, nothing of the user is imported."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xpm_cli.errors import BadInput, NotFound


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two tasks differ.

    Attributes:
        path: From the task, with dots; empty for the task itself.
        before: What the first holds there, in words.
        after: What the second holds there.
    """

    path: str
    before: str
    after: str


ABSENT = "(absent)"


def read_objects(path: Path) -> dict[Any, dict[str, Any]]:
    """The objects of a `params.json` by id, the task last.

    Args:
        path: The file, or the folder of a job.

    Raises:
        NotFound: There is no such file.
        BadInput: It is no `params.json`.
    """
    file = path / "params.json" if path.is_dir() else path
    try:
        content = json.loads(file.read_bytes())
        return {item["id"]: item for item in content["objects"]}
    except FileNotFoundError:
        raise NotFound(f"{file} does not exist") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadInput(f"{file} is no params.json: it has no list of objects") from None


@dataclass(slots=True)
class _Comparison:
    left: dict[Any, dict[str, Any]]
    right: dict[Any, dict[str, Any]]
    found: list[Difference] = field(default_factory=list)
    compared: set[tuple[Any, Any]] = field(default_factory=set)

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
                below = f"{path}.{key}" if path else str(key)
                if key in a and key in b:
                    self.values(a[key], b[key], below)
                else:
                    present = (a if key in a else b)[key]
                    text = self.describe(present, self.left if key in a else self.right)
                    self._tell(below, *((text, ABSENT) if key in a else (ABSENT, text)))
        elif a != b or type(a) is not type(b):
            self._tell(path, self.describe(a, self.left), self.describe(b, self.right))

    def objects(self, a: Any, b: Any, path: str) -> None:
        """Compare two configurations; each pair once."""
        if (a, b) in self.compared:
            return
        self.compared.add((a, b))
        left, right = self.left.get(a, {}), self.right.get(b, {})
        before = len(self.found)
        names = [str(item.get("typename") or item.get("type")) for item in (left, right)]
        if names[0] != names[1]:
            self._tell(path, *names)
        self.values(left.get("fields") or {}, right.get("fields") or {}, path)
        self.values(_references(left), _references(right), f"{path}.init-tasks".lstrip("."))
        identifiers = [str(item.get("identifier", "")) for item in (left, right)]
        if len(self.found) == before and identifiers[0] != identifiers[1]:
            self._tell(path, *(f"identifier {identifier[:12]}" for identifier in identifiers))

    def describe(self, value: Any, objects: dict[Any, dict[str, Any]]) -> str:
        """A stored value in a few words."""
        reference = _reference(value)
        if reference is not None:
            return str(objects.get(reference, {}).get("typename", "a configuration"))
        if isinstance(value, dict) and value.get("type") == "enum":
            return f"{value.get('enum')}.{value.get('value')}"
        if isinstance(value, dict) and str(value.get("type")).startswith("path"):
            base = f"<{value['base']}>/" if value.get("base") else ""
            return f"{base}{value.get('value')}"
        return json.dumps(value, ensure_ascii=False)

    def _tell(self, path: str, before: str, after: str) -> None:
        self.found.append(Difference(path, before, after))


def _reference(value: Any) -> Any:
    """The id of the configuration that a stored value refers to; None when it is none."""
    is_reference = isinstance(value, dict) and value.get("type") == "python"
    return value.get("value") if is_reference else None


def _references(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The init tasks of a task, as references."""
    return [{"type": "python", "value": number} for number in item.get("init-tasks") or []]


def _is_plain_mapping(value: Any) -> bool:
    """Whether a stored value is a dictionary of the user, or the fields of an object."""
    return isinstance(value, dict) and not isinstance(value.get("type"), str)


def differences(first: Path, second: Path) -> list[Difference]:
    """Where two stored tasks differ, in the order of their fields.

    Raises:
        NotFound: A file does not exist.
        BadInput: A file is no `params.json`.
    """
    left, right = read_objects(first), read_objects(second)
    comparison = _Comparison(left, right)
    comparison.objects(next(reversed(left), None), next(reversed(right), None), "")
    return comparison.found

"""Dependencies found in the graph of objects."""

from __future__ import annotations

import json
from pathlib import Path

from xpm_store.index.objects import dependencies_of


def ref(number: int) -> dict[str, object]:
    return {"type": "python", "value": number}


def test_references_are_followed_until_a_job_or_what_a_job_made(tmp_path: Path) -> None:
    path = tmp_path / "objects.jsonl"
    objects = [
        {"id": 1, "identifier": "data", "fields": {}},
        {"id": 2, "identifier": "model", "task": 1, "fields": {"data": ref(1)}},
        {"id": 3, "identifier": "plain", "fields": {"nested": [{"k": ref(2)}, "x"]}},
        {"id": 4, "identifier": "seed", "fields": {}},
        {"id": 5, "identifier": "fit", "task": 5, "init-tasks": [4], "fields": {"of": ref(3)}},
        {"id": 6, "identifier": "score", "fields": {"a": ref(5), "b": [ref(5), ref(1)]}},
    ]
    path.write_text("".join(json.dumps(value) + "\n" for value in objects) + "torn")
    found = dependencies_of(path, {"data", "fit", "score", "seed"})
    assert found == {
        "data": (),
        "seed": (),
        "fit": ("seed", "data"),
        "score": ("fit", "data"),
    }


def test_a_missing_file_has_no_dependencies(tmp_path: Path) -> None:
    assert dependencies_of(tmp_path / "objects.jsonl", {"a"}) == {}

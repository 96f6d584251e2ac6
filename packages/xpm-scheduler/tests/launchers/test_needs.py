from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from xpm_scheduler.launchers.conformance import SampleJob
from xpm_scheduler.launchers.needs import needed_classes
from xpm_store.layout import JobFolder


def define(number: int, module: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"id": number, "module": module, "type": name, "fields": fields}


def written(root: Path, objects: list[dict[str, Any]]) -> JobFolder:
    folder = SampleJob(root).write().folder
    folder.params.write_text(json.dumps({"version": 3, "objects": objects}))
    return folder


def test_the_classes_come_in_the_order_in_which_the_job_loads_them_each_once(
    tmp_path: Path,
) -> None:
    reference = {"type": "python", "value": 1}
    objects = [
        define(1, "models", "Linear"),
        define(2, "models", "Linear"),
        define(3, "tasks", "Train", model=reference, others=[{"type": "python", "value": 2}]),
    ]
    assert needed_classes(written(tmp_path, objects)) == (
        (("module", "models"), ("type", "Linear")),
        (("module", "tasks"), ("type", "Train")),
    )


def test_what_is_only_reached_through_the_producer_of_an_output_is_not_loaded(
    tmp_path: Path,
) -> None:
    objects = [define(1, "heavy", "Producer"), {**define(2, "light", "Use"), "task": 1}]
    assert needed_classes(written(tmp_path, objects)) == ((("module", "light"), ("type", "Use")),)


def test_a_class_of_a_script_has_its_file(tmp_path: Path) -> None:
    objects = [{**define(1, "__main__", "Train"), "file": "/home/me/train.py"}]
    assert needed_classes(written(tmp_path, objects)) == (
        (("module", "__main__"), ("type", "Train"), ("file", "/home/me/train.py")),
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"objects": 3}', '{"objects": [{}]}'])
def test_damaged_parameters_are_left_to_the_job_to_tell(tmp_path: Path, text: str) -> None:
    folder = SampleJob(tmp_path).write().folder
    folder.params.write_text(text)
    assert needed_classes(folder) in ((), ((),))

"""`schema`: what an editor gets for a real experiment file."""

from __future__ import annotations

import json
from pathlib import Path

import program


def test_the_schema_of_a_file_is_that_of_its_class(home: Path) -> None:
    done = program.run("schema", str(program.STUDY), home=home)

    schema = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert schema["title"] == "Study"
    assert schema["description"] == "What the YAML file says."
    assert schema["properties"]["lrs"] == {"type": "array", "items": {"type": "number"}}


def test_a_file_without_code_is_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("id: x\nfile: nowhere\n")

    done = program.run("schema", str(tmp_path / "x.yaml"), home=home)

    assert done.returncode == 2
    assert "the experiment's file" in done.stderr

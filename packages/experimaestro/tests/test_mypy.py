"""The mypy plugin, by the name that users of experimaestro 2.x have in their configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from experimaestro import Config, Meta, Param, PathGenerator, Path, Task, experiment, field, tag

class Model(Config):
    size: Param[int]
    plain: str = "x"

class Train(Task):
    model: Param[Model]
    path: Meta[Path] = field(default_factory=PathGenerator("x"))

with experiment("workdir", "name") as xp:
    reveal_type(xp)
    Train.C()
    reveal_type((Train.C() @ Model.C(size=tag(1))).submit())
    Model.C(size=1, plain="y")
"""


def test_the_published_name_is_that_of_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = experimaestro.mypy\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert 'Revealed type is "xpm_scheduler.experiment.experiment"' in lines[0]
    assert 'Missing named argument "model" for "Train"' in lines[1]
    assert 'Revealed type is "program.Train"' in lines[2]
    assert 'Unexpected keyword argument "plain"' in lines[3]
    assert len(lines) == 4

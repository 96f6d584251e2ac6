"""Classes of a script: what a job, another process, finds of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, sys
from enum import Enum
from pathlib import Path

from xpm_config import Config, Param, RunMode, Task, load, save
from xpm_config.serialization import load_task, task_definitions


class Norm(Enum):
    L2 = 2


class Model(Config):
    norm: Param[Norm]


class Train(Task):
    model: Param[Model]

    def execute(self):
        print("executing", self.model.norm is Norm.L2, isinstance(self.model, Model))


JOB, WORKSPACE = Path("/w/jobs/t/h"), Path("/w")
{guard}
    task = Train.C(model=Model.C(norm=Norm.L2))
    task.submit(run_mode=RunMode.DRY_RUN)
    definitions = task_definitions(task, job=JOB, workspace=WORKSPACE)
    Path("params.json").write_text(json.dumps(definitions))
    save(task.model, "saved")
    print(load("saved").norm is Norm.L2, type(load("saved")) is Model.C)
"""

JOB = """
import json
from pathlib import Path
from xpm_config.serialization import load_task
objects = json.loads(Path("params.json").read_text())
loaded = load_task(objects, job=Path("/w/jobs/t/h"), workspace=Path("/w"))
loaded.task.execute()
print(loaded.type_name)
"""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture
def guarded(tmp_path: Path) -> Path:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT.format(guard='if __name__ == "__main__":'))
    return script


def test_a_script_loads_its_own_objects_without_being_executed_again(guarded: Path) -> None:
    result = run(guarded, cwd=guarded.parent)
    assert result.stdout == "True True\n", result.stderr


def test_a_job_finds_the_classes_of_the_script(guarded: Path, tmp_path: Path) -> None:
    run(guarded, cwd=tmp_path)
    result = run("-c", JOB, cwd=tmp_path)
    assert result.stdout == "executing True True\n__main__.train\n", result.stderr
    (first, *_) = json.loads((tmp_path / "params.json").read_text())
    assert (first["module"], first["file"]) == ("__main__", str(guarded))


def test_a_script_without_a_guard_is_told_to_have_one(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT.format(guard="if True:"))
    assert run(script, cwd=tmp_path).returncode == 0
    result = run("-c", JOB, cwd=tmp_path)
    assert 'if __name__ == "__main__":' in result.stderr.splitlines()[-1]


def test_objects_of_an_interactive_session_are_loaded_in_it(tmp_path: Path) -> None:
    code = """
from xpm_config import Config, Param, load, save
class Model(Config):
    x: Param[int]
save(Model.C(x=1), "saved")
print(load("saved").x)
"""
    assert run("-c", code, cwd=tmp_path).stdout == "1\n"

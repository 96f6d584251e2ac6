"""What needs an extra: CodeCarbon, TensorBoard, and a notebook; in an environment of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support import ROOT, clean_environment, run
from xpm_store import carbon
from xpm_store.layout import Workspace
from xpm_store.records import RunState

PACKAGES = ["codecarbon>=3.2", "tensorboard>=2.16", "ipykernel>=6", "nbclient>=0.10"]
SOURCES = [
    ROOT / "packages" / name / "src" for name in ("xpm-config", "xpm-store", "xpm-scheduler")
]

WORK = """
import os, time
from xpm_config import Param, Task
from xpm_scheduler import experiment

class Work(Task):
    seconds: Param[float]

    def execute(self):
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            pass
"""


@pytest.fixture(scope="session")
def python_with_extras(cache_folder: Path) -> Path:
    """A Python that has the extras: that of `XPM_EXTRAS_PYTHON`, else installed once."""
    named = os.environ.get("XPM_EXTRAS_PYTHON")
    if named is not None:
        return Path(named)
    folder = cache_folder / "extras"
    python = folder / "bin" / "python"
    if not python.exists():
        run(["uv", "venv", "--quiet", "--clear", folder])
        needed = [*PACKAGES, "attrs", "orjson", "platformdirs", "pyyaml"]
        run(["uv", "pip", "install", "--quiet", "--python", folder, *needed])
    return python


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    return clean_environment(home, PYTHONPATH=os.pathsep.join(map(str, SOURCES)))


def test_the_energy_of_a_job_is_estimated_recorded_and_summed_up_and_the_job_is_left_alone(
    python_with_extras: Path, env: dict[str, str], home: Path, tmp_path: Path
) -> None:
    settings = home / ".config" / "experimaestro" / "settings.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text("carbon: {country_iso_code: FRA, report_interval_s: 1}\n")
    script = tmp_path / "work.py"
    # the meter is started after 5 s, and needs as many of a processor to start
    script.write_text(
        f"{WORK}\n"
        "if __name__ == '__main__':\n"
        f"    with experiment({str(tmp_path / 'ws')!r}, 'energy') as xp:\n"
        "        Work.C(seconds=25).submit()\n"
        "        Work.C(seconds=0.1).submit()\n"
        "    print(xp.carbon_impact)\n"
    )
    run([python_with_extras, script], env=env, cwd=tmp_path)
    workspace = Workspace(tmp_path / "ws")
    (measure,) = carbon.measures(workspace)  # the short one is not worth starting anything
    assert measure.region == "FRA, estimated"
    assert measure.duration_s >= 25
    assert 0 < measure.co2_kg < measure.energy_kwh < 0.1
    current = workspace.experiment("energy").current_run()
    assert current is not None
    state = RunState.read(current)
    assert state is not None
    assert state.carbon_impact is not None
    assert state.carbon_impact["sum"]["job_count"] == 1
    written = {path.name for path in tmp_path.rglob("*")}
    assert "emissions.csv" not in written
    (log,) = workspace.scheduler_logs.glob("*/carbon.log")
    assert log.read_text() == ""


def test_tensorboard_is_served_until_the_process_ends(
    python_with_extras: Path, env: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import urllib.request\n"
        "from xpm_scheduler import experiment\n"
        "from xpm_scheduler.services import TensorBoardService\n"
        f"with experiment({str(tmp_path / 'ws')!r}, 'board') as xp:\n"
        "    board = xp.add_service(TensorBoardService())\n"
        "    print(urllib.request.urlopen(board.get_url(), timeout=60).status)\n"
        "    print(board.process.pid)\n"
    )
    done = run([python_with_extras, "-c", code], env=env, cwd=tmp_path)
    status, pid = done.stdout.split()
    assert status == "200"
    assert (
        not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
    )


def test_an_experiment_runs_in_the_cells_of_a_notebook(
    python_with_extras: Path, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "tasks.py").write_text(WORK)
    cells = [
        "from tasks import Work, experiment",
        "xp = experiment('ws', 'cells')\nwith xp:\n    job = Work.C(seconds=0.1).submit().job",
        "state = await job\nprint(state.value)",
    ]
    notebook = {
        "cells": [
            {"cell_type": "code", "id": f"c{number}", "source": source, "metadata": {},
             "outputs": [], "execution_count": None}
            for number, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip
    (tmp_path / "book.ipynb").write_text(json.dumps(notebook))
    code = (
        "import nbformat\n"
        "from nbclient import NotebookClient\n"
        "book = nbformat.read('book.ipynb', 4)\n"
        "NotebookClient(book, timeout=300, kernel_name='python3').execute()\n"
        "print(book.cells[-1].outputs[0].text)\n"
    )
    done = run([python_with_extras, "-c", code], env=env, cwd=tmp_path)
    assert done.stdout.strip() == "done"

"""Workspaces written by our recorders, listed by the command line of experimaestro 2.7.0."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

PYTHON = os.environ.get("XPM_COMPAT_PYTHON")

pytestmark = pytest.mark.skipif(
    not PYTHON,
    reason="XPM_COMPAT_PYTHON does not name a Python that has experimaestro 2.7.0",
)


def listed(*command: str) -> list[str]:
    """The lines that a command of 2.7.0 prints."""
    assert PYTHON
    script = Path(PYTHON).with_name("experimaestro")
    run = subprocess.run(
        [script, *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip().splitlines()


def jobs(root: Path) -> list[str]:
    command = ("jobs", "--workdir", str(root), "list", "--experiment", "sample", "--tags")
    return listed(*command)


def test_a_finished_run_is_listed_with_states_and_tags(sample: ModuleType, tmp_path: Path) -> None:
    sample.write_finished(tmp_path)
    experiments = listed("experiments", "--workdir", str(tmp_path), "list")
    assert experiments == [f"sample [{os.uname().nodename}] (2/5 jobs)"]
    lines = [line.split() for line in jobs(tmp_path)]
    assert [(line[0], line[1][-64:]) for line in lines] == [
        ("DONE", sample.FINE),
        ("FAIL", sample.BROKEN),
        ("DONE", sample.LATE),
        ("FAIL", sample.AFTER_BROKEN),
        ("UNSCHED", sample.UNUSED),
    ]
    assert {"lr=0.1", "model=small"} <= set(lines[0])


def test_reading_by_2_7_0_loses_nothing(sample: ModuleType, tmp_path: Path) -> None:
    from xpm_store.loading import load_run

    workspace = sample.write_finished(tmp_path)
    run = workspace.experiment("sample").runs()[0]
    before = load_run(run).view
    jobs(tmp_path)
    assert load_run(run).view == before


def test_a_run_that_goes_on_is_listed_live(sample: ModuleType, tmp_path: Path) -> None:
    lock, recorder, running = sample.write_live(tmp_path)
    states = [line.split()[0] for line in jobs(tmp_path)]
    assert states == ["DONE", "waiting", "running", "waiting", "UNSCHED"]
    sample.end(recorder, running)
    lock.release()
    states = [line.split()[0] for line in jobs(tmp_path)]
    assert states[0] == states[2] == "DONE"


def test_no_job_is_an_orphan(sample: ModuleType, tmp_path: Path) -> None:
    sample.write_finished(tmp_path)
    assert listed("orphans", str(tmp_path))[-1] == "No orphan jobs found."

"""Jobs that fail, and input that is wrong: what is told, what goes on, how the command ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import ROOT, Run

STEPS = ROOT / "tests-integration" / "experiments" / "steps" / "experiment.yaml"


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def test_a_failed_job_fails_those_that_need_it_and_nothing_else(
    experimaestro: Run, workdir: Path
) -> None:
    options = ("--workdir", workdir, "-c", "count=2")
    told = experimaestro("run-experiment", STEPS, *options, "-c", "broken=true", expect=1)
    assert "step 100 is broken" in told.stdout + told.stderr
    assert len(list(workdir.glob("jobs/*/*/*.done"))) == 2
    (failed,) = workdir.glob("jobs/*/*/*.failed")
    assert failed.name == "broken.failed"
    assert json.loads(failed.read_text())["reason"] == "failed"
    assert len(list(workdir.glob("jobs/*/*/executions"))) == 3

    status = json.loads((workdir / "experiments/steps/current/status.json").read_text())
    assert status["status"] == "failed"


def test_jobs_that_wait_for_a_failed_one_say_so(experimaestro: Run, workdir: Path) -> None:
    options = ("--workdir", workdir, "-c", "count=2")
    experimaestro("run-experiment", STEPS, *options, "-c", "broken=true", expect=1)
    listed = experimaestro("jobs", "--workdir", workdir, "list", "--json").stdout
    rows = json.loads(listed)
    reasons = sorted(str(row["reason"]).lower() for row in rows if row["state"] == "error")
    assert reasons == ["dependency", "dependency", "failed"]


def test_a_job_that_failed_is_run_again_by_the_next_run_and_those_that_are_done_are_not(
    experimaestro: Run, workdir: Path
) -> None:
    options = ("--workdir", workdir, "-c", "count=2", "-c", "broken=true")
    experimaestro("run-experiment", STEPS, *options, expect=1)
    experimaestro("run-experiment", STEPS, *options, expect=1)
    counts = {
        path.parent.parent.name: len(path.read_text().splitlines())
        for path in workdir.glob("jobs/*/*/executions")
    }
    assert counts == {"experiment.step": 1, "experiment.broken": 2}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id: x\ncount: 1\nborken: true\n", ["experiment.yaml:3", "borken", "broken"]),
        ("id: x\ncount: many\n", ["experiment.yaml:2", "many"]),
        ("id: x\ncount: 1\nfile: nothing\n", ["experiment.yaml:3", "nothing"]),
    ],
)
def test_a_wrong_experiment_file_is_told_with_its_line_and_without_a_traceback(
    content: str, told: list[str], tmp_path: Path, workdir: Path, experimaestro: Run
) -> None:
    (tmp_path / "experiment.yaml").write_text(content, encoding="utf-8")
    code = STEPS.with_name("experiment.py").read_text(encoding="utf-8")
    (tmp_path / "experiment.py").write_text(code, encoding="utf-8")
    done = experimaestro(
        "run-experiment", tmp_path / "experiment.yaml", "--workdir", workdir, expect=None
    )
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert all(text in done.stderr for text in told), done.stderr


def test_a_workspace_that_is_a_file_is_told_without_a_traceback(
    tmp_path: Path, experimaestro: Run
) -> None:
    workdir = tmp_path / "taken"
    workdir.write_text("not a folder")
    done = experimaestro("run-experiment", STEPS, "--workdir", workdir, expect=None)
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert str(workdir) in done.stderr

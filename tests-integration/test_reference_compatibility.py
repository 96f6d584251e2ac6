"""Workspaces go both ways between experimaestro 2.7.0, used as a black box, and this one."""

from __future__ import annotations

import json
import os
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
from support import ROOT, Run, clean_environment, run
from xpm_store.index import Index
from xpm_store.layout import Workspace

REFERENCE_VERSION = "2.7.0"
GOLDEN = Path(__file__).parent / "golden"
STEPS = ROOT / "tests-integration" / "experiments" / "steps" / "experiment.yaml"
EXPECTED: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def reference_program(cache_folder: Path) -> Path:
    """The command of experimaestro 2.7.0: that of `XPM_COMPAT_PYTHON`, else installed once."""
    python = os.environ.get("XPM_COMPAT_PYTHON")
    if python is not None:
        return Path(python).with_name("experimaestro")
    folder = cache_folder / f"experimaestro-{REFERENCE_VERSION}"
    program = folder / "bin" / "experimaestro"
    if not program.exists():
        run(["uv", "venv", "--quiet", "--clear", folder])
        package = f"experimaestro=={REFERENCE_VERSION}"
        run(["uv", "pip", "install", "--quiet", "--python", folder, package])
    return program


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the workspace that 2.7.0 wrote, at another place than where it was written."""
    with tarfile.open(GOLDEN / "sample-2.7.0.tar.gz") as archive:
        archive.extractall(tmp_path, filter="fully_trusted")
    return tmp_path / "xpm-sample" / "ws"


def listed(output: str) -> list[str]:
    """The lines of a listing, without what is logged and without colours."""
    lines = (re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in output.splitlines())
    return sorted(line for line in lines if line)


def test_the_experiments_that_2_7_0_wrote_are_listed_with_their_runs(sample: Path) -> None:
    with Index.open(Workspace(sample)) as index:
        index.sync()
        found = {row.experiment_id: row for row in index.experiments()}
        runs = {name: {run.run_id for run in index.runs(name)} for name in found}
    assert runs == {name: set(xp["runs"]) for name, xp in EXPECTED["experiments"].items()}
    assert {name: row.run_id for name, row in found.items()} == {
        name: xp["current"] for name, xp in EXPECTED["experiments"].items()
    }


@pytest.mark.parametrize("experiment", sorted(EXPECTED["experiments"]))
def test_the_jobs_that_2_7_0_wrote_have_their_state_tags_and_dependencies(
    sample: Path, experiment: str
) -> None:
    description = EXPECTED["experiments"][experiment]
    with Index.open(Workspace(sample)) as index:
        index.sync()
        for run_id, expected in description["runs"].items():
            rows = {row.job_id: row for row in index.jobs(experiment=experiment, run=run_id)}
            assert {job: row.tags for job, row in rows.items()} == {
                job: described["tags"] for job, described in expected["jobs"].items()
            }
            assert {job: sorted(row.depends_on) for job, row in rows.items()} == {
                job: sorted(described["depends_on"]) for job, described in expected["jobs"].items()
            }
            if run_id == description["current"]:
                assert {job: str(row.state.value) for job, row in rows.items()} == {
                    job: EXPECTED["jobs"][job]["state"] for job in rows
                }


def test_the_command_lists_what_2_7_0_wrote(sample: Path, experimaestro: Run) -> None:
    printed = experimaestro("experiments", "--workdir", sample, "list").stdout
    for name, xp in EXPECTED["experiments"].items():
        assert name in printed
        assert xp["runs"][xp["current"]]["hostname"] in printed


def test_listing_changes_nothing_but_the_index(sample: Path, experimaestro: Run) -> None:
    def files() -> dict[str, bytes]:
        return {
            str(path.relative_to(sample)): path.read_bytes()
            for path in sample.rglob("*")
            if path.is_file() and ".experimaestro/" not in f"{path.relative_to(sample)}"[:15]
        }

    before = files()
    experimaestro("experiments", "--workdir", sample, "list")
    experimaestro("jobs", "--workdir", sample, "list")
    assert files() == before


def test_2_7_0_lists_the_workspace_that_we_write(
    tmp_path: Path, home: Path, reference_program: Path, experimaestro: Run
) -> None:
    workdir = tmp_path / "workspace"
    experimaestro("run-experiment", STEPS, "--workdir", workdir, "-c", "count=2")
    env = clean_environment(home)
    told = run([reference_program, "experiments", "--workdir", workdir, "list"], env=env)
    assert re.search(r"^steps \[.*\] \(5/5 jobs\)$", "\n".join(listed(told.stdout)), re.MULTILINE)

    command: list[str | Path] = [reference_program, "jobs", "--workdir", workdir, "list"]
    told = run([*command, "--experiment", "steps", "--tags"], env=env)
    lines = (re.sub(r"/[0-9a-f]{64}", "/ID", line) for line in listed(told.stdout))
    assert sorted(lines) == [
        "DONE    experiment.step/ID",
        "DONE    experiment.step/ID",
        "DONE    experiment.step/ID",
        "DONE    experiment.step/ID index=200",
        "DONE    experiment.step/ID index=201",
    ]

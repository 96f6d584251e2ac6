"""`experiments`: listings as snapshots and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")


def experiments(workspace: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["experiments", *argv, "--workdir", str(workspace)])


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("experiments-list", ["list"]),
        ("experiments-history", ["history", "study"]),
    ],
)
def test_a_listing_is_as_in_its_snapshot(name: str, argv: list[str], studied: Path) -> None:
    result = experiments(studied, *argv)

    assert (result.exit_code, result.stderr) == (0, "")
    program.matches_snapshot(program.comparable(result.stdout, workspace=studied), name)


def test_the_list_as_json_says_how_the_current_run_stands(studied: Path) -> None:
    (row,) = json.loads(experiments(studied, "list", "--json").stdout)

    assert row["experiment_id"] == "study"
    assert row["status"] == "failed"
    assert (row["total_jobs"], row["finished_jobs"], row["runs_count"]) == (4, 4, 1)
    assert row["job_states"] == {"done": 2, "error": 2}


def test_the_history_as_json_has_the_fields_that_scripts_know(studied: Path) -> None:
    (row,) = json.loads(experiments(studied, "history", "study", "--json").stdout)

    assert set(row) == {
        "ended_at",
        "hostname",
        "jobs_count",
        "run_id",
        "run_tags",
        "started_at",
        "status",
    }
    assert (row["jobs_count"], row["status"], row["run_tags"]) == (4, "failed", [])


def test_an_unknown_experiment_gets_the_close_name_and_code_1(studied: Path) -> None:
    result = experiments(studied, "history", "studdy")

    assert result.exit_code == 1
    assert result.stderr.startswith('Error: no experiment is named "studdy", did you mean "study"?')


def test_an_empty_workspace_says_so(tmp_path: Path) -> None:
    (tmp_path / ".__experimaestro__").touch()

    assert experiments(tmp_path, "list").stdout == "No experiments found\n"
    assert json.loads(experiments(tmp_path, "list", "--json").stdout) == []

"""`parameters-difference` on real jobs and on files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli


def difference(*argv: object) -> Result:
    return CliRunner().invoke(cli, ["parameters-difference", *map(str, argv)])


def fits(workspace: Path) -> list[Path]:
    """The folders of the two fits, that of `lr=0.1` first."""
    folders = workspace.glob("jobs/experiment.fit/*")
    return sorted(folders, key=lambda path: '"lr": 0.2' in (path / "params.json").read_text())


def test_two_jobs_differ_in_what_their_parameters_say(studied: Path) -> None:
    first, second = fits(studied)

    assert difference(first, second / "params.json").stdout == "lr: 0.1 → 0.2\nfail: false → true\n"


def test_json_is_for_scripts(studied: Path) -> None:
    first, second = fits(studied)

    assert json.loads(difference(second, first, "--json").stdout) == [
        {"path": "lr", "before": "0.2", "after": "0.1"},
        {"path": "fail", "before": "true", "after": "false"},
    ]


def test_a_job_does_not_differ_from_itself(studied: Path) -> None:
    (first, _) = fits(studied)

    assert difference(first, first).stdout == "The parameters are the same.\n"


@pytest.mark.parametrize("content", ["", "[]", '{"objects": 3}', '{"objects": [3]}', "\xff"])
def test_a_file_that_is_no_params_json_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(content, encoding="latin-1")

    result = difference(tmp_path / "x", tmp_path / "x")

    assert result.exit_code == 2
    assert f"{tmp_path}/x is no params.json" in result.stderr


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = difference(tmp_path, tmp_path)

    assert result.exit_code == 1
    assert f"{tmp_path}/params.json does not exist" in result.stderr

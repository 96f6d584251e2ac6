"""`parameters-difference` on real jobs and on files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli
from xpm_cli.paths import shown

CODE = shown(program.STUDY.with_name("experiment.py"))


def line_of(start: str) -> int:
    """The line of the study's code that begins so."""
    lines = program.STUDY.with_name("experiment.py").read_text().splitlines()
    return next(i for i, line in enumerate(lines, 1) if line.strip().startswith(start))


def difference(*argv: object) -> Result:
    return CliRunner().invoke(cli, ["parameters-difference", *map(str, argv)])


def fits(workspace: Path) -> list[Path]:
    """The folders of the two fits, that of `lr=0.1` first."""
    folders = workspace.glob("jobs/experiment.fit/*")
    return sorted(folders, key=lambda path: '"lr": 0.2' in (path / "params.json").read_text())


def test_two_jobs_differ_in_what_their_parameters_say(studied: Path) -> None:
    first, second = fits(studied)

    assert difference(first, second / "params.json").stdout == (
        f"lr: 0.1 → 0.2  ({CODE}:{line_of('lr: ')})\n"
        f"fail: false → true  ({CODE}:{line_of('fail: ')})\n"
    )


def test_json_is_for_scripts(studied: Path) -> None:
    first, second = fits(studied)

    place = f"{CODE}:{line_of('lr: ')}"
    assert json.loads(difference(second, first, "--json").stdout)[0] == {
        "path": "lr",
        "before": "0.2",
        "after": "0.1",
        "before_place": place,
        "after_place": place,
    }


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

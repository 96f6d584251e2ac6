"""`results`: rows, groups, every form, and what is said when there is nothing."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from pathlib import Path

import program
import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")


def results(workspace: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["results", *argv, "--workdir", str(workspace)])


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("results", ["study"]),
        ("results-over", ["study", "--over", "seed"]),
        ("results-csv", ["study", "--over", "seed", "--csv"]),
        ("results-latex", ["study", "--over", "seed", "--latex"]),
        ("results-filter", ["study", "--filter", "lr = 0.1", "--task", "fit"]),
        ("results-all", ["study", "--all", "--filter", "lr = 0.2"]),
    ],
)
def test_a_table_is_as_in_its_snapshot(name: str, argv: list[str], reported: Path) -> None:
    result = results(reported, *argv)

    assert (result.exit_code, result.stderr) == (0, "")
    program.matches_snapshot(program.comparable(result.stdout, workspace=reported), name)


def test_json_has_all_the_digits_and_summaries_as_objects(reported: Path) -> None:
    rows = json.loads(results(reported, "study", "--json").stdout)
    first = json.loads(results(reported, "study", "--over", "seed", "--json").stdout)[0]

    assert rows[0] == {"lr": 0.1, "seed": 1, "accuracy": 0.91, "test.kind": "easy"}
    assert first["accuracy"]["n"] == 3
    assert first["accuracy"]["mean"] == pytest.approx(0.92)
    assert first["accuracy"]["deviation"] == pytest.approx(0.01)


def test_what_is_no_number_is_null_in_json_and_told_in_text(copied: Path) -> None:
    for folder in copied.glob("jobs/experiment.fit/*"):
        (folder / "results.json").write_text('{"loss": NaN, "curve": [Infinity, 1.0]}')

    rows = json.loads(results(copied, "study", "--json").stdout, parse_constant=pytest.fail)

    assert rows[0]["loss"] is None
    assert rows[0]["curve"] == [None, 1.0]
    assert "nan" in results(copied, "study").stdout


def test_csv_can_be_read_back(reported: Path) -> None:
    text = results(reported, "study", "--csv").stdout

    rows = list(csv.DictReader(io.StringIO(text)))

    assert {(row["lr"], row["seed"]) for row in rows} == {
        (lr, seed) for lr in ("0.1", "0.2") for seed in "123"
    }


def test_several_runs_give_each_job_once(home: Path, tmp_path: Path) -> None:
    for lrs in ("[0.1]", "[0.1, 0.4]", "[0.4]"):
        program.run(
            *("run-experiment", str(program.STUDY), "-c", f"lrs={lrs}"),
            *("--workdir", str(tmp_path)),
            home=home,
        )

    current = json.loads(results(tmp_path, "study", "--json").stdout)
    every = json.loads(results(tmp_path, "study", "--all-runs", "--json").stdout)

    assert [row["accuracy"] for row in current] == [0.6]
    assert [row["lr"] for row in every] == [0.1, 0.4]


def test_another_file_of_the_jobs_can_be_read(copied: Path) -> None:
    for folder in copied.glob("jobs/experiment.fit/*"):
        (folder / "scores.json").write_text('{"f1": 0.5}')

    rows = json.loads(results(copied, "study", "--file", "scores.json", "--json").stdout)

    assert [row["f1"] for row in rows] == [0.5, 0.5]


def test_parquet_needs_pyarrow_or_writes_a_table(reported: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.parquet"
    result = results(reported, "study", "--over", "seed", "--parquet", str(file))
    if importlib.util.find_spec("pyarrow") is None:
        assert result.exit_code == 2
        assert "--parquet needs pyarrow" in result.stderr
        return
    assert result.exit_code == 0, result.output
    parquet = importlib.import_module("pyarrow.parquet")
    table = parquet.read_table(file).to_pylist()
    assert [row["accuracy_n"] for row in table] == [3, 3]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["stud"], 1, 'no experiment is named "stud", did you mean "study"'),
        (["study", "--run", "r"], 1, '"r"'),
        (["study", "--task", "evaluate"], 1, "No job reported anything"),
        (["study", "--file", "none.json"], 1, "(now: none.json)"),
        (["study", "--filter", "lr ="], 2, "expected a value"),
        (["study", "--run", "r", "--all-runs"], 2, "exclude each other"),
        (["study", "other", "--run", "r"], 2, "--run is about one experiment"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_answered_is_told(
    argv: list[str], code: int, message: str, reported: Path
) -> None:
    result = results(reported, *argv)

    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr

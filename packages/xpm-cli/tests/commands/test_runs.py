"""Names of runs, and runs that go."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")
OLD, MIDDLE = "20200101_000000", "20210101_000000"


def experiments(workspace: Path, *argv: str, answer: str | None = None) -> Result:
    argv = ("experiments", *argv, "--workdir", str(workspace))
    return CliRunner().invoke(cli, list(argv), input=answer)


@pytest.fixture
def three_runs(copied: Path) -> Path:
    """A workspace with two older copies of the run of the study."""
    folder = copied / "experiments" / "study"
    newest = (folder / "current").resolve().name
    for run_id in (OLD, MIDDLE):
        shutil.copytree(folder / newest, folder / run_id, symlinks=True)
        status = json.loads((folder / run_id / "status.json").read_text())
        status["run_id"] = run_id
        (folder / run_id / "status.json").write_text(json.dumps(status))
    return copied


def run_ids(workspace: Path) -> list[str]:
    rows = json.loads(experiments(workspace, "history", "study", "--json").stdout)
    return [row["run_id"] for row in rows]


def test_the_history_is_the_newest_first_and_current_is_no_run(three_runs: Path) -> None:
    found = run_ids(three_runs)

    assert found[1:] == [MIDDLE, OLD]
    assert "current" not in found


def test_a_run_is_named_listed_and_unnamed(three_runs: Path) -> None:
    named = experiments(three_runs, "tag", "study", "oldest", "first")
    listed = experiments(three_runs, "tags", "study")
    as_json = experiments(three_runs, "tags", "study", "--json")
    unnamed = experiments(three_runs, "untag", "study", "first")

    assert named.stdout == f"first -> {OLD}\n"
    assert listed.stdout == f"  first                -> {OLD}\n"
    assert json.loads(as_json.stdout) == {"first": OLD}
    assert unnamed.exit_code == 0
    assert experiments(three_runs, "tags", "study").stdout == "No run has a name.\n"
    assert json.loads(experiments(three_runs, "tags", "study", "--json").stdout) == {}


def test_latest_is_the_newest_run_and_never_the_link(three_runs: Path) -> None:
    newest = run_ids(three_runs)[0]

    assert experiments(three_runs, "tag", "study", "latest", "x").stdout == f"x -> {newest}\n"


def test_a_name_is_that_of_one_run_and_force_moves_it(three_runs: Path) -> None:
    experiments(three_runs, "tag", "study", OLD, "best")

    taken = experiments(three_runs, "tag", "study", MIDDLE, "best")
    moved = experiments(three_runs, "tag", "study", MIDDLE, "best", "--force")

    assert taken.exit_code == 1
    assert f"the run {OLD} is called 'best' already" in taken.stderr
    assert moved.stdout == f"best -> {MIDDLE}\n"
    assert json.loads(experiments(three_runs, "tags", "study", "--json").stdout) == {"best": MIDDLE}


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["tag", "study", "20200101_00000", "x"], 1, f"did you mean '{OLD}'?"),
        (["tag", "study", OLD, "latest"], 2, "'latest' cannot be the name of a run"),
        (["untag", "study", "nope"], 1, "no run of 'study' is called 'nope'"),
        (["tags", "studi"], 1, 'no experiment is named "studi", did you mean "study"?'),
        (["history-prune", "studi"], 1, 'no experiment is named "studi"'),
        (["history-prune", "study", "--status", "odd"], 2, "'odd' is not one of"),
    ],
)
def test_what_is_not_there_is_told(
    argv: list[str], code: int, message: str, three_runs: Path
) -> None:
    result = experiments(three_runs, *argv)

    assert result.exit_code == code
    assert message in result.stderr


def test_pruning_is_a_dry_run_unless_told_otherwise(three_runs: Path) -> None:
    result = experiments(three_runs, "history-prune", "study")

    assert result.stdout == (
        f"Would remove (dry run) {MIDDLE}  failed  4 jobs\n"
        f"Would remove (dry run) {OLD}  failed  4 jobs\n"
    )
    assert len(run_ids(three_runs)) == 3


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ([], []),
        (["--before", MIDDLE], [MIDDLE]),
        (["--after", OLD], [OLD]),
        (["--keep", "1"], [MIDDLE]),
        (["--status", "failed"], []),
        (["--status", "completed"], [MIDDLE, OLD]),
    ],
)
def test_pruning_removes_what_the_options_select_but_never_the_current_run(
    options: list[str], left: list[str], three_runs: Path
) -> None:
    current = run_ids(three_runs)[0]

    experiments(three_runs, "history-prune", "study", "--perform", "--yes", *options)

    assert run_ids(three_runs) == [current, *left]


def test_runs_with_a_name_are_kept_unless_told_otherwise(three_runs: Path) -> None:
    experiments(three_runs, "tag", "study", OLD, "best")

    kept = experiments(three_runs, "history-prune", "study")
    taken = experiments(three_runs, "history-prune", "study", "--no-keep-tagged")

    assert OLD not in kept.stdout
    assert f"{OLD}  failed  4 jobs  best" in taken.stdout


def test_pruned_runs_come_back_with_undo(three_runs: Path) -> None:
    before = run_ids(three_runs)
    experiments(three_runs, "history-prune", "study", "--perform", answer="y\n")
    assert len(run_ids(three_runs)) == 1

    CliRunner().invoke(cli, ["undo", "--workdir", str(three_runs)])

    assert run_ids(three_runs) == before

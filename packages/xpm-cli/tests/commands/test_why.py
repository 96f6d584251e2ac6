"""`why`: the reason of each state, what changed against the nearest earlier job, wrong input."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import program
import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")


def why(workspace: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["why", *argv, "--workdir", str(workspace)])


def job_of(workspace: Path, expression: str) -> str:
    argv = ["jobs", "list", "--json", "--filter", expression, "--workdir", str(workspace)]
    (row,) = json.loads(CliRunner().invoke(cli, argv).stdout)
    return str(row["job_id"])


def run(workspace: Path, home: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    study = ("run-experiment", str(program.STUDY), "--workdir", str(workspace))
    return program.run(*study, *argv, home=home)


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("why-done", '@name ~ ".*fit" and lr = 0.1'),
        ("why-failed", '@name ~ ".*fit" and lr = 0.2'),
        ("why-not-started", "@reason = DEPENDENCY"),
    ],
)
def test_each_state_is_explained_as_in_its_snapshot(
    name: str, expression: str, studied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(program.STUDY.parent)
    result = why(studied, job_of(studied, expression))

    assert (result.exit_code, result.stderr) == (0, "")
    text = program.comparable(result.stdout, workspace=studied, study=program.STUDY.parent)
    program.matches_snapshot(text, name)


def test_a_job_that_an_earlier_run_did_was_reused(copied: Path, home: Path) -> None:
    run(copied, home, "-c", "lrs=[0.1]")

    told = why(copied, job_of(copied, '@name ~ ".*fit" and lr = 0.1')).stdout

    assert "It was reused: it had been done on " in told
    assert "before the run " in told


def test_a_new_job_says_what_changed_against_the_nearest_one(copied: Path, home: Path) -> None:
    run(copied, home, "-c", "lrs=[0.3]")

    found = json.loads(why(copied, job_of(copied, '@name ~ ".*fit" and lr = 0.3'), "--json").stdout)

    assert found["state"] == "done"
    (difference,) = found["nearest"]["differences"]
    assert (difference["path"], difference["before"], difference["after"]) == ("lr", "0.1", "0.3")
    assert "experiment.py:" in difference["before_place"]


def test_a_dependent_job_says_what_changed_below_and_not_the_paths_that_follow(
    copied: Path, home: Path
) -> None:
    run(copied, home, "-c", "lrs=[0.3]")

    told = why(copied, job_of(copied, '@name ~ ".*evaluate" and lr = 0.3')).stdout

    assert "fit.lr: 0.1 → 0.3" in told
    assert "out.txt" not in told


def test_a_job_that_waits_names_what_it_waits_for_and_one_that_runs_its_process(
    home: Path, tmp_path: Path
) -> None:
    pipes = tmp_path / "pipes"
    pipes.mkdir()
    os.mkfifo(pipes / "started")
    os.mkfifo(pipes / "release")
    workspace = tmp_path / "running"
    argv = [
        "run-experiment",
        str(program.STUDY),
        "-c",
        "lrs=[]",
        "-c",
        f"pipes={pipes}",
        "-c",
        "after=true",
    ]
    with subprocess.Popen(
        [*program.COMMAND, *argv, "--workdir", str(workspace)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=program.environment(home),
    ) as process:
        assert (pipes / "started").read_text() == "started"
        running = why(workspace, "held").stdout
        waiting = json.loads(why(workspace, "after", "--json").stdout)
        (pipes / "release").write_text("go")
        assert process.wait(60) == 0

    assert "It runs since " in running
    assert "its process is " in running
    assert waiting["explanation"] == "waits for 1 job"
    assert [other["task_id"] for other in waiting["waits_for"]] == ["experiment.held"]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["zzz"], 1, 'no job answers to "zzz"'),
        (["fit"], 1, '"fit" may be one of several jobs'),
        ([], 2, "Missing argument 'TASK/ID'"),
    ],
)
def test_what_cannot_be_answered_is_told(
    argv: list[str], code: int, message: str, studied: Path
) -> None:
    result = why(studied, *argv)

    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr

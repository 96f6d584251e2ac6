"""`jobs kill` and `jobs clean`: nothing without `--perform`, and what was removed comes back."""

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


def xpm(workspace: Path, *argv: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, [*argv, "--workdir", str(workspace)], input=answer)


def job_folders(workspace: Path) -> list[Path]:
    return sorted(workspace.glob("jobs/*/*"))


def test_clean_shows_what_it_would_remove_and_removes_nothing(copied: Path) -> None:
    before = job_folders(copied)

    result = xpm(copied, "jobs", "clean", "--tags")

    assert result.exit_code == 0
    program.matches_snapshot(program.comparable(result.stdout, workspace=copied), "jobs-clean")
    assert result.stderr == "3 jobs to remove; to do it, add --perform\n"
    assert job_folders(copied) == before


def test_clean_moves_the_jobs_that_the_filter_selects_to_the_trash_and_undo_brings_them_back(
    copied: Path,
) -> None:
    before = job_folders(copied)

    cleaned = xpm(copied, "jobs", "clean", "--filter", "@state = error", "--perform", "--yes")
    left = job_folders(copied)
    listed = xpm(copied, "undo", "--list")
    undone = xpm(copied, "undo")

    assert cleaned.stdout.startswith("Cleaned FAIL    experiment.fit/")
    assert len(left) == len(before) - 1
    assert "jobs clean" in listed.stdout
    assert undone.stdout.startswith(f"Brought back {copied}/jobs/experiment.fit/")
    assert job_folders(copied) == before


def test_clean_asks_before_and_no_answer_is_a_no(copied: Path) -> None:
    before = job_folders(copied)

    silent = xpm(copied, "jobs", "clean", "--perform")
    refused = xpm(copied, "jobs", "clean", "--perform", answer="n\n")
    accepted = xpm(copied, "jobs", "clean", "--perform", answer="y\n")

    assert (silent.exit_code, refused.exit_code, accepted.exit_code) == (1, 1, 0)
    assert f"Remove 3 jobs of {copied}?" in refused.stderr
    assert len(job_folders(copied)) == len(before) - 3


def test_nothing_to_undo_is_told(copied: Path) -> None:
    result = xpm(copied, "undo")

    assert result.exit_code == 1
    assert "The trash of this workspace is empty" in result.stderr
    assert xpm(copied, "undo", "--list").stdout == "The trash is empty.\n"
    assert xpm(copied, "undo", "20260101_000000-abcdef").exit_code == 1


def test_kill_has_nothing_to_do_where_no_job_runs(copied: Path) -> None:
    result = xpm(copied, "jobs", "kill", "--perform", "--yes")

    assert (result.exit_code, result.stdout) == (0, "No job runs.\n")


def test_kill_stops_a_running_job_which_ends_as_cancelled(home: Path) -> None:
    pipes, workspace = home / "kill-pipes", home / "killed"
    pipes.mkdir()
    os.mkfifo(pipes / "started")
    os.mkfifo(pipes / "release")
    argv = ["run-experiment", str(program.STUDY), "-c", "lrs=[]", "-c", f"pipes={pipes}"]
    with subprocess.Popen(
        [*program.COMMAND, *argv, "--workdir", str(workspace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=program.environment(home),
    ) as process:
        assert (pipes / "started").read_text() == "started"

        dry = xpm(workspace, "jobs", "kill")
        alive = process.poll() is None
        kept = xpm(workspace, "jobs", "clean", "--perform", "--yes")
        killed = xpm(workspace, "jobs", "kill", "--perform", "--yes")
        output, _ = process.communicate(timeout=60)

    assert alive
    assert dry.stdout.startswith("KILLING experiment.held/")
    assert dry.stdout.endswith(" (dry run)\n")
    assert dry.stderr == "1 job to stop; to do it, add --perform\n"
    assert kept.stdout == "Nothing to remove.\n"
    assert killed.exit_code == 0
    assert process.returncode == 1
    assert "study: 1 job: 1 failed" in output
    (row,) = json.loads(xpm(workspace, "jobs", "list", "--json").stdout)
    assert (row["state"], row["reason"]) == ("error", "CANCELLED")

"""`cleanup`, `check`, `doctor`, `jobs stray`, `jobs recover`, `experiments copy`, `migrate`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import program
import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")


def xpm(*argv: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, argv)))


def at(workspace: Path) -> tuple[str, str]:
    return ("--workdir", str(workspace))


def jobs(workspace: Path) -> set[str]:
    return {path.parent.name + "/" + path.name for path in workspace.glob("jobs/*/*")}


@pytest.fixture
def unlisted(copied: Path) -> Path:
    """A workspace whose only run was removed: its jobs are of no run."""
    shutil.rmtree(copied / "experiments" / "study")
    (copied / "partials" / "experiment.fit" / "checkpoints" / ("a" * 64)).mkdir(parents=True)
    return copied


# --- cleanup


def test_cleanup_shows_then_removes_and_undo_brings_back(unlisted: Path) -> None:
    before = jobs(unlisted)

    shown = xpm("cleanup", *at(unlisted), "--size")
    assert (shown.exit_code, jobs(unlisted)) == (0, before)
    assert shown.stdout.count("job of no run") == len(before)
    assert "partial of no job" in shown.stdout
    assert "to do it, add --perform" in shown.stderr

    done = xpm("cleanup", *at(unlisted), "--perform", "--yes")
    assert done.exit_code == 0
    assert jobs(unlisted) == set()
    assert not list(unlisted.glob("partials/*/*/*"))

    assert xpm("undo", *at(unlisted)).exit_code == 0
    assert xpm("undo", *at(unlisted)).exit_code == 0
    assert jobs(unlisted) == before


def test_cleanup_empties_the_trash_only_when_asked(unlisted: Path) -> None:
    xpm("cleanup", *at(unlisted), "--perform", "--yes")
    assert xpm("cleanup", *at(unlisted)).stdout == "Nothing to remove.\n"

    kept = xpm("cleanup", *at(unlisted), "--trash-days", 1)
    gone = xpm("cleanup", *at(unlisted), "--trash-days", 0, "--perform", "--yes")

    assert kept.stdout == "Nothing to remove.\n"
    assert "Emptied 2 entries of the trash" in gone.stdout
    assert xpm("undo", *at(unlisted)).exit_code == 1


def test_cleanup_in_a_workspace_in_order_finds_nothing(studied: Path) -> None:
    assert json.loads(xpm("cleanup", *at(studied), "--json").stdout) == {
        "orphans": [],
        "stray": [],
        "partials": [],
        "trash": [],
    }


def test_cleanup_without_an_answer_does_nothing(unlisted: Path) -> None:
    before = jobs(unlisted)

    result = xpm("cleanup", *at(unlisted), "--perform")

    assert (result.exit_code, jobs(unlisted)) == (1, before)
    assert xpm("cleanup", "--perform", "--json").exit_code == 2


# --- jobs stray and recover


def test_stray_jobs_are_shown_then_removed(unlisted: Path) -> None:
    before = jobs(unlisted)

    shown = xpm("jobs", "stray", *at(unlisted), "--delete")
    assert shown.stdout.count("orphan DONE") == 2
    assert jobs(unlisted) == before

    done = xpm("jobs", "stray", *at(unlisted), "--delete", "--perform", "--yes")
    assert done.exit_code == 0
    assert jobs(unlisted) == set()


def test_a_workspace_without_stray_jobs_says_so(studied: Path) -> None:
    assert xpm("jobs", "stray", *at(studied)).stdout == "Every job belongs to an experiment.\n"
    assert json.loads(xpm("jobs", "stray", *at(studied), "--json").stdout) == []


def test_a_job_that_runs_in_no_experiment_is_stopped(home: Path, tmp_path: Path) -> None:
    pipes = tmp_path / "pipes"
    pipes.mkdir()
    os.mkfifo(pipes / "started")
    os.mkfifo(pipes / "release")
    workspace = tmp_path / "held"
    argv = ["run-experiment", str(program.STUDY), "-clrs=[]", f"-cpipes={pipes}", *at(workspace)]
    with subprocess.Popen(
        [*program.COMMAND, *argv],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=program.environment(home),
    ) as process:
        assert (pipes / "started").read_text() == "started"
        listed = workspace / "experiments" / "study"
        aside = tmp_path / "aside"
        listed.rename(aside)
        shown = xpm("jobs", "stray", *at(workspace))
        stopped = xpm("jobs", "stray", *at(workspace), "--kill", "--perform", "--yes")
        aside.rename(listed)
        process.wait(60)

    assert "stray  running" in shown.stdout
    assert stopped.exit_code == 0
    (failed,) = workspace.glob("jobs/experiment.held/*/held.failed")
    assert json.loads(failed.read_text())["reason"].lower() == "cancelled"


def test_a_job_comes_back_from_an_archive_folder(copied: Path, tmp_path: Path) -> None:
    archive, settings = tmp_path / "archive", tmp_path / "config"
    archive.mkdir()
    settings.mkdir()
    (settings / "settings.yaml").write_text(
        f"workspaces:\n- id: main\n  path: {copied}\n  folders:\n"
        f"  - {{path: {archive}, mode: use}}\n"
    )
    done = next(copied.glob("jobs/experiment.evaluate/*"))
    name = f"{done.parent.name}/{done.name}"
    (archive / "jobs" / done.parent.name).mkdir(parents=True)
    shutil.move(done, archive / "jobs" / name)
    options = ("--workspace", "main", "--xpm-config-dir", settings)

    back = xpm("jobs", "recover", name, *options)
    again = xpm("jobs", "recover", name, *options)

    assert back.exit_code == 0, back.output
    assert (done / "evaluate.done").exists()
    assert "is there already" in again.stdout


def test_without_an_archive_folder_recover_says_so(studied: Path) -> None:
    result = xpm("jobs", "recover", "experiment.fit/x", *at(studied))

    assert result.exit_code == 1
    assert "has no archive folder" in result.stderr


# --- check


def test_a_workspace_in_order_has_nothing_wrong(studied: Path) -> None:
    result = xpm("check", *at(studied))

    assert (result.exit_code, result.stdout) == (0, "Nothing is wrong.\n")


def test_damage_is_shown_then_mended(copied: Path) -> None:
    (run,) = copied.glob("experiments/study/2*")
    with (run / "jobs.jsonl").open("a") as stream:
        stream.write("{torn\nstill {torn\n")

    shown = xpm("check", *at(copied))
    assert shown.exit_code == 1
    assert "jobs.jsonl" in shown.stdout
    assert "repair: keep the lines that can be read" in shown.stdout

    found = json.loads(xpm("check", *at(copied), "--json").stdout)
    assert {item["severity"] for item in found} >= {"damage"}

    mended = xpm("check", *at(copied), "--repair", "--yes")
    assert mended.exit_code == 0, mended.output
    assert "→ kept 4 lines" in mended.stdout
    assert xpm("check", *at(copied)).exit_code == 0


# --- doctor


def test_the_doctor_finds_a_workspace_well(studied: Path) -> None:
    found = json.loads(xpm("doctor", *at(studied), "--json").stdout)
    text = xpm("doctor", *at(studied))

    assert text.exit_code == 0
    assert {one["name"] for one in found} >= {"python", "wheels", "git", "workspace", "flock"}
    assert "fine    index: 4 jobs, in date" in text.stdout


def test_the_doctor_tells_what_is_wrong(studied: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("workspaces: 3\n")

    folder = xpm("doctor", *at(studied / "jobs"))
    settings = xpm("doctor", "--xpm-config-dir", tmp_path)

    assert (settings.exit_code, folder.exit_code) == (1, 1)
    assert "problem settings: " in settings.stdout
    assert "is no workspace" in folder.stdout


# --- experiments copy


def test_an_experiment_is_copied_once(studied: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    argv = ("experiments", "copy", "study", *at(studied), "--to-workspace", target)

    dry = xpm(*argv)
    assert dry.stdout == "3 jobs to copy, 0 there already\n"
    assert not target.exists()

    done = xpm(*argv, "--perform")
    assert done.exit_code == 0, done.output
    assert jobs(target) == jobs(studied)
    listed = xpm("experiments", "list", *at(target)).stdout
    assert "study" in listed

    again = json.loads(xpm(*argv, "--perform", "--json").stdout)
    assert (again["jobs_copied"], again["jobs_skipped"]) == (0, 3)


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["none", "--to-workspace", "/tmp/elsewhere/x"], 1, 'is named "none"'),
        (["study", "--to-workspace", "nameless"], 2, "nameless"),
        (["study"], 2, "Missing option '--to-workspace'"),
    ],
)
def test_a_copy_that_cannot_be_is_told(
    argv: list[str], code: int, message: str, studied: Path
) -> None:
    result = xpm("experiments", "copy", *argv, *at(studied))

    assert result.exit_code == code
    assert message in result.stderr
    assert xpm("experiments", "copy", "study", *at(studied), "--to-workspace", studied).exit_code


# --- migrate


def test_a_workspace_of_version_1_becomes_one_of_version_2(studied: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "jobs").mkdir(parents=True)
    shutil.copytree(studied / "jobs", old / "jobs", dirs_exist_ok=True)
    (old / ".__experimaestro__").touch()
    for job in (old / "jobs").glob("*/*"):
        link = old / "xp" / "sweep" / "jobs" / job.parent.name / job.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(job)

    dry = xpm("migrate", "v1-to-v2", old, "--dry-run")
    assert dry.stdout.startswith("Would migrate (dry run) sweep → run ")
    assert not (old / "experiments").exists()

    done = xpm("migrate", "v1-to-v2", old)
    assert done.stdout.startswith("Migrated sweep → run ")
    assert "sweep" in xpm("experiments", "list", *at(old)).stdout
    assert json.loads(xpm("migrate", "v1-to-v2", old, "--json").stdout)["experiments"] == []
    assert xpm("migrate", "v1-to-v2", tmp_path / "none").exit_code == 2

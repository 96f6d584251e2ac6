"""`jobs`: listings as snapshots, logs and folders, and what is said when nothing answers."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import program
import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")


def jobs(workspace: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["jobs", *argv, "--workdir", str(workspace)])


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("jobs-list", ["list"]),
        ("jobs-list-tags", ["list", "--tags"]),
        ("jobs-list-experiment", ["list", "--experiment", "study", "--count", "2"]),
        ("jobs-list-filter", ["list", "--filter", "@state = done and lr = 0.1"]),
        ("jobs-list-fullpath", ["list", "--fullpath", "--filter", '@name ~ ".*fit"']),
        ("jobs-list-none", ["list", "--filter", "lr = 7"]),
    ],
)
def test_a_listing_is_as_in_its_snapshot(name: str, argv: list[str], studied: Path) -> None:
    result = jobs(studied, *argv)

    assert (result.exit_code, result.stderr) == (0, "")
    program.matches_snapshot(program.comparable(result.stdout, workspace=studied), name)


def test_options_of_the_workspace_are_the_same_before_and_after(studied: Path) -> None:
    before = CliRunner().invoke(cli, ["jobs", "--workdir", str(studied), "list"])

    assert before.stdout == jobs(studied, "list").stdout


def test_json_holds_every_field_for_a_script(studied: Path) -> None:
    result = jobs(studied, "list", "--json", "--filter", "@state = error and @reason = FAILED")

    (row,) = json.loads(result.stdout)
    assert set(row) == {
        "depends_on",
        "ended_at",
        "exit_code",
        "experiment_id",
        "job_id",
        "path",
        "progress",
        "reason",
        "retry_count",
        "run_id",
        "started_at",
        "state",
        "submitted_at",
        "tags",
        "task_id",
    }
    assert row["task_id"] == "experiment.fit"
    assert row["state"] == "error"
    assert row["reason"] == "FAILED"
    assert row["tags"] == {"lr": 0.2}
    assert row["path"] == str(studied / "jobs" / row["task_id"] / row["job_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", row["ended_at"])


def test_json_of_an_empty_listing_is_an_empty_list(studied: Path) -> None:
    assert json.loads(jobs(studied, "list", "--json", "--filter", "lr = 7").stdout) == []


def identifier(workspace: Path, expression: str) -> str:
    (row,) = json.loads(jobs(workspace, "list", "--json", "--filter", expression).stdout)
    return str(row["job_id"])


@pytest.mark.parametrize("form", ["experiment.fit/{id}", "fit/{id:.6}", "{id:.6}", "{id}"])
def test_a_job_answers_to_any_prefix_that_is_its_own(form: str, studied: Path) -> None:
    job_id = identifier(studied, '@name ~ ".*fit" and lr = 0.1')

    result = jobs(studied, "path", form.format(id=job_id))

    assert result.stdout == f"{studied}/jobs/experiment.fit/{job_id}\n"


def test_a_log_is_standard_error_or_standard_output(studied: Path) -> None:
    job_id = identifier(studied, '@name ~ ".*fit" and lr = 0.2')

    error, output = jobs(studied, "log", job_id), jobs(studied, "log", job_id, "--std")

    assert "ValueError: this one was told to fail" in error.stdout
    assert "\x1b[2J" in error.stdout  # a pipe gets the file as it is
    assert output.stdout == "fitting with 0.2\n"


def test_a_log_that_is_followed_ends_with_its_job(studied: Path) -> None:
    job_id = identifier(studied, '@name ~ ".*fit" and lr = 0.2')

    result = jobs(studied, "log", "--follow", "--std", job_id)

    assert (result.exit_code, result.stdout) == (0, "fitting with 0.2\n")


def test_on_a_terminal_a_log_cannot_move_the_cursor(studied: Path, home: Path) -> None:
    job_id = identifier(studied, '@name ~ ".*fit" and lr = 0.2')

    _, text = program.run_in_terminal(
        *("jobs", "log", job_id, "--follow", "--workdir", str(studied)), home=home
    )

    assert "\x1b[31mabout to fail\x1b[0m \\x1b[2Jand to clear" in text


def test_on_a_terminal_states_are_coloured_unless_no_color_is_set(
    studied: Path, home: Path
) -> None:
    argv = ("jobs", "list", "--workdir", str(studied))

    _, coloured = program.run_in_terminal(*argv, home=home)
    _, plain = program.run_in_terminal(*argv, home=home, extra={"NO_COLOR": "1"})

    assert "\x1b[32mDONE" in coloured
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["path", "zzz"], 1, 'no job answers to "zzz"'),
        (["log", "fit"], 1, '"fit" may be one of several jobs'),
        (["list", "--experiment", "stud"], 1, 'no experiment is named "stud", did you mean'),
        (["list", "--filter", "lr ="], 2, "filter, column 5: expected a value"),
        (["list", "--count", "0"], 2, "0 is not in the range"),
        (["list", "--run", "r"], 2, "--run needs --experiment"),
        (["lsit"], 2, "No such command 'lsit'. Did you mean 'list'?"),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_message(
    argv: list[str], code: int, message: str, studied: Path
) -> None:
    result = jobs(studied, *argv)

    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""


def test_a_job_that_was_not_started_has_no_log(studied: Path) -> None:
    job_id = identifier(studied, "@reason = DEPENDENCY")

    result = jobs(studied, "log", job_id)

    assert result.exit_code == 1
    assert "does not exist: the job was not started, or was removed" in result.stderr


def test_a_folder_that_is_no_workspace_is_told(studied: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    def told(folder: Path) -> str:
        result = jobs(folder, "list")
        assert (result.exit_code, result.stdout) == (1, "")
        return result.stderr

    assert told(tmp_path / "none") == f"Error: The workspace {tmp_path}/none does not exist\n"
    assert told(tmp_path / "file") == (
        f"Error: The workspace {tmp_path}/file is a file, not a folder\n"
    )
    assert told(tmp_path) == (
        f"Error: {tmp_path} is no experimaestro workspace: it has no file .__experimaestro__\n"
    )
    assert told(studied / "jobs") == (
        f"Error: {studied}/jobs is no experimaestro workspace: it has no file "
        f".__experimaestro__; its parent {studied} is one: --workdir {studied}\n"
    )


def test_without_any_workspace_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    result = CliRunner().invoke(cli, ["jobs", "list"])

    assert result.exit_code == 1
    assert "No workspace is configured: name one with --workdir FOLDER" in result.stderr


def test_a_workspace_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".__experimaestro__").touch()
    tmp_path.chmod(0)
    monkeypatch.setenv("XPM_CONFIG_DIR", "/nowhere")
    user = os.geteuid()
    if user == 0:  # root can read everything: become nobody for a moment
        os.seteuid(65534)
    try:
        result = jobs(tmp_path, "list")
    finally:
        os.seteuid(user)
        tmp_path.chmod(0o700)

    assert result.exit_code == 1
    assert f"The workspace {tmp_path} cannot be read: Permission denied" in result.stderr

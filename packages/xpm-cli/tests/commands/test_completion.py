"""Completion: what each shell is given, and what it is offered on TAB."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import program
import pytest
from click.testing import CliRunner
from xpm_cli.main import cli


def offered(workspace: Path, home: Path, *words: str) -> list[str]:
    """What bash would offer for the last word of a command line."""
    env = {
        **program.environment(home),
        "COMP_WORDS": " ".join(["experimaestro", *words]),
        "COMP_CWORD": str(len(words)),
        "_EXPERIMAESTRO_COMPLETE": "bash_complete",
    }
    code = "import sys; sys.argv[0] = 'experimaestro'; from xpm_cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=home, check=False
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.fixture
def at(studied: Path) -> tuple[str, str]:
    return ("--workdir", str(studied))


def test_commands_and_options_are_offered(studied: Path, home: Path) -> None:
    assert {"jobs", "results"} <= set(offered(studied, home, ""))
    assert "--follow" in offered(studied, home, "jobs", "log", "--f")


def test_experiments_are_offered(studied: Path, home: Path, at: tuple[str, str]) -> None:
    assert offered(studied, home, "results", *at, "st") == ["study"]
    assert offered(studied, home, "experiments", *at, "history", "") == ["study"]


def test_jobs_are_offered_by_name_and_by_identifier(
    studied: Path, home: Path, at: tuple[str, str]
) -> None:
    names = offered(studied, home, "jobs", "log", *at, "experiment.f")
    (name, _) = names
    identifier = name.partition("/")[2]

    assert all(name.startswith("experiment.fit/") for name in names)
    assert offered(studied, home, "why", *at, identifier[:5]) == [identifier]


def test_runs_their_names_and_filters_are_offered(copied: Path, home: Path) -> None:
    at = ("--workdir", str(copied))
    assert offered(copied, home, "experiments", "tag", *at, "study", "")[-2:] == [
        "latest",
        "oldest",
    ]
    program.run("experiments", "tag", "study", "latest", "paper", *at, home=home)
    assert offered(copied, home, "experiments", "untag", *at, "study", "") == ["paper"]
    assert offered(copied, home, "jobs", "list", *at, "--filter", "") == ["@state", "@name", "lr"]


def test_without_a_workspace_nothing_is_offered_and_nothing_is_said(home: Path) -> None:
    assert offered(home, home, "results", "--workdir", "/nowhere", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_accepts_what_it_is_given(shell: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["completion", shell, "--program", "xpm"])

    assert result.exit_code == 0
    assert "_XPM_COMPLETE" in result.stdout
    program_path = shutil.which(shell)
    if program_path is not None:
        file = tmp_path / "completion"
        file.write_text(result.stdout)
        done = subprocess.run(
            [program_path, "-n", file], capture_output=True, text=True, env=os.environ, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_shell_is_a_usage_error() -> None:
    result = CliRunner().invoke(cli, ["completion", "tcsh"])

    assert result.exit_code == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in result.stderr

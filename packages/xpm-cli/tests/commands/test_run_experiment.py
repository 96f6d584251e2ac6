"""`run-experiment`, as a process and in a terminal: what it says, what it leaves, how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import program
import pytest

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


def test_a_first_run_with_a_failure_then_a_good_one_then_nothing_to_run(home: Path) -> None:
    workspace = home / "three-runs"

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        return program.run(
            "run-experiment", str(program.STUDY), "--workdir", str(workspace), *argv, home=home
        )

    failed = run("-c", "failing=[0.2]")
    good = run()
    reused = run()

    assert [failed.returncode, good.returncode, reused.returncode] == [1, 0, 0]
    for name, done in (("failed", failed), ("good", good), ("reused", reused)):
        assert not CONTROL.search(done.stdout), name
    # the counts on the way depend on the machine: the end does not
    ending = failed.stdout[failed.stdout.index("study: ") :]
    program.matches_snapshot(program.comparable(ending, workspace=workspace), "run-failed")
    assert "  | ValueError: this one was told to fail\n" in failed.stdout
    assert "about to fail \\x1b[2Jand to clear" not in failed.stdout  # colours and moves are gone
    ending = good.stdout[good.stdout.index("study: ") :]
    program.matches_snapshot(program.comparable(ending, workspace=workspace), "run-good")
    ending = reused.stdout[reused.stdout.index("study: ") :]
    program.matches_snapshot(program.comparable(ending, workspace=workspace), "run-reused")
    assert " 4/4: 4 done (4 reused)\n" in reused.stdout
    assert reused.stderr.count("\n") == 1  # the line that the study logs
    assert "WARNING study: submitting 2 tasks" in reused.stderr


def test_without_a_workspace_the_one_of_the_user_is_used_and_it_says_so(tmp_path: Path) -> None:
    done = program.run("run-experiment", str(program.STUDY), "-c", "lrs=[]", home=tmp_path)

    workspace = tmp_path / ".local/share/experimaestro/workspace"
    assert done.returncode == 0
    assert f"No workspace is configured: using {workspace}" in done.stderr
    assert "study: no job was submitted\n" in done.stdout
    assert (workspace / "experiments" / "study").is_dir()


def test_in_a_terminal_the_bar_is_below_what_the_experiment_prints_and_logs(home: Path) -> None:
    code, text = program.run_in_terminal(
        "run-experiment",
        str(program.STUDY),
        "-c",
        "lrs=[0.3]",
        "--workdir",
        str(home / "terminal"),
        home=home,
    )

    assert code == 0
    assert "2/2 jobs" in text
    assert "\x1b[" in text
    lines = [re.sub("\x1b\\[[0-9;?]*[A-Za-z]|\r", "", line) for line in text.split("\n")]
    assert "printed by the experiment" in lines
    assert [line for line in lines if line.endswith("WARNING study: submitting 1 tasks")]
    assert any(line.startswith("study: 2 jobs: 2 done") for line in lines)


def test_no_color_is_respected_in_a_terminal(home: Path) -> None:
    code, text = program.run_in_terminal(
        "run-experiment",
        str(program.STUDY),
        "-c",
        "lrs=[]",
        "--workdir",
        str(home / "colourless"),
        home=home,
        extra={"NO_COLOR": "1"},
    )

    assert code == 0
    assert not re.search("\x1b\\[[0-9;]*[34][0-7]m", text)


def test_interrupting_leaves_the_jobs_and_the_same_command_finds_them(home: Path) -> None:
    pipes = home / "pipes"
    pipes.mkdir()
    os.mkfifo(pipes / "started")
    os.mkfifo(pipes / "release")
    argv = ["run-experiment", str(program.STUDY), "-c", "lrs=[]", "-c", f"pipes={pipes}"]
    argv += ["--workdir", str(home / "interrupted")]
    with subprocess.Popen(
        [*program.COMMAND, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=program.environment(home),
        start_new_session=True,
    ) as process:
        assert (pipes / "started").read_text() == "started"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "1 job goes on running. The same command picks it up again." in errors

    (pipes / "release").write_text("go")
    again = program.run(*argv, home=home)

    assert again.returncode == 0
    assert "study: " in again.stdout
    log = program.run("jobs", "path", "held", "--workdir", str(home / "interrupted"), home=home)
    folder = Path(log.stdout.strip())
    assert (folder / "held.done").exists()


def test_an_experiment_that_raises_shows_the_users_line_and_code_1(home: Path) -> None:
    done = program.run(
        "run-experiment",
        str(program.STUDY),
        *("-c", "lrs=[]", "-c", "crash=true", "--workdir", str(home / "crashed")),
        home=home,
    )

    assert done.returncode == 1
    message = done.stderr[done.stderr.index("Error:") :].splitlines()
    assert re.fullmatch(
        r"Error: .*experiment\.py:\d+: run failed: RuntimeError: the experiment crashed", message[0]
    )
    assert message[2] == '    raise RuntimeError("the experiment crashed")'
    assert "Traceback" not in done.stderr


def test_the_traceback_is_shown_when_asked_for(home: Path) -> None:
    done = program.run(
        "run-experiment",
        str(program.STUDY),
        *("--traceback", "-c", "lrs=[]", "-c", "crash=true", "--workdir", str(home / "crashed")),
        home=home,
    )

    assert "Traceback (most recent call last):" in done.stderr


@pytest.mark.parametrize("mode", ["dry-run", "DRY_RUN", "dry_run"])
def test_a_dry_run_writes_nothing(mode: str, home: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "ws"

    done = program.run(
        "run-experiment",
        str(program.STUDY),
        *("--run-mode", mode, "--workdir", str(workspace)),
        home=home,
    )

    assert done.returncode == 0, done.stderr
    assert "study: dry-run, no job was run" in done.stdout
    assert not workspace.exists()


def test_show_prints_the_merged_file_and_imports_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "experiment.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "x.yaml").write_text("id: x\nlrs: [1e-3]\n")

    done = program.run("run-experiment", str(tmp_path / "x.yaml"), "--show", home=home)

    assert done.returncode == 0
    assert done.stdout == '{\n  "id": "x",\n  "lrs": [\n    0.001\n  ]\n}\n'


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-c", "lr=3"], "-c lr=3: unknown key 'lr' in Study; did you mean 'lrs'?"),
        (["--run-mode", "dy"], "'dy' is no run mode; expected normal, dry-run, generate or"),
        (["--workspace", "nope"], 'the settings have no workspace "nope"'),
        (["--file", "nope.py"], "--file: the experiment's file nope.py does not exist"),
        (["--logging", "xpm=LOUD"], "'LOUD' is no level"),
        (["extra"], "This experiment takes no arguments, found: extra."),
        (["--wrokdir", "x"], "No such option '--wrokdir'"),
    ],
)
def test_a_wrong_command_line_is_told_with_code_2(
    argv: list[str], message: str, home: Path
) -> None:
    done = program.run("run-experiment", str(program.STUDY), *argv, home=home)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workspace_that_is_a_file_is_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = program.run(
        "run-experiment", str(program.STUDY), "--workdir", str(tmp_path / "file"), home=home
    )

    assert done.returncode == 1
    assert done.stderr.count("Error:") == 1
    assert f"{tmp_path / 'file'} cannot be used as a workspace: it is a file" in done.stderr


def test_variables_of_the_command_line_reach_the_jobs(home: Path, tmp_path: Path) -> None:
    (tmp_path / "experiment.py").write_text(
        "import os\n"
        "from xpm_cli.helper import ConfigurationBase\n"
        "from xpm_config import Task\n"
        "class Tell(Task):\n"
        "    def execute(self):\n"
        "        print(os.environ['COLOUR'], 'HOME' in os.environ)\n"
        "def run(helper, cfg: ConfigurationBase):\n"
        "    Tell.C().submit()\n"
    )
    (tmp_path / "x.yaml").write_text("id: x\n")
    workspace = str(tmp_path / "ws")

    done = program.run(
        "run-experiment",
        str(tmp_path / "x.yaml"),
        *("--env", "COLOUR", "blue", "--workdir", workspace),
        home=home,
    )
    log = program.run("jobs", "log", "tell", "--std", "--workdir", workspace, home=home)

    assert done.returncode == 0, done.stderr
    assert log.stdout == "blue True\n"

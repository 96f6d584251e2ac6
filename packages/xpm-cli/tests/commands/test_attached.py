"""`run-experiment --detach`, `experiments attach` and `stop`, `--events-viewer`: real processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import program
import pytest
from xpm_store.layout import Workspace
from xpm_store.locks import FileLock


@pytest.fixture
def pipes(tmp_path: Path) -> Path:
    folder = tmp_path / "pipes"
    folder.mkdir()
    os.mkfifo(folder / "started")
    os.mkfifo(folder / "release")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "w"


@pytest.fixture
def detached(home: Path, workspace: Path, pipes: Path) -> Iterator[str]:
    """What `--detach` said of a run with one job that is held."""
    done = program.run(
        *("run-experiment", str(program.STUDY), "--detach", "-clrs=[]", f"-cpipes={pipes}"),
        *("--workdir", str(workspace)),
        home=home,
    )
    assert done.returncode == 0, done.stderr
    assert (pipes / "started").read_text() == "started"
    yield done.stdout
    # whatever a test did, nothing is left behind
    lock = FileLock(Workspace(workspace).experiment("study").lock)
    if not lock.acquire(0):
        program.run(
            *("experiments", "stop", "study", "--jobs", "--perform", "--yes"),
            *("--workdir", str(workspace)),
            home=home,
        )
        assert lock.acquire(60)
    lock.release()


def wait_for_end(workspace: Path) -> None:
    lock = FileLock(Workspace(workspace).experiment("study").lock)
    assert lock.acquire(60)
    lock.release()


def test_a_detached_run_says_where_it_is_and_can_be_watched_to_its_end(
    detached: str, home: Path, workspace: Path, pipes: Path
) -> None:
    at = ("--workdir", str(workspace))
    assert re.match(r"study \d{8}_\d{6} goes on as process \d+\n", detached)
    (output,) = workspace.glob("experiments/study/2*/output.log")
    assert str(output) in detached

    with subprocess.Popen(
        [*program.COMMAND, "experiments", "attach", "study", *at],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=program.environment(home),
    ) as watching:
        (pipes / "release").write_text("go")
        told, errors = watching.communicate(timeout=60)

    assert (watching.returncode, errors) == (0, "")
    assert told.endswith("study: 1 job: 1 done\n")
    wait_for_end(workspace)
    assert "study: 1 job: 1 done" in output.read_text()
    again = program.run("experiments", "attach", "study", *at, home=home)
    assert again.stdout.endswith("study: 1 job: 1 done\n")


def test_a_detached_run_is_stopped_and_its_job_goes_on(
    detached: str, home: Path, workspace: Path, pipes: Path
) -> None:
    stop = ("experiments", "stop", "study", "--workdir", str(workspace))

    shown = program.run(*stop, home=home)
    assert re.fullmatch(r"STOPPING study: process \d+ \(dry run\)\n", shown.stdout)
    stopped = program.run(*stop, "--perform", "--yes", home=home)
    wait_for_end(workspace)

    assert stopped.returncode == 0
    assert "1 job goes on running" in stopped.stderr
    (pipes / "release").write_text("go")
    again = program.run(*stop, home=home)
    assert (again.returncode, again.stderr) == (1, "Error: no process runs study\n")


def test_a_detached_run_is_stopped_with_its_jobs(
    detached: str, home: Path, workspace: Path
) -> None:
    program.run(
        *("experiments", "stop", "study", "--jobs", "--perform", "--yes"),
        *("--workdir", str(workspace)),
        home=home,
    )
    wait_for_end(workspace)

    lock = FileLock(next(workspace.glob("jobs/experiment.held/*")) / "held.lock")
    assert lock.acquire(60)
    lock.release()
    assert list(workspace.glob("jobs/experiment.held/*/held.failed"))


def test_what_is_wrong_before_the_run_begins_is_shown_and_nothing_is_left(
    home: Path, workspace: Path
) -> None:
    argv = ("run-experiment", str(program.STUDY), "--detach", "--workdir", str(workspace))

    wrong = program.run(*argv, "-clr=3", home=home)
    unknown = program.run("experiments", "attach", "nothing", *argv[3:], home=home)

    assert wrong.returncode == 2
    assert "unknown key 'lr'" in wrong.stderr
    assert unknown.returncode == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_events_are_printed_as_they_come(form: str, home: Path, workspace: Path) -> None:
    done = program.run(
        *("run-experiment", str(program.STUDY), "-clrs=[0.1]", "--workdir", str(workspace)),
        *("--events-viewer", "--events-format", form),
        home=home,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    if form == "text":
        text = re.sub(r"^\d\d:\d\d:\d\d ", "", done.stdout, flags=re.M)
        assert "submitted   experiment.fit/0fc9c23c lr=0.1\n" in text
        assert "progress    experiment.fit/0fc9c23c: 50% epoch 1\n" in text
        assert re.search(r"^process     experiment\.fit/0fc9c23c: done$", text, re.M)
    else:
        events = [json.loads(line) for line in lines if line.startswith("{")]
        kinds = {event["event_type"] for event in events}
        assert kinds >= {"ExperimentJobStateEvent", "JobStateChangedEvent", "JobProgressEvent"}


def test_progress_can_be_left_out(home: Path, workspace: Path) -> None:
    argv = ("run-experiment", str(program.STUDY), "-clrs=[0.1]", "--workdir", str(workspace))

    events = program.run(*argv, "--events-viewer", "--no-progress", home=home)
    nothing = program.run(*argv, "--no-progress", home=home)

    assert "progress " not in events.stdout
    assert "submitted " in events.stdout
    assert nothing.stdout.startswith("printed by the experiment\nstudy: all 2 jobs reused")

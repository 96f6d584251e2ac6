"""The study of `docs/examples/digits`, end to end, with fewer seeds and strengths than it has."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest
from support import ROOT, Result, Run, clean_environment, run

STUDY = ROOT / "docs" / "examples" / "digits" / "experiment.yaml"
SMALL = ("-c", "seeds=[0, 1]", "-c", "regularisation=[0.1]", "-c", "epochs=5")
JOBS = 2 + 2 * 3 * 2 + 1  # preparations; trainings and evaluations; the report


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home, hence one workspace, for all the tests of this file."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def command(home: Path) -> Run:
    def call(*arguments: str | Path, expect: int | None = 0) -> Result:
        return run(
            [sys.executable, "-m", "experimaestro", *arguments],
            env=clean_environment(home),
            expect=expect,
        )

    return call


@pytest.fixture(scope="module")
def first(command: Run) -> str:
    """What the first run of the study prints."""
    return str(command("run-experiment", STUDY, *SMALL).stdout)


@pytest.fixture(scope="module")
def workspace(first: str, home: Path) -> Path:
    return home / ".local" / "share" / "experimaestro" / "workspace"


def test_without_settings_the_run_says_that_it_uses_the_users_data_folder(
    first: str, workspace: Path
) -> None:
    assert str(workspace) in first
    assert (workspace / ".__experimaestro__").is_file()


def test_every_job_of_the_study_is_done(first: str, workspace: Path) -> None:
    assert len(list(workspace.glob("jobs/*/*/*.done"))) == JOBS
    assert not list(workspace.glob("jobs/*/*/*.failed"))


def test_the_report_is_a_table_and_a_plot_in_the_results_of_the_run(workspace: Path) -> None:
    results = workspace / "experiments" / "digits" / "current" / "results"
    with (results / "accuracy.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == {"LogisticRegression", "SupportVectors", "Perceptron"}
    assert {row["seeds"] for row in rows} == {"2"}
    assert all(0.8 < float(row["accuracy_mean"]) <= 1 for row in rows)
    assert (results / "accuracy.png").read_bytes().startswith(b"\x89PNG")


def test_the_run_ends_with_where_the_results_are(first: str, workspace: Path) -> None:
    assert "results" in first
    assert str(workspace / "experiments" / "digits") in first


def test_a_second_run_runs_nothing_and_says_that_all_is_reused(
    command: Run, first: str, workspace: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in workspace.glob("jobs/*/*/*.done")}
    second = command("run-experiment", STUDY, *SMALL).stdout
    assert {path: path.stat().st_mtime_ns for path in workspace.glob("jobs/*/*/*.done")} == before
    assert "reused" in second


def test_one_more_strength_runs_only_what_is_new(command: Run, first: str, workspace: Path) -> None:
    before = set(workspace.glob("jobs/*/*"))
    command("run-experiment", STUDY, *SMALL, "-c", "seeds=[0]")
    new = {path.parent.name for path in set(workspace.glob("jobs/*/*")) - before}
    assert new == {"digits.tasks.report"}


def test_jobs_are_listed_with_their_tags(command: Run, first: str) -> None:
    printed = command("jobs", "list", "--tags").stdout
    trained = [line for line in printed.splitlines() if "digits.tasks.train/" in line]
    assert len(trained) == 6
    assert all("model=" in line and "regularisation=0.1" in line for line in trained)


def test_the_log_and_the_folder_of_a_job_are_found_by_its_name(
    command: Run, first: str, workspace: Path
) -> None:
    folder = next(workspace.glob("jobs/digits.tasks.train/*"))
    name = f"digits.tasks.train/{folder.name}"
    assert command("jobs", "path", name).stdout.strip() == str(folder)
    (folder / "train.err").write_text("a line of the log\n")
    assert "a line of the log" in command("jobs", "log", name).stdout


def test_experiments_list_names_the_study(command: Run, first: str) -> None:
    assert "digits" in command("experiments", "list").stdout


def test_a_training_that_was_interrupted_goes_on_from_its_last_epoch_to_the_same_result(
    first: str, workspace: Path, home: Path
) -> None:
    folder = next(
        path.parent
        for path in workspace.glob("jobs/digits.tasks.train/*/params.json")
        if "Perceptron" in path.read_text()
    )
    program = """
import json, pickle, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from experimaestro import GracefulTimeout, from_task_dir
from digits import tasks

whole = pickle.loads((Path(sys.argv[1]) / "classifier.pickle").read_bytes())
train = from_task_dir(Path(sys.argv[1]), as_instance=True)
train.checkpoint, train.classifier = Path("checkpoint.pickle"), Path("classifier.pickle")
train.remaining_time = iter([100, 100, 5]).__next__
try:
    train.execute()
except GracefulTimeout as timeout:
    print(timeout)
train.remaining_time = lambda: None
train.execute()
parts = pickle.loads(train.classifier.read_bytes())
print(all((a == b).all() for a, b in zip(whole.coefs_, parts.coefs_)))
"""
    done = run(
        [sys.executable, "-c", program, folder, STUDY.parent],
        env=clean_environment(home),
        cwd=home,
    )
    told = done.stdout.splitlines()
    assert told[-2:] == ["resumed after 2 epochs", "True"]

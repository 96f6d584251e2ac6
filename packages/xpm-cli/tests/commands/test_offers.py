"""`experiments actions`, `services` and `carbon`, `tokens`: on a run that offers something."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import program
import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli
from xpm_store.carbon import Measure, record
from xpm_store.layout import Workspace
from xpm_store.tokens import TokenFolder

pytestmark = pytest.mark.usefixtures("no_settings")


def xpm(*argv: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, argv)))


@pytest.fixture(scope="module")
def offering(home: Path) -> Path:
    """A workspace whose run offers an action and a service. To be read only."""
    workspace = home / "offering"
    done = program.run(
        *("run-experiment", str(program.STUDY), "-coffers=true", "-clrs=[0.1]"),
        *("--workdir", str(workspace)),
        home=home,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


def test_actions_are_listed_and_run_with_answers(offering: Path, home: Path) -> None:
    at = ("--workdir", str(offering))
    (action,) = json.loads(xpm("experiments", "actions", "list", "study", *at, "--json").stdout)
    assert action["description"] == "export the fits"
    assert "export the fits" in xpm("experiments", "actions", "list", "study", *at).stdout

    for name in ("Export", action["action_id"], action["action_id"][:10]):
        done = program.run(
            *("experiments", "actions", "run", "study", name, "--set", "target=there", *at),
            home=home,
        )
        assert done.returncode == 0, done.stderr
        assert "exported to there" in done.stdout


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["run", "study", "Exprt"], 1, "no action is named 'Exprt'"),
        (["run", "study", "Export", "--set", "x"], 2, "--set x: expected KEY=VALUE"),
        (["list", "stud"], 1, 'no experiment is named "stud"'),
    ],
)
def test_an_action_that_is_not_there_is_told(
    argv: list[str], code: int, message: str, offering: Path
) -> None:
    result = xpm("experiments", "actions", *argv, "--workdir", offering)

    assert result.exit_code == code
    assert message in result.stderr


def test_a_run_that_offers_nothing_says_so(studied: Path) -> None:
    at = ("--workdir", studied)
    assert xpm("experiments", "actions", "list", "study", *at).stdout == (
        "This run offers no action.\n"
    )
    assert xpm("experiments", "services", "list", "study", *at).stdout == (
        "This run offers no service.\n"
    )


def test_a_service_is_listed_and_started_again_until_it_is_interrupted(
    offering: Path, home: Path
) -> None:
    at = ("--workdir", str(offering))
    (service,) = json.loads(xpm("experiments", "services", "list", "study", *at, "--json").stdout)
    assert (service["service_id"], service["state"]) == ("page", "STOPPED")
    assert "page     stopped" in xpm("experiments", "services", "list", "study", *at).stdout

    env = {**program.environment(home), "PYTHONPATH": str(program.STUDY.parent)}
    if "PYTHONPATH" in os.environ:
        env["PYTHONPATH"] += f":{os.environ['PYTHONPATH']}"
    with subprocess.Popen(
        [*program.COMMAND, "experiments", "services", "start", "page", "study", *at],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if line:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert line == "page is served at http://localhost:1/\n", errors
    assert process.returncode == 0
    assert "Stopped." in errors


def test_a_service_that_is_not_there_is_told(offering: Path) -> None:
    result = xpm("experiments", "services", "start", "pag", "study", "--workdir", offering)

    assert result.exit_code == 1
    assert "no service is named 'pag'" in result.stderr


def test_energy_is_summed_over_experiments_and_runs(copied: Path) -> None:
    at = ("--workdir", copied)
    assert xpm("experiments", "carbon", "stats", *at).stdout == "No carbon records found.\n"
    (job,) = json.loads(
        xpm("jobs", "list", "--json", "--filter", '@name ~ ".*evaluate" and lr = 0.1', *at).stdout
    )
    for co2 in (0.5, 0.25):
        measure = Measure(job["job_id"], job["task_id"], co2_kg=co2, energy_kwh=1, duration_s=1800)
        record(Workspace(copied), measure)

    every = json.loads(xpm("experiments", "carbon", "summary", *at, "--json").stdout)
    latest = xpm("experiments", "carbon", "summary", *at, "--latest-only", "-v").stdout
    named = json.loads(xpm("experiments", "carbon", "summary", *at, "-n", "none", "--json").stdout)

    assert every["totals"]["co2_kg"] == 0.75
    assert every["experiments"]["study"]["job_count"] == 1
    assert "study  0.25 kg  1 kWh   0.50 h  1" in latest
    assert named["totals"]["job_count"] == 0
    assert "2 records in 1 files" in xpm("experiments", "carbon", "stats", *at).stdout
    assert xpm("experiments", "carbon", "summary", *at, "-n", "(").exit_code == 2


def test_tokens_are_listed_with_who_holds_them(copied: Path, tmp_path: Path) -> None:
    assert xpm("tokens", "list", "--base", tmp_path).stdout == "No token is known.\n"
    token = TokenFolder(tmp_path, "gpu")
    token.set_total(3)
    job = Workspace(copied).job("experiment.fit", "a" * 64)
    job.path.mkdir(parents=True)
    assert token.try_acquire(job, 2)

    text = xpm("tokens", "list", "--base", tmp_path).stdout
    (found,) = json.loads(xpm("tokens", "list", "--base", tmp_path, "--json").stdout)

    assert text == "gpu: 1 of 3 free\n  2 held by experiment.fit/aaaaaaaa (being started)\n"
    assert (found["available"], found["holders"][0]["count"]) == (1, 2)

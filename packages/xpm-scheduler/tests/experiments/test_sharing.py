"""Tokens and partial folders, with real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from xpm_config.graph import TaskDependency
from xpm_scheduler.connectors import LocalConnector
from xpm_scheduler.core import WaitingForShared
from xpm_scheduler.errors import GracefulExperimentExit
from xpm_scheduler.experiment import experiment
from xpm_scheduler.job import Job
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_scheduler.tokens import CounterToken
from xpm_store.errors import NotEnoughUnits
from xpm_store.layout import Workspace
from xpm_store.states import JobState, RunStatus
from xpm_store.tokens import TokenFolder


@pytest.fixture
def launcher(tmp_path: Path) -> DirectLauncher:
    """As many jobs at once as one likes; tokens are in a folder of the test."""
    return DirectLauncher(LocalConnector(tmp_path / "local"), capacity=8)


def busy(study: Any, name: str) -> Any:
    return study.tasks.Busy.C(name=name, log=study.log)


def most_at_once(lines: list[str]) -> int:
    """How many jobs ran at the same time, by what they said."""
    running = most = 0
    for line in lines:
        running += 1 if line == "begins" else -1
        most = max(most, running)
    return most


def test_jobs_never_hold_more_units_than_there_are(study: Any, launcher: DirectLauncher) -> None:
    with study.open(launcher=launcher) as xp:
        token = xp.token("gpu", 3)
        for number in range(8):
            token(1 + number % 2, busy(study, str(number))).submit()
    assert xp.job_counts == {JobState.DONE: 8}
    assert most_at_once(study.ran) <= 3
    assert token.available == 3
    assert token.folder.holders() == []


def test_more_units_than_there_are_is_refused_at_once(study: Any, launcher: DirectLauncher) -> None:
    with study.open(launcher=launcher) as xp:
        token = xp.token("gpu", 2)
        with pytest.raises(NotEnoughUnits, match='3 units of the token "gpu" asked for, it has 2'):
            token(3, busy(study, "1"))
        task = token(1, token(2, busy(study, "2")))
        with pytest.raises(NotEnoughUnits, match="3 units"):
            task.submit()


def test_a_job_fails_with_the_reason_when_there_are_less_units_than_it_was_promised(
    study: Any, launcher: DirectLauncher
) -> None:
    first, started, gate = study.gate()
    with study.open(launcher=launcher) as xp:
        token = xp.token("gpu", 2)
        token(2, first).submit()
        task = token(2, busy(study, "2")).submit()
        study.hear(started)
        xp.token("gpu", 1)
        gate.write_text("go")
    assert first.job.state is JobState.DONE
    assert task.job.state is JobState.ERROR
    assert "it has 1 in all" in task.job.message


def test_a_job_that_needs_a_free_token_does_not_wait_for_one_that_needs_a_busy_token(
    study: Any, launcher: DirectLauncher
) -> None:
    holder, started, gate = study.gate()
    with study.open(launcher=launcher) as xp:
        one, other = xp.token("one", 1), xp.token("other", 1)
        one(1, holder).submit()
        study.hear(started)
        waits = one(1, busy(study, "waits"))
        waits.add_dependencies(other.dependency(1))
        waits.submit()
        assert other(1, busy(study, "passes")).submit().job.wait() is JobState.DONE
        reason = xp.scheduler.waiting_for(waits.job)
        assert isinstance(reason, WaitingForShared)
        assert xp.scheduler.shared(reason.shared).describe() == "1 unit of the token 'one'"
        gate.write_text("go")
    assert waits.job.state is JobState.DONE


def test_the_units_of_a_killed_job_come_back(study: Any, launcher: DirectLauncher) -> None:
    with study.open(launcher=launcher) as xp:
        token = xp.token("gpu", 1)
        killed = token(1, study.tasks.Die.C(number=int(signal.SIGKILL))).submit()
        task = token(1, busy(study, "next")).submit()
    assert killed.job.state is JobState.ERROR
    assert task.job.state is JobState.DONE
    assert not study.folder(killed).locks_json.exists()


def test_the_units_that_a_killed_scheduler_had_taken_come_back(
    study: Any, launcher: DirectLauncher
) -> None:
    token = CounterToken("gpu", 1, path=study.root / "local/tokens/gpu.counter")
    job = Workspace(study.workdir).job("pkg.fit", "lost")
    job.path.mkdir(parents=True)
    code = (
        "import os; from pathlib import Path\n"
        "from xpm_store.layout import JobFolder; from xpm_store.tokens import TokenFolder\n"
        f"token = TokenFolder.at(Path({str(token.path)!r}))\n"
        f"assert token.try_acquire(JobFolder(Path({str(job.path)!r})))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert token.available == 0
    with study.open(launcher=launcher):
        task = token(1, busy(study, "1")).submit()
    assert task.job.state is JobState.DONE


def test_what_another_process_gives_back_wakes_those_who_wait(
    study: Any, launcher: DirectLauncher
) -> None:
    with study.open(launcher=launcher) as xp:
        token = xp.token("gpu", 1)
        other = Workspace(study.workdir).job("pkg.fit", "other")
        other.path.mkdir(parents=True)
        assert TokenFolder.at(token.path).try_acquire(other)
        task = token(1, busy(study, "1")).submit()
        first = study.step("first").submit()
        assert first.job.wait() is JobState.DONE
        assert task.job.state is not JobState.RUNNING
        TokenFolder.at(token.path).release(other)
        assert task.job.wait() is JobState.DONE


def test_a_job_found_running_keeps_its_units_and_gives_them_back(
    study: Any, launcher: DirectLauncher
) -> None:
    holder, started, gate = study.gate()
    xp: experiment = study.open(launcher=launcher)
    with xp:
        token = xp.token("gpu", 1)
        token(1, holder).submit()
        study.hear(started)
        raise GracefulExperimentExit
    again, _, _ = study.gate()
    with study.open(launcher=launcher) as xp:
        token(1, again).submit()
        task = token(1, busy(study, "next")).submit()
        assert token.available == 0
        gate.write_text("go")
    assert again.job.state is task.job.state is JobState.DONE
    assert study.ran == ["gate", "begins", "ends"]
    assert token.available == 1


def test_an_experiment_that_is_left_takes_no_units_for_those_that_wait(
    study: Any, launcher: DirectLauncher
) -> None:
    holder, started, gate = study.gate()
    xp: experiment = study.open(launcher=launcher)
    with xp:
        token = xp.token("gpu", 1)
        token(1, holder).submit()
        study.hear(started)
        waiting = [token(1, busy(study, str(number))).submit() for number in range(3)]
        raise GracefulExperimentExit
    gate.write_text("go")
    assert holder.job.wait() is JobState.DONE
    assert {task.job.state for task in waiting} == {JobState.UNSCHEDULED}
    assert study.ran == ["gate"]
    assert token.available == 1


def test_a_listener_of_a_launcher_may_ask_for_tokens(study: Any, launcher: DirectLauncher) -> None:
    asked: list[str] = []

    def ask(job: Job) -> None:
        asked.append(job.name)
        job.add_dependencies(token.dependency(1))

    token = CounterToken("gpu", 1, path=study.root / "gpu.counter")
    launcher.addListener(ask)
    with study.open(launcher=launcher):
        for number in range(4):
            busy(study, str(number)).submit()
    assert asked == ["busy"] * 4
    assert most_at_once(study.ran) == 1


def test_a_job_that_no_longer_needs_a_token_runs_without_it(
    study: Any, launcher: DirectLauncher
) -> None:
    file = study.root / "file"
    with study.open(launcher=launcher) as xp:
        token = xp.token("gpu", 1)
        token(1, study.tasks.FailUntil.C(file=file, log=study.log)).submit()
    file.touch()
    with study.open(launcher=launcher) as xp:
        task = study.tasks.FailUntil.C(file=file, log=study.log).submit()
    assert task.job.state is JobState.DONE


def test_jobs_that_share_a_partial_folder_run_one_after_the_other(
    study: Any, launcher: DirectLauncher
) -> None:
    with study.open(launcher=launcher) as xp:
        tasks = [
            study.tasks.Checkpointed.C(steps=steps, log=study.log).submit() for steps in range(5)
        ]
    assert xp.status is RunStatus.DONE
    assert most_at_once(study.ran) == 1
    links = {study.folder(task).partial_links / "checkpoints" for task in tasks}
    (folder,) = {link.resolve() for link in links}
    assert folder.is_relative_to(study.workdir / "partials/study_tasks.checkpointed/checkpoints")
    assert sorted((folder / "steps").read_text().split()) == ["0", "1", "2", "3", "4"]


def test_a_job_waits_for_those_it_was_told_to_depend_on(study: Any) -> None:
    with study.open() as xp:
        first, second = study.step("first").submit(), study.step("second").submit()
        last = study.step("last")
        last.add_dependencies(TaskDependency(first, soft=False), second)
        last.submit()
    assert study.ran[-1] == "last"
    assert len(xp.dependencies[last.job.identifier]) == 2

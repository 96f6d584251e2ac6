"""What tasks announce as they run, with real processes."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from xpm_config.errors import HandledException
from xpm_scheduler.errors import GracefulExperimentExit
from xpm_scheduler.experiment import experiment
from xpm_store.states import JobState, RunStatus


def learn(study: Any, steps: int = 3, **options: Any) -> tuple[Any, Any]:
    validation = study.tasks.Validation.C()
    return study.tasks.Learn.C(
        validation=validation, steps=steps, log=study.log, **options
    ), validation


def evaluate(study: Any, checkpoint: Any) -> Any:
    return study.tasks.Evaluate.C(checkpoint=checkpoint, log=study.log).submit()


def test_callbacks_submit_tasks_and_the_experiment_waits_for_all(study: Any) -> None:
    threads: set[str] = set()

    def on_checkpoint(checkpoint: Any) -> None:
        threads.add(threading.current_thread().name)
        evaluate(study, checkpoint)

    with study.open() as xp:
        task, validation = learn(study)
        task.watch_output(validation.checkpoint, on_checkpoint)
        task.submit()
    assert xp.job_counts == {JobState.DONE: 4}
    assert sorted(study.ran) == ["evaluates 0", "evaluates 1", "evaluates 2", "learns"]
    assert threads == {"xpm-callbacks"}


def test_outputs_are_told_while_the_task_runs_and_do_not_wait_for_it(study: Any) -> None:
    gate = study.root / "gate.fifo"
    os.mkfifo(gate)
    told: list[Any] = []
    event = threading.Event()

    def on_checkpoint(checkpoint: Any) -> None:
        told.append(evaluate(study, checkpoint))
        event.set()

    with study.open():
        task, validation = learn(study, steps=1, gate=gate)
        task.watch_output(validation.checkpoint, on_checkpoint)
        task.submit()
        assert event.wait(60)
        assert told[0].job.wait() is JobState.DONE
        assert task.job.state is JobState.RUNNING
        gate.write_text("go")


def test_every_callback_is_told_also_one_that_comes_after_the_end(study: Any) -> None:
    early: list[int] = []
    late: list[int] = []
    with study.open() as xp:
        task, validation = learn(study)
        task.watch_output(validation.checkpoint, lambda one: early.append(one.step))
        task.watch_output(validation.checkpoint, lambda one: early.append(one.step))
        task.submit()
        task.job.wait()
        assert early == [0, 0, 1, 1, 2, 2]
        task.job.watch_output(validation.checkpoint, lambda one: late.append(one.step))
        xp.wait()
        assert late == [0, 1, 2]
    assert len(early) == 6


def test_a_new_run_is_told_again_once_although_the_task_repeats_itself(study: Any) -> None:
    told: list[int] = []
    with study.open():
        task, validation = learn(study, attempts=3)
        task.watch_output(validation.checkpoint, lambda one: told.append(one.step))
        task.submit()
    assert study.ran == ["learns"] * 3
    assert told == [0, 1, 2]
    with study.open():
        task, validation = learn(study, attempts=3)
        task.watch_output(validation.checkpoint, lambda one: told.append(one.step))
        task.submit()
    assert study.ran == ["learns"] * 3
    assert told == [0, 1, 2] * 2


def test_an_equal_task_submitted_again_is_told_too(study: Any) -> None:
    told: list[int] = []
    with study.open():
        for _ in range(2):
            task, validation = learn(study)
            task.watch_output(validation.checkpoint, lambda one: told.append(one.step))
            task.submit()
            task.job.wait()
    assert sorted(told) == [0, 0, 1, 1, 2, 2]
    assert study.ran == ["learns"]


def test_a_callback_that_fails_is_reported_fails_the_run_and_does_not_keep_others_from_it(
    study: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []

    def fail(checkpoint: Any) -> None:
        raise ValueError(f"not {checkpoint.step}")

    with study.open() as xp:
        task, validation = learn(study, steps=2)
        task.watch_output(validation.checkpoint, fail)
        task.watch_output(validation.checkpoint, lambda one: told.append(one.step))
        task.submit()
    assert told == [0, 1]
    assert "ValueError: not 1" in caplog.text
    assert "its output checkpoint{'step': 1}" in caplog.text
    assert xp.status is RunStatus.FAILED


def test_nothing_is_told_once_the_experiment_is_left(study: Any) -> None:
    gate = study.root / "gate.fifo"
    os.mkfifo(gate)
    told: list[int] = []
    event = threading.Event()

    def on_checkpoint(checkpoint: Any) -> None:
        told.append(checkpoint.step)
        event.set()

    xp: experiment = study.open()
    with xp:
        task, validation = learn(study, gate=gate)
        task.watch_output(validation.checkpoint, on_checkpoint)
        task.submit()
        assert event.wait(60)
        raise GracefulExperimentExit
    gate.write_text("go")
    assert task.job.wait() is JobState.DONE
    assert told == [0]


def test_only_a_method_of_a_configuration_of_a_resumable_task_can_be_watched(study: Any) -> None:
    with study.open():
        task, _ = learn(study)
        task.submit()
        with pytest.raises(TypeError, match="takes a method of a configuration"):
            task.job.watch_output(print, print)
        step = study.step("1").submit()
        with pytest.raises(TypeError, match="no ResumableTask"):
            step.job.watch_output(print, print)


def test_an_experiment_that_is_closed_watches_nothing_more(study: Any) -> None:
    with study.open():
        task, validation = learn(study)
        task.submit()
    with pytest.raises(HandledException):
        task.job.watch_output(validation.checkpoint, print)


def test_a_line_that_is_damaged_is_told_and_passed_over(
    study: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []
    with study.open():
        task, _ = learn(study, steps=1)
        task.submit()
    path: Path = study.folder(task).task_outputs
    path.write_bytes(b'{"key": \n' + path.read_bytes())
    with study.open():
        task, validation = learn(study, steps=1)
        task.watch_output(validation.checkpoint, lambda one: told.append(one.step))
        task.submit()
    assert told == [0]
    assert "skipped a damaged line" in caplog.text

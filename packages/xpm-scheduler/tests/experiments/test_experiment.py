"""Whole experiments, whose jobs are real processes."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from xpm_config.modes import RunMode, TransientMode
from xpm_scheduler.errors import (
    ExperimentLocked,
    ExperimentStopped,
    FailedExperiment,
    GracefulExperimentExit,
    NoExperiment,
    NothingSaved,
    NotInThisMode,
    WaitInCallback,
)
from xpm_scheduler.experiment import experiment
from xpm_store.atomic import read_lines
from xpm_store.records import Failure
from xpm_store.states import FailureReason, JobState, RunStatus


def test_a_diamond_runs_in_order_and_each_job_once(study: Any) -> None:
    with study.open() as xp:
        first = study.step("first").submit()
        left = study.step("left", first).submit()
        right = study.step("right", first).submit()
        last = study.step("last", left, right).submit()
    assert study.ran[0] == "first"
    assert sorted(study.ran[1:3]) == ["left", "right"]
    assert study.ran[3:] == ["last"]
    assert xp.job_counts == {JobState.DONE: 4}
    assert xp.status is RunStatus.DONE
    assert xp.dependencies[last.job.identifier] == [left.job.identifier, right.job.identifier]
    lines = read_lines(xp.recorder.run.jobs_jsonl).objects
    assert [line["job_id"] for line in lines] == list(xp.jobs)
    state = study.run_state(xp.recorder.run)
    assert set(state.job_states.values()) == {(JobState.DONE, None)}


def test_running_it_again_runs_nothing(study: Any) -> None:
    for _ in range(2):
        with study.open() as xp:
            study.step("last", study.step("first").submit()).submit()
        assert xp.job_counts == {JobState.DONE: 2}
    assert study.ran == ["first", "last"]


def test_a_failure_fails_what_depends_on_it_and_nothing_else(
    study: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), study.open() as xp:
        fail = study.fail("fail").submit()
        child = study.step("child", fail).submit()
        grandchild = study.step("grandchild", child).submit()
        other = study.step("other").submit()
    assert sorted(study.ran) == ["fail", "other"]
    reasons = [task.job.failure_reason for task in (fail, child, grandchild, other)]
    assert reasons == [
        FailureReason.FAILED,
        FailureReason.DEPENDENCY,
        FailureReason.DEPENDENCY,
        None,
    ]
    assert xp.status is RunStatus.FAILED
    assert study.run_state(xp.recorder.run).status is RunStatus.FAILED
    assert xp.failed_jobs == [fail.job, child.job, grandchild.job]
    errors = [record.getMessage() for record in caplog.records if record.name == "xpm"]
    assert len(errors) == 2
    assert str(fail.job.stderr) in errors[0]
    assert "this one cannot work" in errors[0]
    assert "2 jobs were not started" in errors[1]


def test_failures_raise_when_it_is_asked(study: Any) -> None:
    xp = study.open(raise_on_failure=True)
    with pytest.raises(FailedExperiment, match="1 of its jobs") as caught, xp:
        study.fail("fail").submit()
    assert [job.task_id for job in caught.value.jobs] == ["study_tasks.fail"]
    assert xp.status is RunStatus.FAILED


def test_a_failed_job_is_run_again_by_the_next_run(study: Any) -> None:
    def submit() -> Any:
        file = study.root / "file"
        return study.tasks.FailUntil.C(file=file, log=study.log).submit()

    with study.open():
        first = submit()
    assert first.job.state is JobState.ERROR
    (study.root / "file").touch()
    with study.open():
        second = submit()
    assert second.job.state is JobState.DONE
    assert study.ran == ["tried", "tried"]
    assert not study.folder(second).failed.exists()


def test_a_failed_job_is_run_again_when_an_equal_task_is_submitted_in_the_same_run(
    study: Any,
) -> None:
    with study.open() as xp:
        file = study.root / "file"
        task = study.tasks.FailUntil.C(file=file, log=study.log).submit()
        assert task.job.wait() is JobState.ERROR
        file.touch()
        again = study.tasks.FailUntil.C(file=file, log=study.log).submit()
        assert again.job is task.job
        assert again.job.wait() is JobState.DONE
    assert xp.status is RunStatus.DONE


def test_equal_tasks_have_one_job(study: Any) -> None:
    with study.open() as xp:
        jobs = {study.step("same").submit().job for _ in range(3)}
    assert len(jobs) == 1
    assert study.ran == ["same"]
    assert len(read_lines(xp.recorder.run.jobs_jsonl).objects) == 1


def test_outputs_of_a_task_make_those_who_use_them_wait_for_it(study: Any) -> None:
    with study.open() as xp:
        model = study.tasks.Train.C().submit()
        use = study.tasks.Use.C(model=model).submit()
    assert use.job.state is JobState.DONE
    assert len(xp.dependencies[use.job.identifier]) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_job_killed_by_a_signal_gets_its_marker_with_the_signal(
    study: Any, number: signal.Signals
) -> None:
    with study.open():
        task = study.tasks.Die.C(number=int(number)).submit()
    failure = Failure.read(study.folder(task))
    assert failure is not None
    assert failure.signal == number
    assert number.name in (failure.message or "")
    assert task.job.state is JobState.ERROR
    assert not study.folder(task).pid.exists()


def test_a_process_that_leaves_before_its_end_is_a_failure_whatever_its_code(study: Any) -> None:
    with study.open():
        tasks = [study.tasks.Leave.C(code=code).submit() for code in (0, 3)]
    assert [task.job.state for task in tasks] == [JobState.ERROR] * 2
    assert [Failure.read(study.folder(task)).code for task in tasks] == [0, 3]  # type: ignore[union-attr]


def test_a_resumable_task_is_started_again_after_timeouts(study: Any) -> None:
    with study.open():
        task = study.tasks.Resume.C(steps=3).submit(max_retries=2)
        short = study.tasks.Resume.C(steps=4).submit(max_retries=1)
    assert task.job.state is JobState.DONE
    assert task.job.retry_count == 2
    assert short.job.failure_reason is FailureReason.TIMEOUT
    assert (short.job.path / "steps.txt").read_text() == "step\nstep\n"


def test_variables_are_added_to_the_environment_of_jobs(
    study: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHERITED", "yes")
    with study.open() as xp:
        xp.setenv("ADDED", "1")
        xp.setenv("ADDED", "2", override=False)
        task = study.tasks.Environment.C().submit()
    lines = (task.job.path / "environment.txt").read_text().splitlines()
    expected = {"INHERITED=yes", "ADDED=1", "FROM_HOOK=environment", f"cwd={task.job.path}"}
    assert expected <= set(lines)


def test_tasks_may_be_submitted_from_several_threads(study: Any) -> None:
    def submit(number: int) -> None:
        study.step(f"shared-{number % 2}").submit()

    with study.open() as xp:
        threads = [threading.Thread(target=submit, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert xp.job_counts == {JobState.DONE: 2}
    assert sorted(study.ran) == ["shared-0", "shared-1"]


def test_arguments_of_older_versions_are_accepted_with_a_warning(study: Any) -> None:
    with pytest.warns(DeprecationWarning, match="experiment\\(port=…\\) has no effect"):
        study.open(port=12345)
    with pytest.raises(TypeError, match="'prot'"):
        study.open(prot=12345)


# --- leaving


def test_an_exception_leaves_the_running_jobs_and_the_next_run_attaches_to_them(
    study: Any, caplog: pytest.LogCaptureFixture
) -> None:
    task, started, gate = study.gate()
    with pytest.raises(ZeroDivisionError), study.open() as xp:
        task.submit()
        study.step("after", task).submit()
        study.hear(started)
        raise ZeroDivisionError
    assert xp.status is RunStatus.FAILED
    assert "1 job is still running and will go on" in caplog.text
    again, _, _ = study.gate()
    with study.open() as xp:
        again.submit()
        last = study.step("after", again).submit()
        gate.write_text("go")
    assert again.job.state is last.job.state is JobState.DONE
    assert study.ran == ["gate", "after"]
    assert xp.status is RunStatus.DONE


def test_a_graceful_exit_detaches_and_is_not_passed_on(study: Any) -> None:
    task, started, gate = study.gate()
    xp: experiment = study.open()
    with xp:
        task.submit()
        study.hear(started)
        raise GracefulExperimentExit
    assert xp.status is RunStatus.DETACHED
    gate.write_text("go")
    assert task.job.wait() is JobState.DONE


def test_an_experiment_that_was_left_takes_no_more_tasks(study: Any) -> None:
    with study.open() as xp:
        pass
    from xpm_config.runtime import submitting

    with submitting(xp), pytest.raises(ExperimentStopped, match="has ended"):
        study.step("late").submit()
    with pytest.raises(NoExperiment):
        experiment.current()


def test_a_second_run_in_the_same_thread_is_refused_instead_of_waiting_for_ever(
    study: Any,
) -> None:
    with study.open() as xp:
        assert experiment.current() is xp
        with pytest.raises(ExperimentLocked, match="this very thread"):
            study.open().__enter__()
    with study.open():
        pass


def test_a_project_that_is_not_committed_is_refused_before_anything_is_written(
    study: Any,
) -> None:
    import subprocess

    from xpm_scheduler.errors import DirtyGitError

    subprocess.run(["git", "-C", str(study.root), "init"], check=True, capture_output=True)
    (study.root / "new.py").touch()
    for _ in range(2):  # the lock is free after the first one
        with pytest.raises(DirtyGitError):
            study.open(dirty_git="error").__enter__()
    folder = study.workdir / "experiments" / "test"
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


# --- waiting and callbacks


def test_on_completed_is_called_once_before_wait_returns_and_may_submit(study: Any) -> None:
    called: list[str] = []

    def next_one() -> None:
        called.append(threading.current_thread().name)
        study.step("next").submit()

    with study.open() as xp:
        task = study.step("first")
        task.on_completed(next_one)
        task.submit()
        xp.wait()
        assert called == ["xpm-callbacks"]
    assert study.ran == ["first", "next"]
    with study.open():
        task = study.step("first")
        task.on_completed(next_one)
        task.submit()
    assert len(called) == 2


def test_a_callback_that_fails_is_reported_and_fails_the_run(
    study: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with study.open() as xp:
        task = study.step("first")
        task.on_completed(lambda: [][0])
        task.submit()
    assert "IndexError" in caplog.text
    assert xp.status is RunStatus.FAILED


def test_waiting_for_the_experiment_in_a_callback_is_refused(study: Any) -> None:
    caught: list[Exception] = []

    def wait() -> None:
        try:
            xp.wait()
        except WaitInCallback as error:
            caught.append(error)

    with study.open() as xp:
        task = study.step("first")
        task.on_completed(wait)
        task.submit()
    assert len(caught) == 1


def test_a_job_can_be_awaited_in_a_running_loop(study: Any) -> None:
    async def notebook() -> JobState:
        with study.open():
            task = study.step("first").submit()
            state: JobState = await task.job
        return state

    assert asyncio.run(notebook()) is JobState.DONE


def test_two_experiments_share_a_job(study: Any) -> None:
    with study.open("one") as one, study.open("two") as two:
        task, started, gate = study.gate()
        task.submit()
        study.hear(started)
        assert experiment.current() is two
        from xpm_config.runtime import submitting

        with submitting(one):
            again, _, _ = study.gate()
            again.submit()
        assert again.job is task.job
        gate.write_text("go")
    assert one.job_counts == two.job_counts == {JobState.DONE: 1}
    assert study.ran == ["gate"]


def test_a_task_of_an_earlier_experiment_can_be_used_in_a_later_one(study: Any) -> None:
    with study.open("one"):
        first = study.step("first").submit()
    with study.open("two") as two:
        study.step("second", first).submit()
    assert study.ran == ["first", "second"]
    assert two.job_counts == {JobState.DONE: 1}


# --- transient jobs


def test_a_transient_job_runs_when_needed_and_its_folder_is_removed_at_the_end(
    study: Any,
) -> None:
    with study.open() as xp:
        unused = study.step("unused").submit(transient=TransientMode.TRANSIENT)
        used = study.step("used").submit(transient=TransientMode.REMOVE)
        study.step("user", used).submit()
    assert study.ran == ["used", "user"]
    assert unused.job.state is JobState.TRANSIENT
    assert not unused.job.path.exists()
    assert not used.job.path.exists()
    assert xp.status is RunStatus.DONE
    with study.open():
        used = study.step("used").submit(transient=TransientMode.REMOVE)
        study.step("user", used).submit()
    assert study.ran == ["used", "user"]


# --- run modes


def test_a_dry_run_says_what_would_run_and_touches_nothing(
    study: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with study.open(run_mode=RunMode.DRY_RUN) as xp:
        first = study.step("first").submit()
        study.step("second", first).submit()
        with pytest.raises(NotInThisMode):
            _ = xp.resultspath
    assert xp.run_id == "dry-run"
    assert not study.workdir.exists()
    said = capsys.readouterr().err
    assert said.count("[not run] Simulating study_tasks.step/") == 2
    assert f"depends on: {Path(first.job.relpath)}" in said


def test_a_dry_run_tells_what_is_done(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with study.open():
        study.step("first").submit()
    with study.open(run_mode="dry-run"):
        task = study.step("first").submit()
        assert task.job.wait() is JobState.DONE
    assert "[done] Simulating" in capsys.readouterr().err


def test_generating_writes_the_files_of_a_job_and_runs_nothing(study: Any) -> None:
    with study.open(run_mode=RunMode.GENERATE_ONLY):
        task = study.step("first").submit()
    assert study.folder(task).params.exists()
    assert study.folder(task).script.exists()
    assert study.ran == []
    assert not (study.workdir / "experiments").exists()


# --- saving


def test_what_an_experiment_saved_is_loaded_from_its_newest_run_that_succeeded(
    study: Any,
) -> None:
    with study.open("first") as xp:
        xp.save(study.tasks.Model.C(path=Path("good")), "model")
    with study.open("first") as xp:
        xp.save(study.tasks.Model.C(path=Path("bad")), "model")
        study.fail("fail").submit()
    with study.open("second") as xp:
        assert xp.load("first", "model").path == Path("good")


def test_loading_what_was_never_saved_says_what_there_is(study: Any) -> None:
    with study.open("first") as xp:
        xp.save(study.tasks.Model.C(path=Path("good")), "model")
        with pytest.raises(NothingSaved, match=r"no run"):
            xp.load("first", "model")
    with study.open("second") as xp:
        with pytest.raises(NothingSaved, match=r"experiments: first, second"):
            xp.load("frist")
        with pytest.raises(NothingSaved, match=r"names: model"):
            xp.load("first", "modle")
        with pytest.raises(NothingSaved, match=r"has no run '1'"):
            xp.load("first", "model", run_id="1")

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xpm_config.modes import RunMode
from xpm_config.runtime import (
    JobHandle,
    SubmitRequest,
    current_runtime,
    current_submitter,
    set_runtime,
    submitting,
)


class Submitter:
    workspace_path = Path("/w")
    run_mode = RunMode.NORMAL

    def submit(self, task: Any, request: SubmitRequest) -> JobHandle:
        raise AssertionError("not called")

    def add_action(self, action: Any) -> str:
        raise AssertionError("not called")


class Runtime:
    task_path = Path("/job")

    def progress(self, value: float, level: int, desc: str | None) -> None: ...
    def remaining_time(self) -> float | None:
        return 3.0

    def task_output(self, key: str, args: list[Any], kwargs: dict[str, Any]) -> None: ...
    def report(self, values: dict[str, Any]) -> None: ...


@pytest.fixture(autouse=True)
def no_runtime() -> Iterator[None]:
    yield
    set_runtime(None)


def test_there_is_no_submitter_outside_an_experiment() -> None:
    assert current_submitter() is None


def test_the_innermost_submitter_is_the_current_one() -> None:
    outer, inner = Submitter(), Submitter()
    with submitting(outer):
        with submitting(inner):
            assert current_submitter() is inner
        assert current_submitter() is outer
    assert current_submitter() is None


def test_a_thread_of_the_user_gets_the_last_submitter() -> None:
    submitter = Submitter()
    found: list[object] = []
    with submitting(submitter):
        thread = threading.Thread(target=lambda: found.append(current_submitter()))
        thread.start()
        thread.join()
    assert found == [submitter]


def test_a_submitter_that_leaves_out_of_order_removes_only_itself() -> None:
    first, second = Submitter(), Submitter()
    one, two = submitting(first), submitting(second)
    with one:
        two.__enter__()
    assert current_submitter() is second
    two.__exit__(None, None, None)
    assert current_submitter() is None


def test_the_default_runtime_does_nothing() -> None:
    runtime = current_runtime()
    runtime.progress(0.5, 0, "half")
    runtime.task_output("key", [], {})
    assert runtime.remaining_time() is None
    assert runtime.task_path is None


def test_a_runtime_is_set_and_removed() -> None:
    runtime = Runtime()
    set_runtime(runtime)
    assert current_runtime() is runtime
    set_runtime(None)
    assert current_runtime().task_path is None

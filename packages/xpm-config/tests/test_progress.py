import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xpm_config.progress import ProgressBar, progress, remaining_time
from xpm_config.runtime import set_runtime

# `xpm_config.progress` is the function: the package keeps the module of this name aside
module: Any = importlib.import_module("xpm_config.progress")


class Recorder:
    """A runtime that keeps what it is told."""

    task_path: Path | None = Path("/job")

    def __init__(self) -> None:
        self.reports: list[tuple[float, int, str | None]] = []

    def progress(self, value: float, level: int, desc: str | None) -> None:
        self.reports.append((value, level, desc))

    def remaining_time(self) -> float | None:
        return 12.5

    def task_output(self, key: str, args: list[Any], kwargs: dict[str, Any]) -> None: ...
    def report(self, values: dict[str, Any]) -> None: ...


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    runtime = Recorder()
    set_runtime(runtime)
    yield runtime
    set_runtime(None)


@pytest.fixture(params=["installed", "missing"])
def tqdm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class `tqdm`, with the usual package and without it."""
    if request.param == "missing":
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    return module._make_tqdm()


def test_outside_a_job_progress_is_harmless() -> None:
    progress(0.5, desc="half")
    assert remaining_time() is None


def test_a_change_of_one_percent_or_less_is_not_reported(recorder: Recorder) -> None:
    for step in range(1001):
        progress(step / 1000)
    assert len(recorder.reports) <= 101
    assert recorder.reports[0] == (0.0, 0, None)
    assert recorder.reports[-1][0] == 1.0


def test_a_new_description_is_reported(recorder: Recorder) -> None:
    progress(0.5, desc="a")
    progress(0.5, desc="a")
    progress(0.5, desc="b")
    assert recorder.reports == [(0.5, 0, "a"), (0.5, 0, "b")]


def test_a_shallower_level_clears_those_below(recorder: Recorder) -> None:
    progress(0.1)
    progress(0.5, level=1)
    progress(0.2)
    progress(0.5, level=1)
    assert recorder.reports == [(0.1, 0, None), (0.5, 1, None), (0.2, 0, None), (0.5, 1, None)]


def test_a_level_may_be_reported_before_those_above(recorder: Recorder) -> None:
    progress(0.5, level=2)
    progress(0.5, level=2)
    progress(0.0, level=0)
    assert recorder.reports == [(0.5, 2, None), (0.0, 0, None)]


def test_progress_of_one_job_does_not_hide_that_of_the_next(recorder: Recorder) -> None:
    progress(0.5)
    second = Recorder()
    set_runtime(second)
    progress(0.5)
    assert second.reports == [(0.5, 0, None)]


def test_progress_is_printed_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    progress(0.25, desc="epochs", console=True)
    assert "epochs" in capsys.readouterr().err


def test_the_remaining_time_is_that_of_the_runtime(recorder: Recorder) -> None:
    assert remaining_time() == 12.5


def test_a_bar_goes_through_its_iterable_and_reports(tqdm: Any, recorder: Recorder) -> None:
    assert list(tqdm(["a", "b", "c", "d"], disable=False, desc="letters")) == ["a", "b", "c", "d"]
    values = [value for value, level, _ in recorder.reports if level == 0]
    assert values == [0.25, 0.5, 0.75, 1.0]


def test_a_bar_without_a_total_reports_nothing(tqdm: Any, recorder: Recorder) -> None:
    assert list(tqdm(iter([1, 2]))) == [1, 2]
    assert recorder.reports == []


def test_a_bar_can_be_moved_by_hand(tqdm: Any, recorder: Recorder) -> None:
    with tqdm(total=2, mininterval=0) as bar:
        bar.update(1)
        bar.update(1)
        assert bar.n == 2
    assert recorder.reports[-1][0] == 1.0


def test_bars_inside_bars_have_levels_of_their_own(tqdm: Any, recorder: Recorder) -> None:
    for _ in tqdm([1, 2], mininterval=0):
        for _ in tqdm([1, 2], mininterval=0):
            pass
    assert {level for _, level, _ in recorder.reports} == {0, 1}


def test_the_small_bar_knows_its_length() -> None:
    assert len(ProgressBar([1, 2])) == 2
    with pytest.raises(TypeError, match="total"):
        len(ProgressBar(iter([1])))
    with pytest.raises(TypeError, match="update"):
        list(ProgressBar(total=3))


def test_the_name_tqdm_is_a_class_that_users_can_subclass() -> None:
    class Bar(module.tqdm):  # type: ignore[misc]
        pass

    assert list(Bar([1, 2], disable=True)) == [1, 2]

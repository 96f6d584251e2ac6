"""Tables of results: what varies, what was reported, means over seeds."""

import importlib.util
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_config.config import Config
from xpm_config.errors import SerializationError
from xpm_config.fields import Meta, Param, PathGenerator, field
from xpm_config.jsonio import encode, write_json
from xpm_config.serialization import ObjectStream, load_xp_info
from xpm_config.serialization.results import JobResult, Results, Summary, read_results, spread
from xpm_config.tags import tag
from xpm_config.tasks import Task


class Model(Config):
    size: Param[int] = field(default=3, ignore_default=True)


class Train(Task):
    lr: Param[float]
    seed: Param[int]
    model: Param[Model]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))

    def execute(self) -> None: ...


def write_run(experiment: Any, workspace: Path) -> Path:
    """A run as a scheduler writes it, in a workspace."""
    run = workspace / "experiments" / "sweep" / "20260101_000000"
    run.mkdir(parents=True)
    stream, objects, jobs = ObjectStream(), [], []
    for task, _ in experiment.requests:
        objects += stream.definitions(task)
        info = task.__xpm__
        job = {
            "job_id": str(info.identifier),
            "task_id": info.xpmtype.name,
            "tags": dict(task.tags()),
        }
        jobs.append(job)
    (run / "objects.jsonl").write_text("".join(encode(line) + "\n" for line in objects))
    (run / "jobs.jsonl").write_text("".join(encode(line) + "\n" for line in jobs))
    return run


def report(workspace: Path, task: Any, values: Any, name: str = "results.json") -> None:
    info = task.__xpm__
    folder = workspace / "jobs" / info.xpmtype.name / str(info.identifier)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / name, values)


def test_a_row_per_job_with_what_varies_and_what_was_reported(
    experiment: Any, tmp_path: Path
) -> None:
    tasks = [
        Train.C(lr=tag(lr), seed=1, model=Model.C(size=size)) for lr, size in [(0.1, 3), (0.2, 5)]
    ]
    for task, accuracy in zip(tasks, (0.5, 0.75), strict=True):
        task.submit()
        report(tmp_path, task, {"accuracy": accuracy, "test": {"f1": accuracy / 2}})

    info = load_xp_info(write_run(experiment, tmp_path))

    assert info.results().rows() == [
        {"lr": 0.1, "model.size": 3, "accuracy": 0.5, "test.f1": 0.25},
        {"lr": 0.2, "model.size": 5, "accuracy": 0.75, "test.f1": 0.375},
    ]


def test_jobs_that_reported_nothing_have_a_row_and_another_file_can_be_named(
    experiment: Any, tmp_path: Path
) -> None:
    tasks = [Train.C(lr=lr, seed=1, model=Model.C()) for lr in (0.1, 0.2)]
    for task in tasks:
        task.submit()
    report(tmp_path, tasks[0], [1, 2], "scores.json")
    run = write_run(experiment, tmp_path)

    assert read_results(run).rows() == [{"lr": 0.1}, {"lr": 0.2}]
    assert read_results(run, file="scores.json").rows() == [
        {"lr": 0.1, "scores": [1, 2]},
        {"lr": 0.2, "scores": None},
    ]


def job(parameters: dict[str, Any], values: dict[str, Any], **more: Any) -> JobResult:
    named = {"job_id": "", "task_id": "fit", "tags": {}, "source": {}, **more}
    return JobResult(parameters=parameters, values=values, **named)


def test_seeds_are_grouped_over_with_mean_deviation_and_number() -> None:
    results = Results(
        tuple(
            job({"lr": lr, "model.seed": seed}, {"accuracy": value, "kind": "svm"})
            for lr, seed, value in [(0.1, 1, 0.5), (0.1, 2, 0.7), (0.2, 1, 0.9)]
        )
    )

    first, second = results.grouped()

    assert first == {"lr": 0.1, "accuracy": Summary(0.6, math.sqrt(0.02), 2), "kind": "svm"} | {
        "accuracy": first["accuracy"]
    }
    assert (first["accuracy"].n, round(first["accuracy"].deviation, 12)) == (2, 0.141421356237)
    assert second["accuracy"] == Summary(0.9, None, 1)
    assert spread(second) == {
        "lr": 0.2,
        "accuracy_mean": 0.9,
        "accuracy_std": None,
        "accuracy_n": 1,
        "kind": "svm",
    }


@given(st.lists(st.floats(-1e6, 1e6), min_size=2))
def test_the_mean_of_any_values_lies_between_them(values: list[float]) -> None:
    results = Results(tuple(job({"seed": i}, {"x": x}) for i, x in enumerate(values)))

    (row,) = results.grouped()

    assert row["x"].n == len(values)
    slack = 1e-6
    assert min(values) - slack <= row["x"].mean <= max(values) + slack
    assert row["x"].deviation >= 0


@pytest.mark.parametrize(
    "values", [[math.inf, -math.inf], [1e308, 1e308, 1e308], [math.nan, 1.0], [10**400, 1]]
)
def test_values_without_a_mean_give_no_number_and_no_error(values: list[float]) -> None:
    (row,) = Results(tuple(job({"seed": i}, {"x": x}) for i, x in enumerate(values))).grouped()

    assert not math.isfinite(row["x"].mean)


def test_a_data_frame_has_the_rows_where_pandas_is_installed() -> None:
    results = Results(tuple(job({"seed": i}, {"x": float(i)}) for i in range(3)))
    if importlib.util.find_spec("pandas") is None:
        with pytest.raises(ModuleNotFoundError, match="pandas"):
            results.to_pandas()
        return
    assert list(results.to_pandas().columns) == ["seed", "x"]
    assert list(results.to_pandas(over=["seed"]).columns) == ["x_mean", "x_std", "x_n"]


def test_a_tag_and_a_parameter_of_the_same_name_are_told_apart_only_when_they_differ() -> None:
    same = Results(tuple(job({"lr": lr}, {}, tags={"lr": lr}) for lr in (1, 2)))
    other = Results(tuple(job({"lr": -lr}, {"lr": 0}, tags={"lr": lr}) for lr in (1, 2)))

    assert same.varying() == ["lr"]
    assert other.rows() == [
        {"lr": 1, "lr (parameter)": -1, "lr (reported)": 0},
        {"lr": 2, "lr (parameter)": -2, "lr (reported)": 0},
    ]


def test_a_parameter_of_one_task_only_does_not_vary_because_another_task_lacks_it() -> None:
    results = Results((job({"a": 1}, {}), job({"b": 1}, {}, task_id="test")))

    assert results.varying() == ["task"]


def test_what_is_no_run_or_is_damaged_is_told(experiment: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"is not the folder of a run"):
        read_results(tmp_path)
    task = Train.C(lr=0.1, seed=1, model=Model.C())
    task.submit()
    report(tmp_path, task, {})
    folder = tmp_path / "jobs" / task.__xpm__.xpmtype.name / str(task.__xpm__.identifier)
    run = write_run(experiment, tmp_path)
    (folder / "results.json").write_text("{")
    with pytest.raises(SerializationError, match=r"results\.json is not valid JSON"):
        read_results(run)
    (folder / "results.json").write_bytes(b"\xff")
    with pytest.raises(SerializationError, match=r"not text in UTF-8"):
        read_results(run)

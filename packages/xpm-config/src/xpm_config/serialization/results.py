"""What the jobs of a run reported beside what varies: read without the code of the user."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xpm_config.errors import SerializationError
from xpm_config.jsonio import read_json, read_json_lines
from xpm_config.reporting import RESULTS_FILE

__all__ = ["JobResult", "Results", "Summary", "flat_parameters", "read_results"]


@dataclass(frozen=True, slots=True)
class JobResult:
    """What one job reported.

    Attributes:
        job_id: Its identifier.
        task_id: Its task.
        parameters: The parameters of the task and of all the configurations below it, by their
            path with dots; paths of files are left out.
        tags: Its tags.
        values: What the task reported; empty when it reported nothing (yet).
        source: Where the job was submitted, e.g. `{"experiment": "sweep"}`.
    """

    job_id: str
    task_id: str
    parameters: Mapping[str, Any]
    tags: Mapping[str, Any]
    values: Mapping[str, Any]
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """What several jobs reported under one name.

    Attributes:
        mean: Their mean.
        deviation: Their sample standard deviation (over n - 1); None for a single one.
        n: How many reported a number.
    """

    mean: float
    deviation: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Results:
    """A table of results: a row per job; as columns, what varies and what was reported.

    Attributes:
        jobs: The jobs, in the order in which they were submitted.
    """

    jobs: tuple[JobResult, ...]

    def where(self, keep: Callable[[JobResult], object]) -> Results:
        """The table of those jobs only."""
        return Results(tuple(job for job in self.jobs if keep(job)))

    def varying(self) -> list[str]:
        """The columns that tell the jobs apart: task, source, tags, then parameters.

        A parameter is there when it varies between the jobs of one task, and no tag says the same.
        """
        found: dict[str, list[str]] = {}
        for name, column in self._columns().items():
            values = [_key(column(job)) for job in self.jobs]
            if name == "task":
                varies = len(set(values)) > 1
            else:
                by_task: dict[str, set[str]] = {}
                for job, value in zip(self.jobs, values, strict=True):
                    by_task.setdefault(job.task_id, set()).add(value)
                varies = any(len(seen) > 1 for seen in by_task.values())
            if varies and values not in found.values():
                found[name] = values
        return list(found)

    def reported(self) -> list[str]:
        """The names under which something was reported, nested ones with dots."""
        return list(dict.fromkeys(name for job in self.jobs for name in _flat(job.values)))

    def rows(self) -> list[dict[str, Any]]:
        """A row per job: what varies, then what was reported; None where a job has nothing."""
        columns, varying, reported = self._columns(), self.varying(), self.reported()
        rows = []
        for job in self.jobs:
            values = _flat(job.values)
            row = {name: columns[name](job) for name in varying}
            row.update({_apart(name, row): values.get(name) for name in reported})
            rows.append(row)
        return rows

    def grouped(self, over: Iterable[str] = ("seed",)) -> list[dict[str, Any]]:
        """A row per group of jobs that differ in `over` only; numbers become a `Summary`.

        Args:
            over: Columns, by their whole name or its last part: `seed` is `model.seed` too.
        """
        names = set(over)
        columns, reported = self._columns(), self.reported()
        kept = [n for n in self.varying() if not {n, n.rpartition(".")[2]} & names]
        groups: dict[tuple[str, ...], list[JobResult]] = {}
        for job in self.jobs:
            groups.setdefault(tuple(_key(columns[n](job)) for n in kept), []).append(job)
        rows = []
        for jobs in groups.values():
            row = {name: columns[name](jobs[0]) for name in kept}
            values = [_flat(job.values) for job in jobs]
            row.update({_apart(n, row): _summary([v.get(n) for v in values]) for n in reported})
            rows.append(row)
        return rows

    def to_pandas(self, over: Iterable[str] | None = None) -> Any:
        """The table as a data frame.

        Args:
            over: Group over these columns, as `grouped` does; a value `x` then gives the columns
                `x_mean`, `x_std` and `x_n`.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        import pandas  # type: ignore[import-untyped, unused-ignore]  # lazy: optional

        rows = self.rows() if over is None else [spread(row) for row in self.grouped(over)]
        return pandas.DataFrame(rows)

    def _columns(self) -> dict[str, Callable[[JobResult], Any]]:
        """How to get each possible column of a job."""
        columns: dict[str, Callable[[JobResult], Any]] = {"task": lambda job: job.task_id}
        for kind in ("source", "tags", "parameters"):
            for name in dict.fromkeys(n for job in self.jobs for n in getattr(job, kind)):
                columns.setdefault(name, _getter(kind, name))
                if columns[name].__doc__ != kind:
                    columns[f"{name} (parameter)"] = _getter(kind, name)
        return columns


def spread(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `grouped` with three columns in the place of each `Summary`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Summary):
            flat |= {f"{name}_mean": value.mean, f"{name}_std": value.deviation}
            flat[f"{name}_n"] = value.n
        else:
            flat[name] = value
    return flat


def _getter(kind: str, name: str) -> Callable[[JobResult], Any]:
    def get(job: JobResult) -> Any:
        return getattr(job, kind).get(name)

    get.__doc__ = kind  # tells a column of tags from the parameter of the same name
    return get


def _apart(name: str, row: Mapping[str, Any]) -> str:
    return f"{name} (reported)" if name in row else name


def _key(value: Any) -> str:
    """What tells two values apart, whatever their kind: `1` and `1.0` are the same, `True` not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(value)


def _summary(values: Sequence[Any]) -> Any:
    """Numbers as a `Summary`; anything else as it is when all agree, else None."""
    there = [value for value in values if value is not None]
    numbers = [v for v in there if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if not there or len(numbers) < len(there):
        return there[0] if there and all(value == there[0] for value in there) else None
    numbers = [_as_float(value) for value in numbers]
    n = len(numbers)
    mean = _total(numbers) / n
    if n == 1:
        return Summary(mean, None, n)
    squares = _total([(value - mean) * (value - mean) for value in numbers])
    return Summary(mean, math.sqrt(squares / (n - 1)), n)


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of more than 300 digits
        return math.inf if value > 0 else -math.inf


def _total(numbers: Sequence[float]) -> float:
    """An exact sum; NaN when there is none, as for infinities of both signs."""
    try:
        return math.fsum(numbers)
    except (ValueError, OverflowError):
        return math.nan


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values by their path with dots."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        flat.update(_flat(value, f"{path}.") if isinstance(value, dict) else {path: value})
    return flat


def flat_parameters(objects: Mapping[Any, Mapping[str, Any]], root: Any) -> dict[str, Any]:
    """The parameters below a stored task, by their path with dots.

    A configuration below is there too, by the name of its class. Files, and what was met already
    by another way, are left out.

    Args:
        objects: The definitions of `params.json` or `objects.jsonl`, by number.
        root: The number of the task.
    """
    found: dict[str, Any] = {}
    seen: set[Any] = {root}
    fields = objects.get(root, {}).get("fields") or {}
    stack: list[tuple[str, Any]] = [(name, value) for name, value in reversed(fields.items())]
    while stack:
        path, value = stack.pop()
        kind = value.get("type") if isinstance(value, dict) else None
        if kind == "python":
            number = value["value"]
            below = objects.get(number, {})
            if number not in seen:
                seen.add(number)
                found[path] = str(below.get("type", "")).rpartition(".")[2]
                inner = below.get("fields") or {}
                stack += [(f"{path}.{name}", v) for name, v in reversed(inner.items())]
        elif kind == "enum":
            found[path] = value["value"]
        elif isinstance(kind, str):
            continue  # a file, or what only Python can tell
        elif isinstance(value, dict):
            stack += [(f"{path}.{name}", v) for name, v in reversed(value.items())]
        elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
            stack += [(f"{path}.{i}", v) for i, v in reversed(list(enumerate(value)))]
        else:
            found[path] = value
    return found


def read_results(
    run: Path | str, *, file: str = RESULTS_FILE, source: Mapping[str, Any] | None = None
) -> Results:
    """What the jobs of a run reported; nothing of the user's code is imported.

    Args:
        run: The folder of the run, in its workspace.
        file: The file that holds what was reported, in the folder of each job: another one than
            `results.json` for tasks that write a file of their own.
        source: Kept in each `JobResult`.

    Raises:
        FileNotFoundError: It is not the folder of a run.
        SerializationError: A file is damaged.

    Complexity: linear in the size of the records of the run, and one small file per job.
    """
    run = Path(run).resolve()
    jobs_file, objects_file = run / "jobs.jsonl", run / "objects.jsonl"
    if not objects_file.is_file():
        raise FileNotFoundError(f"{run} is not the folder of a run: it has no file objects.jsonl.")
    objects = {item["id"]: item for _, item in read_json_lines(objects_file)}
    numbers = {item.get("identifier"): number for number, item in objects.items()}
    folders = run.parents[2] / "jobs"
    found: dict[str, JobResult] = {}
    for _, line in read_json_lines(jobs_file) if jobs_file.is_file() else ():
        job_id, task_id = line["job_id"], line["task_id"]
        found[job_id] = JobResult(
            job_id,
            task_id,
            flat_parameters(objects, numbers.get(job_id)),
            line.get("tags") or {},
            _read_values(folders / task_id / job_id / file),
            source or {},
        )
    return Results(tuple(found.values()))


def _read_values(path: Path) -> dict[str, Any]:
    """The values of a file; a list or a number alone is under the name of the file."""
    try:
        content = read_json(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError as error:
        raise SerializationError(f"{path} is not text in UTF-8.") from error
    return content if isinstance(content, dict) else {path.stem: content}

"""Measures the store and prints a table in markdown: `python packages/xpm-store/bench/run.py`.

Options: the sizes of the workspaces (default 1000 10000 100000), `--rows N` for the pages,
`--folder` where to make them: in memory where there is one, so that the disk is not measured.

Times are of the clock, and in brackets of the processor: on a machine that does other things too,
the second is what this code costs.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Made, end_jobs, job_of, make, make_run, progress, start_jobs
from live import measure_events, measure_files, measure_watching
from pages import filled_index
from xpm_store.index import Index

PAGES = [
    None,
    '@state = "error"',
    '@state = "running"',
    '@state in ["error", "running"]',
    '@name = "lab.tasks.task3"',
    "lr = 0.01",
    'model = "model-7" and @state = "error"',
    "seed = 123456",
    'lr = 0.001 and @name = "lab.tasks.task3" and @state = "done"',
    # each is true of many jobs, together of none
    'lr = 0.01 and @name = "lab.tasks.task3"',
    'model = "model-8" and @state = "error"',
    '@name = "lab.tasks.task3" and @state = "error"',
    'lr = 0.01 and model = "model-8"',
    'lr = 0.01 and model = "model-8" and @state = "done"',
    'model in ["model-1", "model-2"] or @state = "error"',
]


@dataclass(frozen=True)
class Took:
    """Seconds of the clock, and of the processor."""

    clock: float
    processor: float

    def ms(self, digits: int = 1) -> str:
        return f"{self.clock * 1000:.{digits}f} ms ({self.processor * 1000:.{digits}f})"


def took(work: Callable[[], object], times: int = 5) -> Took:
    """The median times of some work."""
    found = []
    for _ in range(times):
        begin, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - begin, time.process_time() - cpu))
    clocks, processors = zip(*found, strict=True)
    return Took(statistics.median(clocks), statistics.median(processors))


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(what: str, value: str, target: str = "") -> None:
    print(f"| {what} | {value} | {target} |", flush=True)


def measure_sync(made: Made) -> None:
    count, workspace = len(made.jobs), made.workspace
    size, before = f"{count:,} jobs", memory_mb()
    with Index.open(workspace) as index:
        begin = time.perf_counter()
        nothing = took(index.sync, 1)
        line(
            f"index from nothing, {size}",
            f"{nothing.clock:.2f} s ({nothing.processor:.2f}), "
            f"{count / nothing.clock:,.0f} jobs/s, +{memory_mb() - before:.0f} MiB",
            "≥ 10,000 jobs/s",
        )
        time.sleep(max(0.0, 2.5 - (time.perf_counter() - begin)))  # folders are fresh for 2 s
        index.sync()
        nothing = took(index.sync)
        line(f"sync, nothing changed, {size}", nothing.ms(), "≤ 300 ms at 100,000")
        jobs = [job_of(10_000_000 + n) for n in range(100)]
        start_jobs(workspace, jobs)
        make_run(workspace, "live", jobs)
        for name, change in (
            ("100 jobs started", lambda: None),
            ("100 jobs progressed", lambda: progress(workspace, jobs, 0.5)),
            ("100 jobs ended", lambda: end_jobs(workspace, jobs)),
        ):
            change()
            line(f"sync after {name}, {size}", took(index.sync, 1).ms(), "≤ 50 ms more")
        one = took(lambda: index.sync(experiment="live"))
        line(f"sync of one experiment, {size}", one.ms(2))
        line(f"experiments and their counts, {size}", took(index.experiments).ms(2))


def measure_pages(folder: Path, rows: int) -> None:
    with filled_index(folder, rows) as index:
        for where in PAGES:
            page = took(lambda where=where: index.jobs(where=where, limit=100))  # type: ignore[misc]
            line(f"page of 100 at {rows:,} rows: `{where}`", page.ms(), "≤ 10 ms")
        last = index.jobs(limit=100)[-1]
        deep = index.jobs(where="lr = 0.01", limit=5000)[-1]
        for name, after in (("second", last), ("51st", deep)):
            page = took(lambda after=after: index.jobs(limit=100, after=after))  # type: ignore[misc]
            line(f"{name} page", page.ms(), "≤ 10 ms")
        job = index.jobs(limit=1)[0].job_id[:12]
        line("find a job by 12 digits", took(lambda: index.find_job(job)).ms(2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 10_000, 100_000])
    parser.add_argument("--rows", type=int, default=1_000_000)
    memory = Path("/dev/shm")
    parser.add_argument("--folder", type=Path, default=memory if memory.is_dir() else None)
    chosen = parser.parse_args()
    print("| what | measured | to reach |\n| --- | --- | --- |")
    folder = Path(tempfile.mkdtemp(prefix="xpm-bench-", dir=chosen.folder))
    try:
        for count in chosen.sizes:
            made = make(folder / str(count), count)
            measure_sync(made)
            shutil.rmtree(made.workspace.root)
        if chosen.rows:
            measure_pages(folder / "rows", chosen.rows)
            shutil.rmtree(folder / "rows")
        for row in (
            *measure_events(),
            *measure_watching(folder / "watched"),
            *measure_files(folder / "job"),
        ):
            line(*row)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

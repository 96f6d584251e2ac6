"""Measures the store and prints a table in markdown: `python packages/xpm-store/bench/run.py`.

Options: the sizes of the workspaces (default 1000 10000 100000), `--rows N` for the pages.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Made, end_jobs, job_of, make, make_run, progress, start_jobs
from pages import filled_index
from xpm_store.events import JobProgressed
from xpm_store.index import Index
from xpm_store.state import JobView, fold

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


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median time of some work."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(what: str, value: str, target: str = "") -> None:
    print(f"| {what} | {value} | {target} |", flush=True)


def measure_sync(made: Made) -> None:
    count, workspace = len(made.jobs), made.workspace
    before = memory_mb()
    begin = time.perf_counter()
    with Index.open(workspace) as index:
        cpu = time.process_time()
        index.sync()
        took, cpu = time.perf_counter() - begin, time.process_time() - cpu
        size = f"{count:,} jobs"
        line(
            f"index from nothing, {size}",
            f"{took:.2f} s ({cpu:.2f} s of CPU), {count / took:,.0f} jobs/s, "
            f"+{memory_mb() - before:.0f} MiB",
            "≥ 10,000 jobs/s",
        )
        time.sleep(max(0.0, 2.5 - (time.perf_counter() - begin)))  # folders are fresh for 2 s
        index.sync()
        nothing = seconds(index.sync)
        line(f"sync, nothing changed, {size}", f"{nothing * 1000:.1f} ms", "≤ 300 ms at 100,000")
        made_jobs = [job_of(10_000_000 + n) for n in range(100)]
        start_jobs(workspace, made_jobs)
        make_run(workspace, "live", made_jobs)
        for name, change in (
            ("100 jobs started", lambda: None),
            ("100 jobs progressed", lambda: progress(workspace, made_jobs, 0.5)),
            ("100 jobs ended", lambda: end_jobs(workspace, made_jobs)),
        ):
            change()
            more = seconds(index.sync, 1) - nothing
            line(f"sync after {name}, {size}", f"{more * 1000:+.1f} ms", "≤ 50 ms more")
        one = seconds(lambda: index.sync(experiment="live"))
        line(f"sync of one experiment, {size}", f"{one * 1000:.2f} ms")


def measure_pages(folder: Path, rows: int) -> None:
    with filled_index(folder, rows) as index:
        for where in PAGES:
            took = seconds(lambda where=where: index.jobs(where=where, limit=100))  # type: ignore[misc]
            line(f"page of 100 at {rows:,} rows: `{where}`", f"{took * 1000:.2f} ms", "≤ 10 ms")
        last = index.jobs(limit=100)[-1]
        deep = index.jobs(where="lr = 0.01", limit=5000)[-1]
        for name, after in (("second", last), ("51st", deep)):
            took = seconds(lambda after=after: index.jobs(limit=100, after=after))  # type: ignore[misc]
            line(f"{name} page", f"{took * 1000:.2f} ms", "≤ 10 ms")
        job = index.jobs(limit=1)[0].job_id[:12]
        line("find a job by 12 digits", f"{seconds(lambda: index.find_job(job)) * 1000:.2f} ms")


def measure_fold() -> None:
    events = [JobProgressed(1.0, "a", "t", 0, n / 200_000) for n in range(200_000)]
    took = seconds(lambda: fold(events, JobView("a", "t")), 3)
    line("events folded", f"{len(events) / took:,.0f}/s", "≥ 200,000/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 10_000, 100_000])
    parser.add_argument("--rows", type=int, default=1_000_000)
    chosen = parser.parse_args()
    print("| what | measured | to reach |\n| --- | --- | --- |")
    folder = Path(tempfile.mkdtemp(prefix="xpm-bench-"))
    try:
        for count in chosen.sizes:
            made = make(folder / str(count), count)
            measure_sync(made)
            shutil.rmtree(made.workspace.root)
        if chosen.rows:
            measure_pages(folder / "rows", chosen.rows)
        measure_fold()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

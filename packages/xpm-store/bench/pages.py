"""An index of any number of rows, filled without the folders that they would come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generate import TASKS, job_of
from xpm_store.index import Index
from xpm_store.index.jobs import INSERT_ROW, INSERT_TAG
from xpm_store.index.schema import begin_filling, finish_filling
from xpm_store.index.views import row_values, tag_rows
from xpm_store.layout import Workspace
from xpm_store.state import JobView
from xpm_store.states import JobState

PER_RUN = 50_000
CHUNK = 10_000


@contextmanager
def filled_index(root: Path, rows: int) -> Iterator[Index]:
    """An index of `rows` jobs in runs of 50,000: one in 20 failed, one in 10,000 runs."""
    root.mkdir(parents=True)
    with Index.open(Workspace(root)) as index:
        db = index.connection
        db.execute("BEGIN")
        begin_filling(db)
        db.executemany("INSERT INTO tasks (id, task_id) VALUES (?, ?)", list(enumerate(TASKS, 1)))
        for start in range(0, rows, CHUNK):
            run = start // PER_RUN + 1
            if start % PER_RUN == 0:
                db.execute(
                    "INSERT INTO runs (id, experiment_id, run_id, is_current) VALUES (?, ?, ?, 1)",
                    (run, f"sweep-{run}", "20260921_120000"),
                )
            _fill(index, run, range(start, min(rows, start + CHUNK)))
        finish_filling(db)
        db.execute("COMMIT")
        yield index


def _fill(index: Index, run: int, ranks: range) -> None:
    jobs, rows, tags = [], [], []
    for rank in ranks:
        job, number = job_of(rank), rank + 1
        state = JobState.ERROR if rank % 20 == 7 else JobState.DONE
        state = JobState.RUNNING if rank % 10_000 == 9 else state
        view = JobView(
            job.job_id, job.task_id, state, None, job.tags, job.depends_on,
            submitted_at=job.timestamp, scheduler_state=state, is_marked=True,
        )  # fmt: skip
        task = rank % 10 + 1
        jobs.append((number, task, job.job_id))
        rows.append((number, run, number, task, True, *row_values(view, view)))
        tags += tag_rows(number, job.tags.items(), job.timestamp, task, state.value)
    db = index.connection
    db.executemany("INSERT INTO jobs (id, task, job_id) VALUES (?, ?, ?)", jobs)
    db.executemany(INSERT_ROW, rows)
    db.executemany(INSERT_TAG, tags)

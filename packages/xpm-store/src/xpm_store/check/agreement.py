"""The index and the files, compared: both must show the same."""

from __future__ import annotations

from collections.abc import Iterator

from xpm_store.check.findings import Finding, Remedy, Severity
from xpm_store.index import Index, JobRow
from xpm_store.layout import RunFolder, Workspace
from xpm_store.loading import load_run
from xpm_store.state import JobView

__all__ = ["disagreements"]


def disagreements(index: Index) -> list[Finding]:
    """What the index shows otherwise than the files, read one by one, do.

    What goes on while it is compared may look like a disagreement: those that are found are
    looked at again after another sync, and only those that stay are told.

    Complexity: the files of all runs and jobs are read.
    """
    index.sync()
    if not list(_compare(index)):
        return []
    index.sync()
    return list(_compare(index))


def _compare(index: Index) -> Iterator[Finding]:
    workspace = index.workspace
    experiments = {one.experiment_id for one in index.experiments()}
    there = {
        folder.experiment_id: folder.runs()
        for folder in workspace.experiment_folders()
        if folder.runs()
    }
    for name in sorted(experiments ^ there.keys()):
        where = "the index only" if name in experiments else "the files only"
        yield _finding(workspace.experiment(name).path, f"the experiment is in {where}", index)
    for name in sorted(experiments & there.keys()):
        yield from _compare_runs(index, workspace, name, there[name])
    for row in index.orphans():
        if not workspace.job(row.task_id, row.job_id).path.exists():
            problem = "the index knows a folder of a job that no run lists: it is not there"
            yield _finding(workspace.job(row.task_id, row.job_id).path, problem, index)


def _compare_runs(
    index: Index, workspace: Workspace, name: str, runs: list[RunFolder]
) -> Iterator[Finding]:
    rows = {row.run_id: row for row in index.runs(name)}
    folders = {run.run_id: run for run in runs}
    for run_id in sorted(rows.keys() ^ folders.keys()):
        where = "the index only" if run_id in rows else "the files only"
        yield _finding(workspace.experiment(name).run(run_id).path, f"is in {where}", index)
    for run_id in sorted(rows.keys() & folders.keys()):
        run, row = folders[run_id], rows[run_id]
        view = load_run(run).view
        if (row.status, row.is_interrupted) != (view.status, view.is_interrupted):
            said = f"the index says {row.status.value}, the files {view.status.value}"
            yield _finding(run.path, said, index)
        jobs = {job.job_id: job for job in index.jobs(experiment=name, run=run_id)}
        for job_id in sorted(jobs.keys() ^ view.jobs.keys()):
            where = "the index only" if job_id in jobs else "the files only"
            yield _finding(run.path, f"job {job_id} is in {where}", index)
        for job_id in jobs.keys() & view.jobs.keys():
            difference = _difference(jobs[job_id], view.jobs[job_id])
            if difference:
                yield _finding(run.path, f"job {job_id}: {difference}", index)


def _difference(row: JobRow, view: JobView) -> str | None:
    """The first thing that a row and a view say differently."""
    for name in _COMPARED:
        said, read = getattr(row, name), getattr(view, name)
        if name == "depends_on" and not read:
            continue  # 2.x stores none: the index takes them from the objects of the run
        if said != read and not _is_same_time(said, read):
            return f"{name} is {_text(said)} in the index, {_text(read)} in the files"
    return None


_COMPARED = (
    "state", "reason", "tags", "depends_on", "progress", "started_at", "ended_at", "exit_code",
    "retry_count",
)  # fmt: skip


def _is_same_time(said: object, read: object) -> bool:
    """Whether two times differ by what is lost in an ISO string, which events hold."""
    return isinstance(said, float) and isinstance(read, float) and abs(said - read) < 1e-5


def _text(value: object) -> str:
    return str(getattr(value, "value", value))


def _finding(path: object, problem: str, index: Index) -> Finding:
    return Finding(Severity.DAMAGE, index.path, f"{path}: {problem}", Remedy.REBUILD_INDEX)

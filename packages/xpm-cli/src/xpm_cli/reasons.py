"""Why a job is where it is: found in the index, in its folder and in the jobs of the same task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xpm_monitor.model import read_tail
from xpm_store.errors import NoSuchJob
from xpm_store.layout import JobFolder
from xpm_store.records import DiskState, job_state_on_disk
from xpm_store.states import FailureReason, JobState

from xpm_cli import render
from xpm_cli.params_difference import Difference, differences_between
from xpm_cli.stored_task import StoredTask, read_job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_store.index import Index, JobRow

MOST_COMPARED = 300
"""Jobs of the same task that one is compared with, the newest ones."""

_FAILURES = {
    FailureReason.DEPENDENCY: "was not started: a job that it needs failed",
    FailureReason.MEMORY: "failed: it was killed for want of memory",
    FailureReason.TIMEOUT: "failed: its time was over",
    FailureReason.CANCELLED: "was cancelled",
    FailureReason.MISSING_OUTPUTS: "was done, but what it wrote is gone: it runs again when asked",
    FailureReason.DELETED: "was removed",
}


@dataclass(frozen=True, slots=True)
class Nearest:
    """The earlier job of the same task that differs least.

    Attributes:
        row: That job.
        differences: Where it differs, from it to the job that is asked about.
    """

    row: JobRow
    differences: tuple[Difference, ...]


@dataclass(slots=True)
class Explanation:
    """What is known of why a job is where it is.

    Attributes:
        row: The job.
        headline: Its state and the reason, in a sentence without the name of the job.
        details: Lines that say more.
        waits_for: The jobs that it waits for, or whose failure kept it from being started.
        log: The last lines of the standard error of a job that failed by itself.
        nearest: The earlier job of the same task that differs least; None when there is none.
    """

    row: JobRow
    headline: str = ""
    details: list[str] = field(default_factory=list)
    waits_for: list[JobRow] = field(default_factory=list)
    log: tuple[str, ...] = ()
    nearest: Nearest | None = None


def explain(index: Index, row: JobRow) -> Explanation:
    """Why a job runs, waits, failed, ran again or was reused."""
    disk = job_state_on_disk(JobFolder(row.path))
    found = Explanation(row)
    known = _dependencies(index, row)
    if row.state is JobState.DONE:
        _explain_done(found, index, disk)
    elif row.state is JobState.ERROR:
        _explain_error(found, disk, known)
    elif row.state.running():
        _explain_running(found, disk)
    else:
        _explain_waiting(found, known)
    if row.retry_count:
        times = "once" if row.retry_count == 1 else f"{row.retry_count} times"
        found.details.append(f"it was started again {times} after its time was over")
    found.nearest = nearest(index, row)
    return found


def _dependencies(index: Index, row: JobRow) -> list[JobRow]:
    """The jobs that a job needs, as far as the index knows them."""
    found = []
    for job_id in row.depends_on:
        try:
            found.append(index.find_job(job_id))
        except NoSuchJob:
            continue
    return found


def _explain_done(found: Explanation, index: Index, disk: DiskState) -> None:
    row = found.row
    ended = disk.ended_at or row.ended_at
    began = None
    if row.experiment_id:
        runs = {run.run_id: run for run in index.runs(row.experiment_id)}
        began = runs[row.run_id].started_at if row.run_id in runs else None
    if ended is not None and began is not None and ended < began:
        found.headline = (
            f"was reused: it had been done on {render.short_time(ended)}, before the run "
            f"{row.run_id} of {row.experiment_id} began on {render.short_time(began)}"
        )
        found.details.append("nothing that enters its identifier changed since")
    else:
        found.headline = f"ran, and is done since {render.short_time(ended)}"


def _explain_error(found: Explanation, disk: DiskState, known: list[JobRow]) -> None:
    row = found.row
    reason = row.reason or FailureReason.FAILED
    found.headline = _FAILURES.get(reason, "failed")
    failure = disk.failure
    if reason is FailureReason.DEPENDENCY:
        found.waits_for = [other for other in known if other.state is JobState.ERROR]
        return
    if failure is not None:
        if failure.signal:
            found.details.append(f"it was ended by signal {failure.signal}")
        elif failure.code:
            found.details.append(f"exit code {failure.code}")
        if failure.message:
            found.details.append(failure.message)
    folder = JobFolder(row.path)
    found.log = tuple(read_tail(folder.stderr))
    if row.has_folder:
        found.details.append(f"its log is {folder.stderr}")
    found.details.append("it runs again when its experiment is run again")


def _explain_running(found: Explanation, disk: DiskState) -> None:
    row, process = found.row, disk.process
    since = f" since {render.short_time(row.started_at)}" if row.started_at else ""
    found.headline = f"{'runs' if row.state is JobState.RUNNING else 'is being started'}{since}"
    if process is not None:
        host = f" on {process.host}" if process.host else ""
        found.details.append(f"its process is {process.pid}{host} ({process.type})")
        if disk.alive is None:
            found.details.append("whether that process is alive cannot be told from this machine")
    for level in row.progress:
        text = f": {level.desc}" if level.desc else ""
        found.details.append(f"{level.progress:.0%}{text}")


def _explain_waiting(found: Explanation, known: list[JobRow]) -> None:
    found.waits_for = [other for other in known if other.state is not JobState.DONE]
    if found.waits_for:
        found.headline = f"waits for {render.jobs(len(found.waits_for))}"
    elif found.row.state in (JobState.WAITING, JobState.READY):
        found.headline = "waits for a free slot or a token: all that it needs is done"
    elif found.row.state is JobState.TRANSIENT:
        found.headline = "is transient: it runs when a job that needs it does"
    else:
        found.headline = "was submitted and not started"


def nearest(index: Index, row: JobRow) -> Nearest | None:
    """The earlier job of the same task that differs least; of several, the latest.

    Complexity: reads the parameters of at most twice `MOST_COMPARED` jobs.
    """
    mine = read_job(index.workspace, row)
    if mine is None:
        return None
    others = index.jobs(where=f"@name = {_quoted(row.task_id)}", limit=MOST_COMPARED + 1)
    # a run that was pruned leaves its jobs, which are reused as any other
    unlisted = [other for other in index.orphans() if other.task_id == row.task_id]
    others += sorted(unlisted, key=_time_of, reverse=True)[:MOST_COMPARED]
    when = _time_of(row)
    earlier = [other for other in others if other.job_id != row.job_id and _time_of(other) <= when]
    return nearest_of(index, mine, earlier)


def nearest_of(index: Index, task: StoredTask, candidates: Iterable[JobRow]) -> Nearest | None:
    """Of some jobs, the one that differs least from a task; the first of those that do."""
    best: Nearest | None = None
    for other in candidates:
        stored = read_job(index.workspace, other)
        if stored is None:
            continue
        found = differences_between(stored, task)
        if best is None or len(found) < len(best.differences):
            best = Nearest(other, tuple(found))
        if len(found) <= 1:
            break
    return best


def _time_of(row: JobRow) -> float:
    """When a job was first heard of: one that is reused is submitted again later."""
    return min((t for t in (row.started_at, row.submitted_at) if t is not None), default=0.0)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

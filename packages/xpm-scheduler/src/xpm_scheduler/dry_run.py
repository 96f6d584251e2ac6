"""What submitting does when nothing is run: tell what would be and why; at most write files."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from xpm_config.modes import RunMode
from xpm_store.records import DiskState, job_state_on_disk
from xpm_store.states import FailureReason, JobState

from xpm_scheduler.earlier_jobs import Change, EarlierJobs

if TYPE_CHECKING:
    from xpm_scheduler.job import Job

__all__ = ["Simulation"]

_MOST_COMPARED = 1000
"""Jobs that are compared with earlier ones, a millisecond each; the others are only counted."""
_MOST_DIFFERENCES = 6


class Simulation:
    """Tells on the standard error what would be done with each job, and the totals at the end.

    Nothing on disk is touched in a dry run. In the mode `generate`, the files of each job are
    written; in the mode `prepare`, preparations are run.
    """

    def __init__(self) -> None:
        self._earlier = EarlierJobs()
        self._told: dict[str, str] = {}
        self._compared = 0
        self._generated = 0
        self._prepared: set[str] = set()

    def simulate(self, job: Job, mode: RunMode) -> None:
        """Tells what would be done with a job; it gets the state found on disk.

        Raises:
            PreparationFailed: In the mode `prepare`, one of its preparations raised.
        """
        found = job_state_on_disk(job.folder) if job.path.exists() else DiskState(None)
        state = found.state
        if state is JobState.DONE or state is JobState.ERROR or state is JobState.RUNNING:
            job.state, job.failure_reason = state, found.reason
        why, total = self._why(job, found)
        if job.identifier not in self._told:
            self._told[job.identifier] = total
        tags = ", ".join(f"{name}={value}" for name, value in sorted(job.tags.items()))
        lines = [
            f"[{_word(job.state, found.reason)}] Simulating {job.relpath}"
            + (f" ({tags})" if tags else ""),
            *(f"  {line}" for line in why),
            f"  launcher: {type(job.launcher).__name__}",
            *(f"  depends on: {other.relpath}" for other in job.dependencies),
        ]
        print("\n".join(lines), file=sys.stderr)
        if mode is RunMode.GENERATE_ONLY and job.state not in (JobState.RUNNING, JobState.DONE):
            _generate(job)
            self._generated += 1
        elif mode is RunMode.PREPARE:
            self._prepare(job)

    def tell_totals(self) -> None:
        """Tells how many jobs would be run, and why."""
        counts = Counter(self._told.values())
        runs = sum(counts[kind] for kind in _RUNS)
        reasons = ", ".join(f"{counts[kind]} {kind}" for kind in _RUNS if counts[kind])
        parts = [f"{_jobs(runs)} would run" + (f" ({reasons})" if reasons else "")]
        parts += [f"{counts[kind]} {kind}" for kind in _OTHERS if counts[kind]]
        if self._generated:
            parts.append(f"the files of {_jobs(self._generated)} were written")
        if self._prepared:
            parts.append(f"{len(self._prepared)} prepared")
        print("; ".join(parts), file=sys.stderr)

    def _why(self, job: Job, found: DiskState) -> tuple[list[str], str]:
        """Why a job would run or not, in a few lines, and under which word it is counted."""
        if job.state is JobState.DONE:
            return ["reused: it is done"], "reused"
        if job.state is JobState.RUNNING:
            return ["running: it would be waited for"], "running"
        if job.transient.is_transient:
            return ["transient: runs only if a job that runs needs it"], "transient"
        if job.state is JobState.ERROR:
            reason = found.reason or FailureReason.FAILED
            return [f"failed before ({reason.value.lower()}): would run again"], "failed before"
        if job.path.exists():
            return ["started before, and not done: would run again"], "not done"
        if self._compared >= _MOST_COMPARED:
            return ["new or changed: too many jobs to tell"], "new or changed"
        self._compared += 1
        change = self._earlier.nearest(job)
        if change is None:
            return ["new: this task has no earlier job"], "new"
        return _changed(change), "changed"

    def _prepare(self, job: Job) -> None:
        from xpm_scheduler.preparations import prepare_all  # lazy: for this mode only

        for preparation in prepare_all(job.config):
            name = f"{preparation.__xpm__.xpmtype.name}/{preparation.__xpm__.identifier}"
            self._prepared.add(name)
            print(f"  prepared: {name}", file=sys.stderr)


_RUNS = ("new", "changed", "new or changed", "failed before", "not done")
_OTHERS = ("transient", "running", "reused")


def _changed(change: Change) -> list[str]:
    what = f"changed from {change.folder.job_id[:8]}"
    if change.problem is not None:
        return [f"{what}, which cannot be compared: {change.problem}"]
    lines = [f"  {line}" for line in change.differences[:_MOST_DIFFERENCES]]
    if len(change.differences) > _MOST_DIFFERENCES:
        lines.append(f"  and {len(change.differences) - _MOST_DIFFERENCES} more")
    if not lines:
        lines = ["  in no parameter: the code that computes identifiers has changed"]
    return [f"{what}:", *lines]


def _generate(job: Job) -> None:
    """Writes the parameters of a job, as a start would."""
    from xpm_scheduler import disk  # lazy: a dry run writes nothing
    from xpm_scheduler.launchers.script import write_script

    job.path.mkdir(parents=True, exist_ok=True)
    with disk.lock_of(job.folder):
        disk.write_parameters(job)
        environment = job.launcher.environment_for(
            workspace=job.workspace.environment, job=job.environ
        )
        write_script(job.folder, environment, job.python_path)


def _word(state: JobState, reason: FailureReason | None) -> str:
    if state is JobState.ERROR:
        return "failed" if reason is not FailureReason.DEPENDENCY else "not run"
    return state.value if state in (JobState.DONE, JobState.RUNNING) else "not run"


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"

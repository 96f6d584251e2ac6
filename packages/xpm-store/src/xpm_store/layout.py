"""Every path of a workspace, one name each; nothing here touches the disk but the listings."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = [
    "CarbonFolder",
    "ExperimentFolder",
    "HoldersFolder",
    "JobFolder",
    "RunFolder",
    "Workspace",
    "partial_holders",
    "task_hash",
    "token_holders",
    "tokens_base",
]

MARKER = ".__experimaestro__"
"""Name of the empty file that marks a workspace."""

_NAME_BYTES = 255
"""The longest name that file systems take."""

_RUN_ORDER = re.compile(r"^(?P<stamp>.*?)(?:\.(?P<number>\d+))?$")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace: the folder under which everything is found."""

    root: Path

    @property
    def marker(self) -> Path:
        """The empty file that marks a folder as a workspace."""
        return self.root / MARKER

    @property
    def jobs(self) -> Path:
        """`jobs/T/H`: the folders of jobs."""
        return self.root / "jobs"

    @property
    def experiments(self) -> Path:
        """`experiments/X/R`: the folders of runs."""
        return self.root / "experiments"

    @property
    def partials(self) -> Path:
        """`partials/T/name/H'`: folders shared by jobs that differ in little."""
        return self.root / "partials"

    def partial(self, task_id: str, name: str, identifier: str) -> Path:
        """The folder shared by the jobs of a task whose partial identifier is the same."""
        return self.partials / task_id / name / identifier

    @property
    def carbon(self) -> Path:
        """Energy records of all executions."""
        return self.root / "carbon"

    @property
    def events(self) -> Path:
        """Events of what is going on; the permanent copies are beside runs and jobs."""
        return self.root / ".events"

    @property
    def experiment_events(self) -> Path:
        """Events of the runs that are going on: `X-{n}.jsonl`."""
        return self.events / "experiments"

    @property
    def job_events(self) -> Path:
        """Events of the jobs that are going on: `{hash8(T)}-H-{n}.jsonl`."""
        return self.events / "jobs"

    @property
    def scheduler_logs(self) -> Path:
        """One folder of logs per scheduler process."""
        return self.root / ".scheduler"

    @property
    def staging(self) -> Path:
        """Where copies are made before they take their place."""
        return self.root / ".xpm-staging"

    @property
    def v1_experiments(self) -> Path:
        """`xp/X`: the experiments of a workspace of experimaestro 1; then a link to nowhere."""
        return self.root / "xp"

    @property
    def index(self) -> Path:
        """The SQLite index: made from the files, can be deleted at any time."""
        return self.root / ".experimaestro" / "index.sqlite3"

    @property
    def is_marked(self) -> bool:
        """Whether the folder says it is a workspace."""
        return self.marker.is_file()

    def job(self, task_id: str, job_id: str) -> JobFolder:
        """The folder of a job."""
        return JobFolder(self.jobs / task_id / job_id)

    def experiment(self, name: str) -> ExperimentFolder:
        """The folder of an experiment."""
        return ExperimentFolder(self.experiments / name)

    def job_folders(self) -> Iterator[JobFolder]:
        """All the folders `jobs/T/H`, in no order.

        Those that were moved to an archive folder, and are links now, are among them.

        Complexity: one `scandir` per task; no file is looked at.
        """
        for task in _folders(self.jobs):
            for job in _folders(task, follow_links=True):
                yield JobFolder(Path(job))

    def experiment_folders(self) -> list[ExperimentFolder]:
        """All the experiments, sorted by name."""
        return [ExperimentFolder(Path(path)) for path in sorted(_folders(self.experiments))]


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The working folder of a job, `jobs/T/H`."""

    path: Path

    @property
    def workspace(self) -> Workspace:
        """The workspace it is in."""
        return Workspace(self.path.parent.parent.parent)

    @property
    def task_id(self) -> str:
        """The task id, `T`."""
        return self.path.parent.name

    @property
    def job_id(self) -> str:
        """The job id, `H`: the identifier of the task's configuration."""
        return self.path.name

    @property
    def name(self) -> str:
        """The script name, `N`: the part of the task id after its last dot."""
        return self.path.parent.name.rpartition(".")[2]

    @property
    def params(self) -> Path:
        """The configuration of the task."""
        return self.path / "params.json"

    @property
    def script(self) -> Path:
        """The Python script that runs the job."""
        return self.path / f"{self.name}.py"

    @property
    def stdout(self) -> Path:
        """What the job prints."""
        return self.path / f"{self.name}.out"

    @property
    def stderr(self) -> Path:
        """What the job prints as errors, logs included."""
        return self.path / f"{self.name}.err"

    @property
    def pid(self) -> Path:
        """The process of the job; there while it runs."""
        return self.path / f"{self.name}.pid"

    @property
    def done(self) -> Path:
        """The marker of a job that ended well."""
        return self.path / f"{self.name}.done"

    @property
    def failed(self) -> Path:
        """The marker of a job that failed, with the reason."""
        return self.path / f"{self.name}.failed"

    @property
    def lock(self) -> Path:
        """Held while the job is started, then while it runs."""
        return self.path / f"{self.name}.lock"

    @property
    def private(self) -> Path:
        """The folder of the files that are not the task's."""
        return self.path / ".experimaestro"

    @property
    def reader_lock(self) -> Path:
        """The lock that 2.x readers take to clean up (they ignore `lock`): take both."""
        return self.private / f"{self.name}.lock"

    @property
    def status(self) -> Path:
        """The record of the job."""
        return self.private / "status.json"

    @property
    def locks_json(self) -> Path:
        """The dynamic locks that the job must take."""
        return self.path / "locks.json"

    @property
    def task_outputs(self) -> Path:
        """The dynamic outputs of the task, a line each."""
        return self.private / "task-outputs.jsonl"

    @property
    def partial_links(self) -> Path:
        """Links to the partial folders of the job."""
        return self.private / "partials"

    @property
    def events_dir(self) -> Path:
        """Permanent copies of the job's events."""
        return self.private / "events"

    def archived_event(self, n: int) -> Path:
        """The permanent copy of event file `n`."""
        return self.events_dir / f"event-{n}.jsonl"

    def live_event(self, n: int) -> Path:
        """Event file `n` while the job runs."""
        return self.workspace.job_events / f"{self._live_prefix}{n}.jsonl"

    def live_events(self) -> list[tuple[int, Path]]:
        """Event files of the job that are not put away, by number; else those of 2.0."""
        folder = self.workspace.job_events
        return _numbered(folder, self._live_prefix) or _numbered(
            folder / self.task_id, f"event-{self.job_id}-"
        )

    def archived_events(self) -> list[tuple[int, Path]]:
        """Permanent event files, by number."""
        return _numbered(self.events_dir, "event-")

    @property
    def _live_prefix(self) -> str:
        return f"{task_hash(self.task_id)}-{self.job_id}-"


@dataclass(frozen=True, slots=True)
class ExperimentFolder:
    """The folder of an experiment, `experiments/X`."""

    path: Path

    @property
    def workspace(self) -> Workspace:
        """The workspace it is in."""
        return Workspace(self.path.parent.parent)

    @property
    def experiment_id(self) -> str:
        """The name of the experiment, `X`."""
        return self.path.name

    @property
    def lock(self) -> Path:
        """Held by the scheduler for the whole run."""
        return self.path / "lock"

    @property
    def current(self) -> Path:
        """The relative link to the latest run; never a run itself."""
        return self.path / "current"

    def run(self, run_id: str) -> RunFolder:
        """The folder of a run."""
        return RunFolder(self.path / run_id)

    def runs(self) -> list[RunFolder]:
        """The runs, oldest first: never the link `current`, nor hidden folders."""
        folders = [Path(path) for path in _folders(self.path)]
        return [RunFolder(path) for path in sorted(folders, key=lambda path: _run_key(path.name))]

    def current_run(self) -> RunFolder | None:
        """The run that `current` names, else the newest one; None when there is none.

        Until 2.1 the link was `.events/experiments/X/current`, in betas `.experimaestro/
        experiments/X`: they count when there is no other.
        """
        workspace = self.workspace
        for link in (
            self.current,
            workspace.experiment_events / self.experiment_id / "current",
            workspace.index.parent / "experiments" / self.experiment_id,
        ):
            try:
                # the last part only: a workspace that was copied may hold an absolute link
                name = Path(os.readlink(link)).name  # noqa: PTH115 - no need to resolve
            except OSError:
                continue
            if name and (self.path / name).is_dir():
                return RunFolder(self.path / name)
        runs = self.runs()
        return runs[-1] if runs else None

    def live_event(self, n: int) -> Path:
        """Event file `n` of the run that is going on."""
        return self.workspace.experiment_events / f"{self.experiment_id}-{n}.jsonl"

    def live_events(self) -> list[tuple[int, Path]]:
        """Event files of the experiment that are not put away, by number.

        The name must match exactly: `exp-1-0.jsonl` belongs to `exp-1`, not to `exp`. Without any,
        those of 2.1, which had a folder per experiment.
        """
        folder = self.workspace.experiment_events
        return _numbered(folder, f"{self.experiment_id}-") or _numbered(
            folder / self.experiment_id, "events-"
        )


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one execution of an experiment, `experiments/X/R`."""

    path: Path

    @property
    def experiment(self) -> ExperimentFolder:
        """The experiment it is a run of."""
        return ExperimentFolder(self.path.parent)

    @property
    def experiment_id(self) -> str:
        """The name of the experiment, `X`."""
        return self.path.parent.name

    @property
    def run_id(self) -> str:
        """The name of the run, `R`."""
        return self.path.name

    @property
    def status(self) -> Path:
        """The record of the run."""
        return self.path / "status.json"

    @property
    def status_lock(self) -> Path:
        """Held while the record of the run is replaced."""
        return self.path / ".status.json.lock"

    @property
    def environment(self) -> Path:
        """Where and with what the run was made."""
        return self.path / "environment.json"

    @property
    def jobs_jsonl(self) -> Path:
        """The jobs of the run, a line each."""
        return self.path / "jobs.jsonl"

    @property
    def objects_jsonl(self) -> Path:
        """The configurations of the run, a line each."""
        return self.path / "objects.jsonl"

    @property
    def jobs_dir(self) -> Path:
        """Links to the folders of the jobs."""
        return self.path / "jobs"

    @property
    def events_dir(self) -> Path:
        """Permanent copies of the run's events."""
        return self.path / "events"

    @property
    def results(self) -> Path:
        """Files of the user."""
        return self.path / "results"

    @property
    def data(self) -> Path:
        """What the experiment saved."""
        return self.path / "data"

    def live_event(self, n: int) -> Path:
        """Event file `n` while the run lasts."""
        return self.experiment.live_event(n)

    def archived_event(self, n: int) -> Path:
        """The permanent copy of event file `n`."""
        return self.events_dir / f"event-{n}.jsonl"

    def archived_events(self) -> list[tuple[int, Path]]:
        """Permanent event files, by number."""
        return _numbered(self.events_dir, "event-")

    def job_link(self, task_id: str, job_id: str) -> Path:
        """The link to the folder of a job of the run."""
        return self.jobs_dir / task_id / job_id


@dataclass(frozen=True, slots=True)
class CarbonFolder:
    """The energy records of all executions of a workspace, `carbon`."""

    path: Path

    @property
    def index(self) -> Path:
        """How many records there are, and which file takes the next one."""
        return self.path / "index.json"

    @property
    def lock(self) -> Path:
        """Held while a record is added."""
        return self.path / ".lock"

    def measures(self, n: int) -> Path:
        """File `n` of records."""
        return self.path / f"measures-{n}.jsonl"

    def all_measures(self) -> list[tuple[int, Path]]:
        """The files of records, by number."""
        return _numbered(self.path, "measures-")


@dataclass(frozen=True, slots=True)
class HoldersFolder:
    """What jobs share, and which of them hold it: the folder of a token, or of a partial."""

    path: Path

    @property
    def informations(self) -> Path:
        """How much there is to share."""
        return self.path / "informations.json"

    @property
    def lock(self) -> Path:
        """Held while the holders are counted or change."""
        return self.path / "ipc.lock"

    @property
    def jobs(self) -> Path:
        """A file per holder; watched by those who wait."""
        return self.path / "jobs"

    def holder(self, job: JobFolder) -> Path:
        """The file of a job.

        A name longer than file systems take is cut, and told from others by a hash of the task.
        """
        ending = f"@{job.job_id}.json"
        name = f"{job.task_id}{ending}"
        if len(os.fsencode(name)) > _NAME_BYTES:
            ending = f"~{task_hash(job.task_id)}{ending}"
            kept = os.fsencode(job.task_id)[: _NAME_BYTES - len(os.fsencode(ending))]
            name = f"{kept.decode(errors='ignore')}{ending}"
        return self.jobs / name


def tokens_base() -> Path:
    """Where tokens are when nobody says: `XPM_WORKDIR`, or the user's folder; not a workspace."""
    named = os.environ.get("XPM_WORKDIR")
    return Path(named) if named else Path("~/.local/share/experimaestro").expanduser()


def token_holders(base: Path, name: str) -> HoldersFolder:
    """The folder of the counter token of that name."""
    return HoldersFolder(base / "tokens" / f"{name}.counter")


def partial_holders(partial: Path) -> HoldersFolder:
    """Who holds a partial folder."""
    return HoldersFolder(partial / ".experimaestro" / "locks")


@lru_cache(maxsize=4096)
def task_hash(task_id: str) -> str:
    """The first 8 hexadecimal digits of the SHA-256 of a task id: part of event file names."""
    return hashlib.sha256(task_id.encode()).hexdigest()[:8]


def _folders(path: str | Path, *, follow_links: bool = False) -> list[str]:
    """Paths of the folders in a folder, not hidden nor (by default) links; empty if missing."""
    try:
        with os.scandir(path) as entries:
            return [
                entry.path
                for entry in entries
                if entry.name[0] != "." and entry.is_dir(follow_symlinks=follow_links)
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _numbered(folder: Path, prefix: str) -> list[tuple[int, Path]]:
    """Files named exactly `{prefix}{number}.jsonl`, by number; empty when the folder is missing."""
    found = []
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names are enough, and this is the hot path
    except (FileNotFoundError, NotADirectoryError):
        return []
    for name in names:
        if name.startswith(prefix) and name.endswith(".jsonl"):
            digits = name[len(prefix) : -len(".jsonl")]
            if digits.isascii() and digits.isdigit():
                found.append((int(digits), folder / name))
    found.sort()
    return found


def _run_key(name: str) -> tuple[str, int]:
    """Order of runs: by time, then by number (`.10` comes after `.9`)."""
    match = _RUN_ORDER.match(name)
    if match is None:
        return (name, 0)
    return (match["stamp"], int(match["number"] or 0))

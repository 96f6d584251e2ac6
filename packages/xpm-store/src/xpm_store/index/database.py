"""The index of a workspace: one SQLite file that answers at once, made from the files."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from xpm_store.errors import FilterError, IndexUnavailable, NoSuchExperiment
from xpm_store.index.connection import connect, is_damage
from xpm_store.index.filters import Sql, condition, leads
from xpm_store.index.lookup import closest, find, latest_row
from xpm_store.index.pages import Scope, page
from xpm_store.index.place import cached_path, index_path
from xpm_store.index.rows import CarbonRow, ExperimentRow, JobRow, PageKey, RunRow, SyncReport
from xpm_store.index.sync import Sync
from xpm_store.index.views import progress_of, tags_of
from xpm_store.jsontext import decode_line
from xpm_store.layout import Workspace
from xpm_store.query import parse, referenced_tags
from xpm_store.records import Action, RunState, Service
from xpm_store.states import FailureReason, JobState, RunStatus

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["Index"]

logger = logging.getLogger("xpm.store.index")

T = TypeVar("T")
P = ParamSpec("P")


def _answering(ask: Callable[Concatenate[Index, P], T]) -> Callable[Concatenate[Index, P], T]:
    """Makes a question answer, or say why not, when the file turns out to be damaged."""

    @wraps(ask)
    def answer(self: Index, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._mending(lambda: ask(self, *args, **kwargs), then=self._sync_everything)

    return answer


class Index:
    """What there is in a workspace; `sync` brings it up to date, the rest only reads it.

    The file can be deleted at any time: it is made anew from the workspace. Nothing else is
    written in the workspace.

    Concurrency: one thread per object; any number of processes and objects.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, Index.open(Workspace(Path(folder))) as i:
        ...     _ = i.sync()
        ...     i.jobs(where='@state = "error" and lr < 0.1', limit=100)
        []
    """

    def __init__(self, workspace: Workspace, path: Path, db: sqlite3.Connection) -> None:
        """Use `open`."""
        self.workspace = workspace
        self.path = path
        self._db = db
        self._inode = path.stat().st_ino

    @classmethod
    def open(cls, workspace: Workspace, *, path: Path | None = None) -> Index:
        """Opens the index of a workspace, making it when there is none that can be used.

        Args:
            workspace: The workspace; it may be read-only.
            path: Where to keep the index; by default in the workspace, or in the user's cache
                folder when the workspace cannot be written or is on a network file system.

        Raises:
            IndexUnavailable: That place cannot be used.
        """
        place = index_path(workspace) if path is None else path
        try:
            return cls(workspace, place, connect(place))
        except IndexUnavailable as error:
            if path is not None or place != workspace.index:
                raise
            place = cached_path(workspace, str(error))
            return cls(workspace, place, connect(place))

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for benchmarks and for those who know the tables."""
        return self._db

    # --- keeping up

    def sync(self, *, experiment: str | None = None, full: bool = False) -> SyncReport:
        """Takes what changed in the files since the last time.

        Args:
            experiment: Only this experiment, and the jobs of its current run: a few files, made to
                be asked several times a second.
            full: Every job folder is looked at, also those of jobs that ended: finds what was
                changed by hand.

        Raises:
            IndexUnavailable: The file cannot be written: the disk is full, or another process has
                held it for a minute.

        Complexity: see `xpm_store.index.sync`.
        """
        self._mending(self._reopen_if_replaced)

        def pass_over() -> SyncReport:
            sync = Sync(self._db, self.workspace, full=full)
            return sync.everything() if experiment is None else sync.one(experiment)

        report = self._mending(pass_over)
        for problem in report.problems:
            logger.debug("%s", problem)
        return report

    # --- asking

    @_answering
    def experiments(self) -> list[ExperimentRow]:
        """All the experiments, by name, each with its current run."""
        rows = self._db.execute(
            """SELECT u.*, (SELECT count(*) FROM runs o WHERE o.experiment_id = u.experiment_id)
               AS runs FROM runs u WHERE u.is_current ORDER BY u.experiment_id"""
        )
        found = []
        for row in rows.fetchall():
            counts = self._counts(Scope(row["id"]), None)
            found.append(
                ExperimentRow(
                    row["experiment_id"],
                    row["run_id"],
                    RunStatus(row["status"]),
                    row["hostname"],
                    row["started_at"],
                    row["ended_at"],
                    counts,
                    sum(counts.values()),
                    row["runs"],
                )
            )
        return found

    @_answering
    def runs(self, experiment_id: str) -> list[RunRow]:
        """The runs of an experiment, oldest first.

        Raises:
            NoSuchExperiment: There is no such experiment.
        """
        rows = self._db.execute("SELECT * FROM runs WHERE experiment_id = ?", (experiment_id,))
        by_id = {row["run_id"]: row for row in rows.fetchall()}
        if not by_id:
            raise self._no_experiment(experiment_id)
        order = [run.run_id for run in self.workspace.experiment(experiment_id).runs()]
        names = [name for name in order if name in by_id]
        names += sorted(by_id.keys() - set(names))
        return [self._run_row(by_id[name]) for name in names]

    @_answering
    def jobs(
        self,
        *,
        experiment: str | None = None,
        run: str | None = None,
        where: str | None = None,
        limit: int | None = None,
        after: PageKey | JobRow | None = None,
    ) -> list[JobRow]:
        """Jobs, newest first.

        Args:
            experiment: Those of this experiment, in its current run; None: all the jobs of the
                workspace that a run lists, each once, as its latest run shows it.
            run: Those of this run of the experiment.
            where: A filter, see `xpm_store.query`.
            limit: At most so many.
            after: The last job of the page before (or its `key`).

        Raises:
            FilterError: The filter cannot be read.
            NoSuchExperiment: There is no such experiment, or run.
        """
        scope = self._scope(experiment, run)
        key = after.key if isinstance(after, JobRow) else after
        if where is None or not where.strip():
            rows = page(self._db, scope, None, (), limit=limit, after=key)
        else:
            test, ways = self._filter(where)
            rows = page(self._db, scope, test, ways, limit=limit, after=key)
        return [self._job_row(row) for row in rows]

    @_answering
    def counts(
        self, *, experiment: str | None = None, run: str | None = None, where: str | None = None
    ) -> Mapping[JobState, int]:
        """How many jobs are in each state; the arguments are those of `jobs`."""
        test = self._filter(where)[0] if where and where.strip() else None
        return self._counts(self._scope(experiment, run), test)

    @_answering
    def find_job(self, text: str) -> JobRow:
        """The one job that `text` may mean.

        Args:
            text: `TASK/ID`, or `ID` alone; any beginning of each is enough, and for the task the
                beginning of its last part too (`fit/6a84` for `lab.models.fit/6a84…`).

        Raises:
            NoSuchJob: There is none.
            AmbiguousJob: There are several; the error lists the first ones.
        """
        return self._job_row(latest_row(self._db, find(self._db, text)))

    @_answering
    def actions(self, experiment: str, run: str | None = None) -> list[Action]:
        """The actions that a run offers (the current one by default)."""
        scope = self._scope(experiment, run)
        rows = self._db.execute(
            "SELECT action_id, description, class FROM actions WHERE run = ?", (scope.run,)
        )
        return [Action(*row) for row in rows]

    @_answering
    def services(self, experiment: str, run: str | None = None) -> list[Service]:
        """The services that a run offers (the current one by default)."""
        scope = self._scope(experiment, run)
        rows = self._db.execute("SELECT content FROM services WHERE run = ?", (scope.run,))
        values = {str(number): decode_line(row[0].encode()) for number, row in enumerate(rows)}
        return list(RunState.from_json({"services": values}).services.values())

    @_answering
    def carbon(self, *, experiment: str | None = None, run: str | None = None) -> list[CarbonRow]:
        """What executions used, oldest first: of all jobs, or of those of a run."""
        query = """SELECT c.job_id, c.task_id, c.started_at, c.ended_at, c.co2_kg, c.energy_kwh,
                   c.duration_s, c.region FROM carbon c"""
        values: tuple[Any, ...] = ()
        if experiment is not None:
            query += """ WHERE EXISTS (SELECT 1 FROM jobs j JOIN run_jobs r ON r.job = j.id
                         WHERE j.job_id = c.job_id AND r.run = ?)"""
            values = (self._scope(experiment, run).run,)
        return [CarbonRow(*row) for row in self._db.execute(query + " ORDER BY c.id", values)]

    @_answering
    def orphans(self) -> list[JobRow]:
        """Jobs with a folder that no run lists."""
        rows = self._db.execute(
            """SELECT r.*, j.job_id, j.has_folder, k.task_id, NULL AS experiment_id, NULL AS run_id
               FROM run_jobs r INDEXED BY run_time JOIN jobs j ON j.id = r.job
               JOIN tasks k ON k.id = r.task WHERE r.run = 0 ORDER BY k.task_id, j.job_id"""
        )
        return [self._job_row(row) for row in rows]

    def as_sqlite_utils(self) -> sqlite_utils.Database:
        """The file for ad-hoc use: tables `job_list`, `experiments`, `dependencies`, `carbon`."""
        import sqlite_utils  # lazy: half a second, and few need it

        return sqlite_utils.Database(self._db)

    # --- tools

    def _scope(self, experiment: str | None, run: str | None) -> Scope:
        if experiment is None:
            return Scope(None)
        test, value = ("run_id = ?", (run,)) if run is not None else ("is_current", ())
        row = self._db.execute(
            f"SELECT id FROM runs WHERE experiment_id = ? AND {test}", (experiment, *value)
        ).fetchone()
        if row is not None:
            return Scope(int(row["id"]))
        names = [
            row[0]
            for row in self._db.execute(
                "SELECT run_id FROM runs WHERE experiment_id = ? ORDER BY run_id", (experiment,)
            )
        ]
        if run is None or not names:
            raise self._no_experiment(experiment)
        raise NoSuchExperiment(f'run of "{experiment}"', run, names, closest(run, names))

    def _no_experiment(self, name: str) -> NoSuchExperiment:
        query = "SELECT DISTINCT experiment_id FROM runs ORDER BY experiment_id"
        names = [row[0] for row in self._db.execute(query)]
        return NoSuchExperiment("experiment", name, names, closest(name, names))

    def _filter(self, where: str) -> tuple[Sql, Any]:
        expression = parse(where)
        for tag in referenced_tags(expression):
            known = self._db.execute(
                "SELECT 1 FROM tags INDEXED BY tags_state WHERE name = ? LIMIT 1", (tag.name,)
            ).fetchone()
            if known is None:
                problem = (
                    f'no tag is named `{tag.name}`; a text is written with quotes: "{tag.name}"'
                )
                raise FilterError(where, tag.column, problem)
        return condition(expression, time.time()), leads(expression)

    def _counts(self, scope: Scope, test: Sql | None) -> Mapping[JobState, int]:
        if test is None:
            rows = self._db.execute(
                "SELECT state, jobs FROM counts WHERE run = ? AND jobs > 0",
                (-1 if scope.run is None else scope.run,),
            )
        else:
            within = scope.condition
            rows = self._db.execute(
                f"""SELECT r.state, count(*) FROM run_jobs r INDEXED BY {scope.index}_state
                    WHERE {within.text} AND ({test.text}) GROUP BY r.state""",
                [*within.values, *test.values],
            )
        return Counter({JobState(state): count for state, count in rows})

    def _run_row(self, row: sqlite3.Row) -> RunRow:
        counts = self._counts(Scope(row["id"]), None)
        return RunRow(
            row["experiment_id"],
            row["run_id"],
            RunStatus(row["status"]),
            bool(row["is_interrupted"]),
            bool(row["is_current"]),
            row["hostname"],
            row["started_at"],
            row["ended_at"],
            tuple(decode_line(row["run_tags"].encode())),
            counts,
            sum(counts.values()),
        )

    def _job_row(self, row: sqlite3.Row) -> JobRow:
        return JobRow(
            row["job_id"],
            row["task_id"],
            JobState(row["state"]),
            FailureReason.read(row["reason"]),
            tags_of(row["tags"]),
            row["submitted_at"] or None,
            row["started_at"],
            row["ended_at"],
            row["exit_code"],
            progress_of(row["progress"]),
            row["retry_count"],
            tuple(decode_line(row["depends_on"].encode())),
            row["experiment_id"] or "",
            row["run_id"] or "",
            self.workspace.jobs / row["task_id"] / row["job_id"],
            bool(row["has_folder"]),
            PageKey(row["submitted_at"], row["id"]),
        )

    def _reopen_if_replaced(self) -> None:
        """Another process may have made the file anew: ours would be a ghost."""
        if not self._is_ours():
            self._reopen()

    def _is_ours(self) -> bool:
        try:
            return self.path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def _reopen(self) -> None:
        self._db.close()
        self._db = connect(self.path)
        self._inode = self.path.stat().st_ino

    def _sync_everything(self) -> None:
        Sync(self._db, self.workspace).everything()

    def _mending(self, work: Callable[[], T], then: Callable[[], object] = lambda: None) -> T:
        """Does some work; if the file turns out to be damaged, makes it anew and works again.

        Args:
            work: What is asked of the file.
            then: What must be done before the work, once the file is made anew.

        Raises:
            IndexUnavailable: The file cannot be used.
        """
        try:
            return work()
        except sqlite3.ProgrammingError:
            raise  # our mistake, or that of someone who closed the index
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise IndexUnavailable(self.path, error) from error
            logger.warning("%s is made anew: %s", self.path, error)
        try:
            self._db.close()
            if self._is_ours():  # another process may have made it anew already
                self.path.unlink()
            self._reopen()
            then()
            return work()
        except (OSError, sqlite3.DatabaseError) as error:
            raise IndexUnavailable(self.path, error) from error

"""From version 1 to 2.x: no job becomes an orphan, and an interruption anywhere is made good."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store import fs
from xpm_store.cleanup import unlisted_jobs
from xpm_store.errors import LockTimeout, NewerWorkspace, OldWorkspace
from xpm_store.history import prune_history
from xpm_store.index import Index
from xpm_store.layout import Workspace
from xpm_store.legacy.migration import LEFTOVER, NOWHERE, migrate_v1
from xpm_store.loading import load_run
from xpm_store.locks import FileLock
from xpm_store.recorders import RunRecorder
from xpm_store.settings import HistorySettings
from xpm_store.states import JobState, RunStatus
from xpm_store.versions import require_runnable


def run_id(v1: ModuleType) -> str:
    return datetime.fromtimestamp(v1.CHANGED_AT).strftime("%Y%m%d_%H%M%S")


def check_migrated(v1: ModuleType, workspace: Workspace) -> None:
    """Everything that 1.x knew is known, through the index and without it."""
    require_runnable(workspace)
    assert os.readlink(workspace.root / "xp") == NOWHERE  # noqa: PTH115 - it leads nowhere
    [run] = workspace.experiment("mixed").runs()
    assert run.run_id == run_id(v1)
    assert workspace.experiment("mixed").current_run() == run
    view = load_run(run).view
    assert view.status is RunStatus.FAILED and not view.is_interrupted
    assert view.counts() == {JobState.DONE: 2, JobState.ERROR: 1}
    for job in view.jobs.values():
        assert run.job_link(job.task_id, job.job_id).resolve() == (
            workspace.job(job.task_id, job.job_id).path.resolve()
        )
    with Index.open(workspace) as index:
        index.sync()
        assert [row.experiment_id for row in index.experiments()] == ["fine", "mixed"]
        assert len(index.jobs(experiment="mixed")) == 3
        unlisted = unlisted_jobs(index)
        assert (unlisted.orphans, unlisted.stray) == ((), ())


def test_every_experiment_becomes_a_run_and_every_job_stays_listed(
    v1: ModuleType, tmp_path: Path
) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    with pytest.raises(OldWorkspace, match=f"experimaestro migrate v1-to-v2 {workspace.root}"):
        require_runnable(workspace)
    migration = migrate_v1(workspace)
    assert [(one.experiment_id, one.jobs) for one in migration.experiments] == [
        ("fine", 1),
        ("mixed", 3),
    ]
    assert migration.leftover is None
    check_migrated(v1, workspace)
    assert migrate_v1(workspace).experiments == ()
    check_migrated(v1, workspace)


def test_a_dry_run_says_the_same_and_changes_nothing(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    before = sorted(workspace.root.rglob("*"))
    planned = migrate_v1(workspace, dry_run=True)
    assert sorted(workspace.root.rglob("*")) == before
    assert migrate_v1(workspace) == planned


def test_what_else_was_there_is_kept_aside(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    (workspace.v1_experiments / "notes.txt").write_text("mine")
    (workspace.root / LEFTOVER).mkdir()
    leftover = migrate_v1(workspace).leftover
    assert leftover is not None
    assert leftover == workspace.root / f"{LEFTOVER}.1"
    assert (leftover / "notes.txt").read_text() == "mine"
    check_migrated(v1, workspace)


def test_a_migrated_run_is_never_pruned(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    migrate_v1(workspace)
    experiment = workspace.experiment("mixed")
    with FileLock(experiment.lock):
        recorder = RunRecorder.create(workspace, "mixed", hostname="here", environment={})
        recorder.complete(RunStatus.DONE)
        assert prune_history(experiment, recorder.run_id, HistorySettings(1, 0)) == []
    assert experiment.current_run() == recorder.run


def test_runs_of_2_x_stay_the_current_ones(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    newer = workspace.experiment("mixed").run("20250101_000000")
    newer.path.mkdir(parents=True)
    (workspace.experiment("fine").path / run_id(v1)).mkdir(parents=True)
    migrate_v1(workspace)
    assert workspace.experiment("mixed").current_run() == newer
    assert (workspace.experiment("fine").path / f"{run_id(v1)}.1").is_dir()


def test_an_experiment_that_runs_is_not_migrated(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    experiment = workspace.v1_experiments / "mixed"
    with FileLock(experiment / "lock"):
        os.utime(experiment, (v1.CHANGED_AT, v1.CHANGED_AT))
        with pytest.raises(LockTimeout):
            migrate_v1(workspace)
    migrate_v1(workspace)
    check_migrated(v1, workspace)


def test_a_workspace_of_2_x_is_left_alone(tmp_path: Path, sample: ModuleType) -> None:
    workspace = sample.write_finished(tmp_path / "ws")
    before = sorted(workspace.root.rglob("*"))
    assert migrate_v1(workspace).experiments == ()
    assert sorted(workspace.root.rglob("*")) == before


def test_a_workspace_of_a_later_version_is_refused(v1: ModuleType, tmp_path: Path) -> None:
    workspace = v1.write(tmp_path / "ws").workspace
    workspace.marker.write_text("4\n")
    with pytest.raises(NewerWorkspace, match="version 4"):
        migrate_v1(workspace)


class Stop:
    """Ends the process before or after the n-th operation."""

    def __init__(self, n: int, when: str) -> None:
        self.left, self.when, self.count = n, when, 0

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        self.count += 1
        if self.left == 0 and self.when == "before":
            os._exit(9)

    def after(self, operation: str, path: Path) -> None:
        if self.left == 0:
            os._exit(9)
        self.left -= 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_interrupted_at_any_operation_it_goes_on_when_called_again(
    v1: ModuleType,
    memory_path: Path,
    when: str,
    sweep: Callable[..., range],
    record_property: Callable[[str, object], None],
) -> None:
    count = Stop(-1, when)
    with fs.observed(count):
        migrate_v1(v1.write(memory_path / "whole").workspace)
    assert count.count > 40
    tried = sweep(count.count, 2, when == "after")
    record_property("count", len(tried))
    for n in tried:
        workspace = v1.write(memory_path / str(n)).workspace
        pid = os.fork()
        if pid == 0:
            with fs.observed(Stop(n, when)):
                migrate_v1(workspace)
            os._exit(0)
        os.waitpid(pid, 0)
        migrate_v1(workspace)
        check_migrated(v1, workspace)

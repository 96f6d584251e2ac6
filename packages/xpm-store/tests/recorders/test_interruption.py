"""Every write of the recorders, interrupted before, after and in the middle of each operation.

A run and its jobs are recorded by a process that is ended, or refused by the file system, at the
n-th operation, for all n. What was acknowledged must be there, listings must work, and the next
run must go through.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store import fs
from xpm_store.errors import StorageError
from xpm_store.layout import JobFolder, Workspace
from xpm_store.loading import load_job, load_run
from xpm_store.locks import FileLock
from xpm_store.records import job_state_on_disk
from xpm_store.states import JobState, RunStatus

Sweep = Callable[..., range]
Record = Callable[[str, object], None]


class Stop:
    """Ends the process at the n-th operation: before it, after it, or half way through a write."""

    def __init__(self, n: int, when: str) -> None:
        self.left = n
        self.when = when

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        if self.left == 0 and self.when == "before":
            os._exit(9)
        if self.left == 0 and self.when == "torn" and fd is not None and data:
            os.write(fd, data[: len(data) // 2])
            os._exit(9)

    def after(self, operation: str, path: Path) -> None:
        if self.left == 0 and self.when != "torn":
            os._exit(9)
        self.left -= 1


class Refuse:
    """Makes the n-th operation, or from the n-th on all operations, fail."""

    def __init__(self, n: int, code: int, *, lasting: bool = False) -> None:
        self.left = n
        self.code = code
        self.lasting = lasting
        self.path: Path | None = None

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        hit = self.left == 0 or (self.lasting and self.left < 0)
        self.left -= 1
        if hit:
            self.path = self.path or path
            if fd is not None and data and self.code == errno.ENOSPC:
                os.write(fd, data[: len(data) // 2])  # a full disk takes what it can
            raise OSError(self.code, os.strerror(self.code))

    def after(self, operation: str, path: Path) -> None:
        pass


class Count:
    """Counts the operations, by kind."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        pass

    def after(self, operation: str, path: Path) -> None:
        self.operations[operation] += 1


def life(sample: ModuleType, root: Path, tell: int | None = None) -> None:
    """A whole run with two jobs that run; says what is acknowledged, a line each."""

    def acknowledge(what: str) -> None:
        if tell is not None:
            os.write(tell, f"{what}\n".encode())

    _, lock, recorder = sample.begin(root)
    try:
        acknowledge("submitted")
        fine = sample.launch(recorder, sample.FINE, sample.TRAIN, os.getpid())
        acknowledge("started")
        broken = sample.launch(recorder, sample.BROKEN, sample.TRAIN, os.getpid())
        fine.finished(JobState.DONE)
        acknowledge("done")
        recorder.job_state(sample.FINE, sample.TRAIN, JobState.DONE)
        sample.end(recorder, {sample.BROKEN: broken})
        acknowledge("completed")
    finally:
        recorder.close()
        lock.release()


def check(sample: ModuleType, workspace: Workspace, acknowledged: set[str]) -> None:
    """What was acknowledged is there, and everything can be listed."""
    for folder in workspace.job_folders():
        load_job(folder)
        assert not list(folder.events_dir.glob("*.tmp"))
    runs = workspace.experiment("sample").runs()
    views = [load_run(run).view for run in runs]
    if "submitted" in acknowledged:
        jobs = views[0].jobs
        assert len(jobs) == 5
        assert jobs[sample.LATE].depends_on == (sample.FINE,)
        assert jobs[sample.FINE].tags == {"lr": 0.1, "model": "small"}
        assert len(views[0].actions) == 1
        assert jobs[sample.UNUSED].state is JobState.TRANSIENT
    fine = workspace.job(sample.TRAIN, sample.FINE)
    if "started" in acknowledged:
        assert views[0].jobs[sample.FINE].started_at is not None
    if "done" in acknowledged:
        assert job_state_on_disk(fine).state is JobState.DONE
        assert views[0].jobs[sample.FINE].state is JobState.DONE
    if "completed" in acknowledged:
        assert views[0].jobs[sample.AFTER_BROKEN].state is JobState.ERROR
    for view in views:
        # nobody holds the lock: whatever was interrupted is seen to be so
        assert view.status is RunStatus.FAILED


def resume(sample: ModuleType, workspace: Workspace) -> None:
    """The next run goes through, and closes what was interrupted."""
    before = len(workspace.experiment("sample").runs())
    for folder in workspace.job_folders():
        folder.done.unlink(missing_ok=True)
    sample.write_finished(workspace.root)
    runs = workspace.experiment("sample").runs()
    assert len(runs) == before + 1
    assert workspace.experiment("sample").current_run() == runs[-1]
    view = load_run(runs[-1]).view
    assert view.counts() == {JobState.DONE: 2, JobState.ERROR: 2, JobState.TRANSIENT: 1}
    assert workspace.experiment("sample").live_events() == []
    for run in runs:
        assert load_run(run).view.status is RunStatus.FAILED


def operations(sample: ModuleType, root: Path) -> Counter[str]:
    count = Count()
    with fs.observed(count):
        life(sample, root)
    return count.operations


def interrupted(sample: ModuleType, root: Path, n: int, when: str) -> set[str]:
    """Runs `life` in a child that ends at operation `n`; gives what it acknowledged."""
    said, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(said)
            with fs.observed(Stop(n, when)):
                life(sample, root, tell)
        finally:
            os._exit(7)
    os.close(tell)
    with os.fdopen(said) as lines:
        acknowledged = set(lines.read().split())
    os.waitpid(pid, 0)
    return acknowledged


@pytest.mark.parametrize("when", ["before", "after", "torn"])
def test_a_process_that_ends_at_any_operation_leaves_a_workspace_that_lists_and_resumes(
    sample: ModuleType, memory_path: Path, when: str, sweep: Sweep, record_property: Record
) -> None:
    total = operations(sample, memory_path / "whole").total()
    assert total > 60
    seen: set[str] = set()
    tried = sweep(total, 3, ["before", "after", "torn"].index(when))
    for n in [*tried, total]:  # the last one is not interrupted
        root = memory_path / str(n)
        acknowledged = interrupted(sample, root, n, when)
        seen |= acknowledged
        workspace = Workspace(root)
        check(sample, workspace, acknowledged)
        resume(sample, workspace)
        shutil.rmtree(root)
    record_property("count", len(tried))
    assert seen == {"submitted", "started", "done", "completed"}


@pytest.mark.parametrize(
    "code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.ESTALE], ids=os.strerror
)
def test_an_operation_that_is_refused_gives_an_error_that_names_the_path_and_loses_nothing(
    sample: ModuleType, memory_path: Path, code: int, sweep: Sweep, record_property: Record
) -> None:
    total = operations(sample, memory_path / "whole").total()
    tried = sweep(total, 3, code)
    record_property("count", len(tried))
    for n in tried:
        workspace = Workspace(memory_path / str(n))
        refuse = Refuse(n, code)
        try:
            with fs.observed(refuse):
                life(sample, workspace.root)
        except StorageError as error:
            assert error.errno == code
            assert str(refuse.path) in str(error) or error.path in str(error)
            acknowledged: set[str] = set()
        else:
            # a refusal that harms nothing: a temporary file, a hard link that is not needed
            acknowledged = {"submitted", "started", "done", "completed"}
        check(sample, workspace, acknowledged)


def test_what_a_full_disk_refused_is_written_when_there_is_room_again(
    sample: ModuleType, memory_path: Path, sweep: Sweep, record_property: Record
) -> None:
    count = Count()
    with fs.observed(count):
        _, lock, recorder = sample.begin(memory_path / "whole")
        recorder.close()
        lock.release()
    tried = sweep(count.operations.total(), 2)
    record_property("count", len(tried))
    for n in tried:
        workspace = Workspace(memory_path / str(n))
        lock = FileLock(workspace.experiment("sample").lock)
        lock.acquire()
        try:
            recorder = sample.create(workspace)
            try:
                with fs.observed(Refuse(n, errno.ENOSPC)):
                    sample.submit(recorder)
            except StorageError:
                sample.submit(recorder)
            recorder.complete(RunStatus.DONE)
        finally:
            lock.release()
        view = load_run(recorder.run).view
        assert len(view.jobs) == 5
        assert len(view.actions) == 1
        assert len(recorder.run.objects_jsonl.read_text().splitlines()) >= 5
        assert view.status is RunStatus.DONE


def test_a_job_goes_on_when_its_progress_cannot_be_written(
    sample: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, lock, recorder = sample.begin(tmp_path)
    job = sample.launch(recorder, sample.FINE, sample.TRAIN, os.getpid())
    with fs.observed(Refuse(0, errno.ENOSPC, lasting=True)):
        assert not job.progress(0, 0.7)
        assert not job.progress(0, 0.9)
    assert len(caplog.records) == 1
    assert "ENOSPC" in caplog.text
    assert job.progress(0, 0.95)
    job.finished(JobState.DONE)
    folder: JobFolder = job.folder
    assert load_job(folder)[0].progress[0].progress == 0.95
    recorder.close()
    lock.release()

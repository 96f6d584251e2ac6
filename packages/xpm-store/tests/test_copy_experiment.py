"""Experiments copied between workspaces."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store import fs
from xpm_store.cleanup import unlisted_jobs
from xpm_store.copy_experiment import (
    copy_experiment,
    format_run_id,
    list_experiments,
    list_runs,
    read_jobs_jsonl,
    resolve_current_run,
    resolve_workspace_path,
)
from xpm_store.errors import NewerWorkspace, NoSuchExperiment, NoWorkspace, OldWorkspace
from xpm_store.index import Index
from xpm_store.layout import JobFolder, Workspace
from xpm_store.loading import load_run
from xpm_store.locks import FileLock
from xpm_store.partials import PartialFolder
from xpm_store.records import read_params
from xpm_store.states import JobState


@pytest.fixture
def source(sample: ModuleType, tmp_path: Path) -> Workspace:
    """A workspace with a finished run of five jobs, three of which have a folder."""
    workspace: Workspace = sample.write_finished(tmp_path / "source")
    return workspace


def snapshot(root: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in root.rglob("*"))


def test_a_copied_run_is_listed_as_the_original_is(source: Workspace, tmp_path: Path) -> None:
    before = snapshot(source.root)
    target = Workspace(tmp_path / "target")
    told: list[tuple[JobFolder, bool]] = []
    result = copy_experiment(
        source.root, target.root, "sample", on_job=lambda *what: told.append(what)
    )
    assert (result.jobs_copied, result.jobs_skipped, result.errors) == (3, 0, [])
    assert [is_copied for _, is_copied in told] == [True] * 3
    assert snapshot(source.root) == before
    assert target.is_marked
    [original], [copied] = source.experiment("sample").runs(), target.experiment("sample").runs()
    assert target.experiment("sample").current_run() == copied
    there, here = load_run(copied).view, load_run(original).view
    assert there.status == here.status
    assert there.jobs.keys() == here.jobs.keys()
    for job_id, job in there.jobs.items():
        assert (job.state, job.reason, job.tags, job.depends_on) == (
            here.jobs[job_id].state,
            here.jobs[job_id].reason,
            here.jobs[job_id].tags,
            here.jobs[job_id].depends_on,
        )
    for link in copied.jobs_dir.glob("*/*"):
        assert str(link.readlink()).startswith(str(target.root))
    assert read_params(target.job("sample.tasks.train", "1" * 64))["workspace"] == str(target.root)
    with Index.open(target) as index:
        index.sync()
        assert unlisted_jobs(index).orphans == ()
        assert sum(index.counts(experiment="sample").values()) == 5
    assert not target.staging.exists()


def test_a_second_copy_skips_what_is_there(source: Workspace, tmp_path: Path) -> None:
    target = Workspace(tmp_path / "target")
    copy_experiment(source, target, "sample")
    before = snapshot(target.root / "jobs")
    result = copy_experiment(source, target, "sample")
    assert (result.jobs_copied, result.jobs_skipped, result.errors) == (0, 3, [])
    assert snapshot(target.root / "jobs") == before


def test_a_dry_run_counts_and_writes_nothing(source: Workspace, tmp_path: Path) -> None:
    result = copy_experiment(source, Workspace(tmp_path / "target"), "sample", dry_run=True)
    assert (result.jobs_copied, result.jobs_skipped) == (3, 0)
    assert not (tmp_path / "target").exists()


def test_a_job_that_runs_is_not_copied_and_the_run_waits_for_it(
    source: Workspace, tmp_path: Path
) -> None:
    target = Workspace(tmp_path / "target")
    job = source.job("sample.tasks.train", "1" * 64)
    with FileLock(job.lock):
        result = copy_experiment(source, target, "sample")
    assert result.jobs_copied == 2
    assert len(result.errors) == 1 and "copy it again when it has ended" in result.errors[0]
    assert not target.experiment("sample").path.exists()
    job.done.unlink()
    job.pid.write_text(json.dumps({"type": "local", "pid": os.getpid()}))
    assert "may be alive" in copy_experiment(source, target, "sample").errors[0]
    job.pid.unlink()
    result = copy_experiment(source, target, "sample")
    assert (result.jobs_copied, result.jobs_skipped, result.errors) == (1, 2, [])


def test_a_run_that_goes_on_is_not_copied(sample: ModuleType, tmp_path: Path) -> None:
    lock, recorder, jobs = sample.write_live(tmp_path / "source")
    result = copy_experiment(tmp_path / "source", tmp_path / "target", "sample")
    assert "goes on" in result.errors[0]
    for job in jobs.values():
        job.finished(JobState.DONE)
    recorder.close()
    lock.release()
    # now it was killed: what its events say comes along
    result = copy_experiment(tmp_path / "source", tmp_path / "target", "sample")
    assert result.errors == []
    [run] = Workspace(tmp_path / "target").experiment("sample").runs()
    view = load_run(run).view
    assert view.is_interrupted
    assert view.jobs[sample.UNUSED].state is JobState.TRANSIENT
    assert view.jobs[sample.LATE].state is JobState.DONE


def test_partials_and_paths_of_configurations_come_along(source: Workspace, tmp_path: Path) -> None:
    target = Workspace(tmp_path / "target")
    job = source.job("sample.tasks.train", "1" * 64)
    partial = PartialFolder(source.partial("sample.tasks.train", "best", "a" * 64))
    partial.create()
    partial.link(job)
    (partial.path / "model.pt").write_text("weights")
    [run] = source.experiment("sample").runs()
    lines = run.objects_jsonl.read_text().splitlines()
    value = json.loads(lines[0])
    value["fields"] = {"in": {"type": "path", "value": str(source.root / "x")}, "n": 10**40}
    run.objects_jsonl.write_text("\n".join([json.dumps(value), *lines[1:]]) + "\n")
    copy_experiment(source, target, "sample")
    copied = target.partial("sample.tasks.train", "best", "a" * 64)
    assert sorted(path.name for path in copied.iterdir()) == ["model.pt"]
    link = target.job("sample.tasks.train", "1" * 64).partial_links / "best"
    assert link.resolve() == copied.resolve()
    [there] = target.experiment("sample").runs()
    copied_lines = there.objects_jsonl.read_text().splitlines()
    assert len(copied_lines) == len(lines)
    assert json.loads(copied_lines[0])["fields"] == {
        "in": {"type": "path", "value": str(target.root / "x")},
        "n": 10**40,
    }


def test_an_older_run_does_not_become_the_current_one(
    sample: ModuleType, source: Workspace, tmp_path: Path
) -> None:
    first = resolve_current_run(source, "sample")
    sample.write_finished(source.root)
    second = resolve_current_run(source, "sample")
    assert list_runs(source, "sample") == [first, second]
    target = Workspace(tmp_path / "target")
    copy_experiment(source, target, "sample", second)
    copy_experiment(source, target, "sample", first)
    assert resolve_current_run(target, "sample") == second
    assert list_runs(target, "sample") == [first, second]


def test_what_is_not_there_is_told_with_what_is(source: Workspace, tmp_path: Path) -> None:
    target = Workspace(tmp_path / "target")
    with pytest.raises(NoSuchExperiment, match='did you mean "sample"'):
        copy_experiment(source, target, "simple")
    with pytest.raises(NoSuchExperiment, match='no run of "sample" is named "x"'):
        copy_experiment(source, target, "sample", "x")
    with pytest.raises(NoSuchExperiment):
        resolve_current_run(target, "sample")
    with pytest.raises(NoSuchExperiment):
        list_runs(source, "")
    assert list_experiments(source) == ["sample"]
    (source.root / "experiments" / "empty").mkdir()
    assert resolve_current_run(source, "empty") is None
    with pytest.raises(NoSuchExperiment, match="current"):
        copy_experiment(source, target, "empty")


def test_other_versions_are_refused(source: Workspace, v1: ModuleType, tmp_path: Path) -> None:
    old = v1.write(tmp_path / "old").workspace
    with pytest.raises(OldWorkspace):
        copy_experiment(source, old, "sample")
    source.marker.write_text("3")
    with pytest.raises(NewerWorkspace):
        copy_experiment(source, tmp_path / "target", "sample")


def test_the_names_that_people_read_and_write(
    source: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert format_run_id("20260131_101500") == "2026-01-31 10:15:00"
    assert format_run_id("20260131_101500.12") == "2026-01-31 10:15:00 (12)"
    assert format_run_id("v1") == "v1"
    [run] = source.experiment("sample").runs()
    assert [job.job_id[0] for job in read_jobs_jsonl(run.path)] == list("12345")
    monkeypatch.setenv("XPM_CONFIG_DIR", str(tmp_path))
    (tmp_path / "settings.yaml").write_text(f"workspaces: [{{id: main, path: {source.root}}}]\n")
    assert resolve_workspace_path("main") == source.root
    assert resolve_workspace_path(str(source.root)) == source.root
    assert resolve_workspace_path(source.root) == source.root
    with pytest.raises(NoWorkspace, match="mian"):
        resolve_workspace_path("mian")


class Stop:
    """Ends the process before the n-th operation; counts them."""

    def __init__(self, n: int) -> None:
        self.n, self.count = n, 0

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        if self.count == self.n:
            os._exit(9)
        self.count += 1

    def after(self, operation: str, path: Path) -> None:
        pass


def test_an_interrupted_copy_goes_on_when_called_again(
    sample: ModuleType,
    memory_path: Path,
    sweep: Callable[..., range],
    record_property: Callable[[str, object], None],
) -> None:
    source = sample.write_finished(memory_path / "source")
    count = Stop(-1)
    with fs.observed(count):
        copy_experiment(source, memory_path / "whole", "sample")
    assert count.count > 100
    tried = sweep(count.count, 7)
    record_property("count", len(tried))
    for n in tried:
        target = Workspace(memory_path / str(n))
        pid = os.fork()
        if pid == 0:
            with fs.observed(Stop(n)):
                copy_experiment(source, target, "sample")
            os._exit(0)
        os.waitpid(pid, 0)
        for job in target.job_folders():  # whatever is in its place is whole
            assert job.done.exists() or job.failed.exists()
        for run in target.experiment("sample").runs():
            assert len(load_run(run).view.jobs) == 5
        result = copy_experiment(source, target, "sample")
        assert result.errors == []
        assert result.jobs_copied + result.jobs_skipped == 3
        [run] = target.experiment("sample").runs()
        assert target.experiment("sample").current_run() == run
        assert len(list(target.job_folders())) == 3
        assert not target.staging.exists()

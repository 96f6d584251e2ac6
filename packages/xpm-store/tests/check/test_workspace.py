"""A whole workspace, damaged in every way that is known, checked and mended."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store import atomic, carbon
from xpm_store.carbon import Measure
from xpm_store.check import Finding, Remedy, Severity, check, repair
from xpm_store.errors import NewerWorkspace
from xpm_store.index import Index
from xpm_store.layout import JobFolder, RunFolder, Workspace
from xpm_store.loading import load_run
from xpm_store.locks import FileLock
from xpm_store.partials import PartialFolder
from xpm_store.processes import Owner
from xpm_store.records import Failure, JobStatus, ProcessRecord, RunState
from xpm_store.states import JobState, RunStatus
from xpm_store.trash import Trash

OLD = time.time() - 10 * 24 * 3600
DEAD = {"type": "local", "pid": 2**22 + 1}


@pytest.fixture
def workspace(sample: ModuleType, memory_path: Path) -> Workspace:
    workspace: Workspace = sample.write_finished(memory_path / "ws")
    return workspace


def fine_job(workspace: Workspace) -> JobFolder:
    return workspace.job("sample.tasks.train", "1" * 64)


def old(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (OLD, OLD))
    return path


def test_a_workspace_that_is_well_has_nothing_to_tell(
    workspace: Workspace, golden_workspace: Workspace
) -> None:
    assert check(workspace) == []
    assert {one.severity for one in check(golden_workspace)} <= {Severity.NOTE}


def test_a_workspace_in_use_is_not_damaged(sample: ModuleType, tmp_path: Path) -> None:
    lock, recorder, jobs = sample.write_live(tmp_path / "ws")
    workspace = Workspace(tmp_path / "ws")
    with recorder.run.jobs_jsonl.open("a") as file:
        file.write('{"job_id": "being writ')
    [job] = jobs.values()
    with FileLock(job.folder.lock):
        assert [str(one) for one in check(workspace)] == []
    recorder.close()
    lock.release()


Damage = Callable[[Workspace], Path]


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _append(path: Path, text: str) -> Path:
    with path.open("a") as file:
        file.write(text)
    return path


def _run(workspace: Workspace) -> RunFolder:
    return workspace.experiment("sample").runs()[-1]


def _killed(workspace: Workspace) -> Path:
    state = RunState.read(_run(workspace))
    assert state is not None
    state.status, state.ended_at = RunStatus.RUNNING, None
    state.write(_run(workspace))
    return _run(workspace).status


def _no_record(workspace: Workspace) -> Path:
    _run(workspace).status.unlink()
    return _run(workspace).status


def _lost_link(workspace: Workspace) -> Path:
    atomic.replace_link(workspace.experiment("sample").current, "gone")
    return workspace.experiment("sample").current


def _no_link(workspace: Workspace) -> Path:
    workspace.experiment("sample").current.unlink()
    return workspace.experiment("sample").current


def _dead_job(workspace: Workspace) -> Path:
    job = workspace.job("sample.tasks.train", "2" * 64)
    job.failed.unlink()
    return _write(job.pid, json.dumps(DEAD))


def _late_pid(workspace: Workspace) -> Path:
    return _write(fine_job(workspace).pid, json.dumps(DEAD))


def _both_markers(workspace: Workspace) -> Path:
    Failure().write(fine_job(workspace))
    return fine_job(workspace).failed


def _dead_holder(workspace: Workspace) -> Path:
    partial = PartialFolder(workspace.partial("sample.tasks.train", "best", "a" * 64))
    partial.try_acquire(fine_job(workspace))
    path = partial.holder_path(fine_job(workspace))
    value = json.loads(path.read_text())
    value["owner"] = Owner(os.uname().nodename, "another boot", 1, 0.0).to_json()
    return _write(path, json.dumps(value))


def _damaged_holder(workspace: Workspace) -> Path:
    partial = PartialFolder(workspace.partial("sample.tasks.train", "best", "a" * 64))
    partial.create()
    return _write(partial.holder_path(fine_job(workspace)), "{")


def _damaged_carbon(workspace: Workspace) -> Path:
    carbon.record(workspace, Measure("1" * 64, "sample.tasks.train"))
    return _append(workspace.carbon / "measures-0.jsonl", "x\n")


def _left_events(workspace: Workspace) -> Path:
    return _write(workspace.experiment("sample").live_event(7), "")


DAMAGES: dict[str, tuple[Damage, Remedy]] = {
    "the record of a run": (lambda w: _write(_run(w).status, "{"), Remedy.CLOSE_RUN),
    "a run without record": (_no_record, Remedy.CLOSE_RUN),
    "a killed run": (_killed, Remedy.CLOSE_RUN),
    "events left behind": (_left_events, Remedy.CLOSE_RUN),
    "the surroundings": (lambda w: _write(_run(w).environment, "[]"), Remedy.REMOVE),
    "a line of the list": (lambda w: _append(_run(w).jobs_jsonl, "x\n"), Remedy.KEEP_GOOD_LINES),
    "a line of objects": (lambda w: _append(_run(w).objects_jsonl, "x"), Remedy.KEEP_GOOD_LINES),
    "archived events": (lambda w: _append(_run(w).archived_event(0), "x"), Remedy.KEEP_GOOD_LINES),
    "a link to nowhere": (_lost_link, Remedy.LINK_CURRENT),
    "no link": (_no_link, Remedy.LINK_CURRENT),
    "the record of a job": (lambda w: _write(fine_job(w).status, "{"), Remedy.REMOVE),
    "the process of a job": (lambda w: _write(fine_job(w).pid, "{"), Remedy.REMOVE),
    "the locks of a job": (lambda w: _write(fine_job(w).locks_json, "{"), Remedy.REMOVE),
    "events of a job": (lambda w: _append(fine_job(w).archived_event(0), "x\n"),
                        Remedy.KEEP_GOOD_LINES),
    "outputs of a job": (lambda w: _write(fine_job(w).task_outputs, "x\n"),
                         Remedy.KEEP_GOOD_LINES),
    "a dead job": (_dead_job, Remedy.MARK_FAILED),
    "a pid of a job that ended": (_late_pid, Remedy.REMOVE_PID),
    "both markers": (_both_markers, Remedy.REMOVE),
    "a file half written": (lambda w: old(fine_job(w).path / ".params.json.1.tmp"), Remedy.REMOVE),
    "a copy given up": (lambda w: old(w.staging / "abc"), Remedy.REMOVE),
    "a dead holder": (_dead_holder, Remedy.REAP),
    "a damaged holder": (_damaged_holder, Remedy.REMOVE),
    "energy records": (_damaged_carbon, Remedy.KEEP_GOOD_LINES),
    "index of energy": (lambda w: _write(w.carbon / "index.json", "x"), Remedy.REMOVE),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_mended_and_nothing_is_lost(workspace: Workspace, name: str) -> None:
    damage, remedy = DAMAGES[name]
    path = damage(workspace)
    content = path.read_bytes() if path.is_file() else None
    found = check(workspace)
    assert (path, remedy) in [(one.path, one.remedy) for one in found]
    repaired = repair(workspace, found)
    assert [one.obstacle for one in repaired] == [None] * len(found)
    assert [str(one) for one in check(workspace)] == []
    if remedy in (Remedy.REMOVE, Remedy.KEEP_GOOD_LINES):
        [entry] = [one.trash for one in repaired if one.finding.path == path]
        assert entry is not None
        path.unlink(missing_ok=True)
        Trash(workspace).restore(entry)
        assert path.read_bytes() == content
        path.unlink()
    view = load_run(_run(workspace)).view
    assert len(view.jobs) == 5
    if name not in ("a dead job", "a killed run"):
        assert view.jobs["1" * 64].state is JobState.DONE


def test_a_dead_job_is_marked_with_what_is_known(workspace: Workspace) -> None:
    path = _dead_job(workspace)
    found = [one for one in check(workspace) if one.path == path]
    repair(workspace, found)
    job = JobFolder(path.parent)
    failure = Failure.read(job)
    assert failure is not None and "process 4194305 ended" in (failure.message or "")
    status = JobStatus.read(job)
    assert status is not None and status.state is JobState.ERROR


def test_what_is_in_use_is_left_and_told(workspace: Workspace) -> None:
    status = _write(fine_job(workspace).status, "{")
    record = _write(_run(workspace).status, "{")
    found = [
        Finding(Severity.DAMAGE, status, "", Remedy.REMOVE),
        Finding(Severity.DAMAGE, record, "", Remedy.CLOSE_RUN),
    ]
    for lock in (fine_job(workspace).lock, fine_job(workspace).reader_lock):
        with FileLock(lock), FileLock(workspace.experiment("sample").lock):
            repaired = repair(workspace, found)
        assert all("in use" in (one.obstacle or "") for one in repaired)
    assert status.read_text() == record.read_text() == "{"
    assert not Trash(workspace).path.exists()


def test_what_changed_meanwhile_is_left(workspace: Workspace) -> None:
    path = _dead_job(workspace)
    late = _late_pid(workspace)
    found = [one for one in check(workspace) if one.path in (path, late)]
    ProcessRecord.local(os.getpid()).write(JobFolder(path.parent))
    fine_job(workspace).done.unlink()
    repaired = repair(workspace, found)
    assert all("changed meanwhile" in (one.done or "") for one in repaired)
    assert path.exists() and late.exists()


def test_what_a_person_must_look_at_is_told(workspace: Workspace) -> None:
    _write(fine_job(workspace).params, "{")
    _run(workspace).jobs_jsonl.unlink()
    workspace.marker.unlink()
    (workspace.jobs / "sample.tasks.train" / "notes").mkdir()
    (workspace.experiments / "empty").mkdir()
    found = check(workspace)
    assert {one.path.name for one in found} >= {
        "params.json", "jobs.jsonl", workspace.marker.name, "notes", "empty",
    }  # fmt: skip
    assert {one.obstacle for one in repair(workspace, found) if one.finding.remedy is None} == {
        "a person must look at it"
    }


def test_an_index_that_lies_is_found_and_made_anew(workspace: Workspace) -> None:
    with Index.open(workspace) as index:
        index.sync()
        index.connection.execute("UPDATE run_jobs SET exit_code = 42 WHERE state = 'done'")
        index.connection.commit()
        found = check(workspace, index)
    assert {one.remedy for one in found} == {Remedy.REBUILD_INDEX}
    assert "exit_code is 42 in the index, 0 in the files" in found[0].problem
    assert repair(workspace, found[:1])[0].obstacle is None
    assert check(workspace) == []


def test_a_run_that_only_the_index_or_only_the_files_have_is_found(workspace: Workspace) -> None:
    with Index.open(workspace) as index:
        index.sync()
        index.connection.execute("UPDATE runs SET run_id = 'other'")
        index.connection.commit()
        from xpm_store.check.agreement import _compare

        problems = [one.problem for one in _compare(index)]
    assert len(problems) == 2
    assert any("index only" in problem for problem in problems)
    assert any("files only" in problem for problem in problems)


def test_the_workspace_of_a_later_version_is_not_judged(workspace: Workspace) -> None:
    workspace.marker.write_text("3")
    with pytest.raises(NewerWorkspace):
        check(workspace)


def test_checking_changes_nothing_but_the_index(workspace: Workspace) -> None:
    for name, (damage, _) in DAMAGES.items():
        if "run" not in name:
            damage(workspace)

    def snapshot() -> list[tuple[str, int]]:
        return sorted(
            (str(path), path.lstat().st_mtime_ns)
            for path in workspace.root.rglob("*")
            if ".experimaestro/index" not in str(path) and path.name != ".experimaestro"
        )

    before = snapshot()
    assert len(check(workspace)) > 15
    assert snapshot() == before

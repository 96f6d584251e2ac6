"""What the scheduler writes about a run."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store import fs
from xpm_store.atomic import read_lines
from xpm_store.events import EventReader, RunCompleted, event_files
from xpm_store.layout import Workspace
from xpm_store.loading import load_run
from xpm_store.locks import FileLock
from xpm_store.recorders import RunRecorder
from xpm_store.records import Environment, RunState, SubmittedJob
from xpm_store.states import FailureReason, JobState, RunStatus


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "w")


def begin(workspace: Workspace, name: str = "exp", at: float = 1.7e9) -> RunRecorder:
    return RunRecorder.create(
        workspace, name, hostname="h", environment={"packages": {}}, clock=lambda: at
    )


def job(n: int) -> SubmittedJob:
    return SubmittedJob(f"{n:064x}", "pkg.fit", {"n": n}, timestamp=1.7e9)


class Counting:
    """Counts writes by file name."""

    def __init__(self) -> None:
        self.writes: dict[str, int] = {}
        self.bytes = 0

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        if operation == "write":
            name = path.name
            self.writes[name] = self.writes.get(name, 0) + 1
            self.bytes += len(data or b"")

    def after(self, operation: str, path: Path) -> None:
        pass


def test_a_run_that_begins_can_be_listed(workspace: Workspace) -> None:
    recorder = begin(workspace)
    assert workspace.is_marked
    experiment = workspace.experiment("exp")
    assert experiment.current.readlink() == Path(recorder.run_id)
    state, environment = RunState.read(recorder.run), Environment.read(recorder.run)
    assert state is not None and environment is not None
    assert (state.status, state.hostname, state.events_count) == (RunStatus.RUNNING, "h", 0)
    assert (environment.status, environment.content) == (None, {"packages": {}})
    assert load_run(recorder.run, is_locked=True).view.status is RunStatus.RUNNING
    recorder.close()


def test_submissions_are_written_in_batches_and_states_that_matter_at_once(
    workspace: Workspace,
) -> None:
    recorder = begin(workspace)
    counting = Counting()
    with fs.observed(counting):
        for n in range(50):
            recorder.job_submitted(job(n), [{"id": n}])
            recorder.job_state(job(n).job_id, "pkg.fit", JobState.WAITING)
        assert counting.writes == {}
        recorder.job_state(job(3).job_id, "pkg.fit", JobState.SCHEDULED)
    assert counting.writes["jobs.jsonl"] == 1
    assert counting.writes["objects.jsonl"] == 1
    assert counting.writes["exp-0.jsonl"] == 1
    view = load_run(recorder.run, is_locked=True).view
    assert len(view.jobs) == 50
    assert view.jobs[job(3).job_id].state is JobState.SCHEDULED
    recorder.close()


def test_the_same_state_twice_is_written_once(workspace: Workspace) -> None:
    recorder = begin(workspace)
    recorder.job_submitted(job(1), [])
    for _ in range(3):
        recorder.job_state(job(1).job_id, "pkg.fit", JobState.DONE)
    recorder.job_state(job(1).job_id, "pkg.fit", JobState.ERROR, FailureReason.DELETED)
    recorder.job_state(job(1).job_id, "pkg.fit", JobState.ERROR, FailureReason.MISSING_OUTPUTS)
    assert len(read_lines(workspace.experiment("exp").live_event(0)).objects) == 4
    recorder.close()


def test_what_is_written_for_a_job_does_not_grow_with_the_run(workspace: Workspace) -> None:
    def bytes_per_job(count: int) -> float:
        recorder = begin(workspace, f"exp{count}")
        counting = Counting()
        with fs.observed(counting):
            for n in range(count):
                recorder.job_submitted(job(n), [])
                recorder.job_state(job(n).job_id, "pkg.fit", JobState.WAITING)
            for n in range(count):
                recorder.job_state(job(n).job_id, "pkg.fit", JobState.SCHEDULED)
                recorder.job_state(job(n).job_id, "pkg.fit", JobState.DONE)
            recorder.complete(RunStatus.DONE)
        return counting.bytes / count

    assert bytes_per_job(4000) < 1.5 * bytes_per_job(1000)


def test_a_run_that_ends_leaves_one_record_and_permanent_events(workspace: Workspace) -> None:
    recorder = begin(workspace)
    recorder.job_submitted(SubmittedJob("b" * 64, "pkg.fit", depends_on=("a" * 64,)), [])
    recorder.job_state("b" * 64, "pkg.fit", JobState.DONE)
    workspace.job("pkg.fit", "b" * 64).path.mkdir(parents=True)  # without it, it was deleted
    recorder.service_added("board", "A board", "pkg.Board", {"port": 1})
    recorder.action_added("act", "Export", "pkg.Export.XPMConfig", [{"id": 1}])
    assert recorder.complete(RunStatus.DONE) is RunStatus.DONE
    assert recorder.complete(RunStatus.DONE) is RunStatus.DONE
    state, environment = RunState.read(recorder.run), Environment.read(recorder.run)
    assert state is not None and environment is not None
    assert state.events_count is None
    assert (state.status, environment.status) == (RunStatus.DONE, RunStatus.DONE)
    assert state.dependencies == {"b" * 64: ("a" * 64,)}
    assert set(state.actions) == {"act"}
    assert state.services["board"].state_dict == {"port": 1}
    assert workspace.experiment("exp").live_events() == []
    events = EventReader(lambda: event_files(recorder.run)).read().events
    assert isinstance(events[-1], RunCompleted)
    read, known = load_run(recorder.run).view, recorder.view
    assert (read.status, read.actions, read.services) == (
        known.status,
        known.actions,
        known.services,
    )
    assert read.jobs["b" * 64].state is known.jobs["b" * 64].state is JobState.DONE
    with pytest.raises(ValueError, match="has ended"):
        recorder.job_state("b" * 64, "pkg.fit", JobState.DONE)


def test_a_run_whose_jobs_failed_is_written_failed(workspace: Workspace) -> None:
    recorder = begin(workspace)
    recorder.job_submitted(job(1), [])
    recorder.job_state(job(1).job_id, "pkg.fit", JobState.ERROR, FailureReason.DEPENDENCY)
    assert recorder.complete(RunStatus.DONE) is RunStatus.FAILED
    state = RunState.read(recorder.run)
    assert state is not None and state.status is RunStatus.FAILED
    assert state.job_states[job(1).job_id] == (JobState.ERROR, FailureReason.DEPENDENCY)


def test_a_detached_run_is_told_in_both_files(workspace: Workspace) -> None:
    recorder = begin(workspace)
    recorder.complete(RunStatus.DETACHED)
    assert '"status": "running"' in recorder.run.status.read_text()
    state, environment = RunState.read(recorder.run), Environment.read(recorder.run)
    assert state is not None and environment is not None
    assert (state.status, environment.status) == (RunStatus.DETACHED, RunStatus.DETACHED)
    assert load_run(recorder.run).view.status is RunStatus.DETACHED


def test_running_is_no_end(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="not running"):
        begin(workspace).complete(RunStatus.RUNNING)


def test_tags_given_to_a_run_while_it_lasts_are_kept(workspace: Workspace) -> None:
    recorder = begin(workspace)
    state = RunState.read(recorder.run)
    assert state is not None
    state.run_tags, state.extra = ["best"], {"later": 1}
    state.write(recorder.run)
    recorder.job_submitted(job(1), [])
    recorder.complete(RunStatus.DONE)
    state = RunState.read(recorder.run)
    assert state is not None
    assert (state.run_tags, state.extra) == (["best"], {"later": 1})


def test_runs_of_one_second_or_of_a_clock_that_went_back_stay_in_order(
    workspace: Workspace,
) -> None:
    made = []
    for at in (1.7e9, 1.7e9, 1.7e9 - 3600, 1.7e9 + 1):
        recorder = begin(workspace, at=at)
        recorder.complete(RunStatus.DONE)
        made.append(recorder.run_id)
    assert [run.run_id for run in workspace.experiment("exp").runs()] == made
    assert len(set(made)) == 4


def test_the_name_of_a_removed_run_is_not_taken_again(workspace: Workspace) -> None:
    for _ in range(3):
        begin(workspace, at=1.7e9).complete(RunStatus.DONE)
    first, second, third = workspace.experiment("exp").runs()
    for run in (first, second):
        shutil.rmtree(run.path)
    recorder = begin(workspace, at=1.7e9)
    recorder.complete(RunStatus.DONE)
    assert recorder.run_id.endswith(".3")
    assert workspace.experiment("exp").runs() == [third, recorder.run]


def test_a_run_after_a_killed_one_has_fresh_event_numbers_and_closes_it(
    sample: ModuleType, tmp_path: Path
) -> None:
    workspace, lock, killed = sample.begin(tmp_path)
    killed.job_state(sample.FINE, sample.TRAIN, JobState.SCHEDULED)
    killed.close()
    lock.release()
    (workspace.experiment_events / "sample-1-0.jsonl").write_text("{}\n")  # of `sample-1`
    recorder = sample.create(workspace)
    state, environment = RunState.read(killed.run), Environment.read(killed.run)
    assert state is not None and environment is not None
    assert (state.status, environment.status) == (RunStatus.FAILED, RunStatus.FAILED)
    assert state.events_count is None
    assert len(state.actions) == 1
    assert state.job_states[sample.FINE][0] is JobState.SCHEDULED
    assert killed.run.archived_event(0).exists()
    assert workspace.experiment("sample").live_events() == []
    assert (workspace.experiment_events / "sample-1-0.jsonl").exists()
    recorder.close()


def test_events_that_cannot_be_put_away_do_not_stop_a_run_and_are_not_extended(
    sample: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workspace, lock, killed = sample.begin(tmp_path)
    killed.close()
    lock.release()
    killed.run.archived_event(0).unlink()
    killed.run.events_dir.rmdir()
    killed.run.events_dir.write_text("in the way")
    before = workspace.experiment("sample").live_event(0).read_bytes()
    recorder = sample.create(workspace)
    sample.submit(recorder)
    assert "event-0.jsonl" in caplog.text
    assert workspace.experiment("sample").live_event(0).read_bytes() == before
    assert [n for n, _ in workspace.experiment("sample").live_events()] == [0, 1]
    recorder.complete(RunStatus.DONE)
    assert recorder.run.archived_event(1).exists()


def test_mixed_events_of_2_x_are_put_away_with_each_of_their_runs(workspace: Workspace) -> None:
    experiment = workspace.experiment("exp")
    for name in ("20260101_000000", "20260102_000000"):
        experiment.run(name).path.mkdir(parents=True)
    workspace.experiment_events.mkdir(parents=True)
    experiment.live_event(0).write_text(
        '{"run_id":"20260101_000000"}\n{"run_id":"20260102_000000"}\n{"run_id":"gone"}\n'
    )
    begin(workspace).close()
    copies = [run.archived_event(0) for run in experiment.runs()[:2]]
    assert copies[0].samefile(copies[1])
    assert not experiment.live_event(0).exists()


def test_a_second_experiment_has_its_own_links_and_tags(workspace: Workspace) -> None:
    shared = job(1)
    for name in ("one", "two"):
        recorder = begin(workspace, name)
        tagged = SubmittedJob(shared.job_id, shared.task_id, {"from": name}, timestamp=1.7e9)
        recorder.job_submitted(tagged, [])
        recorder.flush()
        link = recorder.run.job_link(shared.task_id, shared.job_id)
        assert link.readlink() == workspace.job(shared.task_id, shared.job_id).path
        view = load_run(recorder.run, is_locked=True).view
        assert view.jobs[shared.job_id].tags == {"from": name}
        recorder.job_removed(shared.job_id, shared.task_id)
        assert not link.is_symlink()
        recorder.close()


def test_threads_may_record_together(workspace: Workspace) -> None:
    recorder = begin(workspace)

    def work(first: int) -> None:
        for n in range(first, first + 100):
            recorder.job_submitted(job(n), [{"id": n}])
            recorder.job_state(job(n).job_id, "pkg.fit", JobState.DONE)

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.complete(RunStatus.DONE)
    assert len(read_lines(recorder.run.objects_jsonl).objects) == 400
    view = load_run(recorder.run).view
    assert len(view.jobs) == 400


def test_a_live_run_is_seen_running_while_its_lock_is_held(
    sample: ModuleType, tmp_path: Path
) -> None:
    lock, recorder, jobs = sample.write_live(tmp_path)
    view = load_run(recorder.run).view
    assert view.status is RunStatus.RUNNING
    assert view.jobs[sample.LATE].state is JobState.RUNNING
    assert view.jobs[sample.LATE].progress[0].progress == 0.5
    assert not FileLock(recorder.run.experiment.lock).acquire(0)
    lock.release()
    assert load_run(recorder.run).view.is_interrupted
    sample.end(recorder, jobs)

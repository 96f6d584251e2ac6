"""Bringing the index up to date: it says what the files say, and looks at little."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xpm_store.errors import IndexUnavailable
from xpm_store.index import Index
from xpm_store.index import sync as sync_module
from xpm_store.index.sync import ENDED_AT_ONCE
from xpm_store.layout import Workspace
from xpm_store.loading import load_run
from xpm_store.records import Failure
from xpm_store.states import FailureReason, JobState, RunStatus


def assert_index_is_files(index: Index, workspace: Workspace) -> None:
    """The index shows what reading the files one by one shows."""
    for experiment in workspace.experiment_folders():
        listed = {row.run_id: row for row in index.runs(experiment.experiment_id)}
        runs = experiment.runs()
        assert list(listed) == [run.run_id for run in runs]
        for run in runs:
            view = load_run(run).view
            row = listed[run.run_id]
            assert (row.status, row.is_interrupted) == (view.status, view.is_interrupted)
            assert dict(row.counts) == dict(view.counts())
            jobs = index.jobs(experiment=run.experiment_id, run=run.run_id)
            assert {job.job_id for job in jobs} == view.jobs.keys()
            for job in jobs:
                shown = view.jobs[job.job_id]
                assert (job.state, job.reason) == (shown.state, shown.reason)
                assert job.progress == shown.progress
                assert dict(job.tags) == dict(shown.tags)
                assert job.depends_on == shown.depends_on
                assert (job.started_at, job.ended_at) == (shown.started_at, shown.ended_at)
                assert (job.exit_code, job.retry_count) == (shown.exit_code, shown.retry_count)


def assert_counts_are_right(index: Index) -> None:
    """What triggers keep is what counting gives."""
    counted = """SELECT run, state, count(*) FROM run_jobs GROUP BY 1, 2 UNION ALL
                 SELECT -1, state, count(*) FROM run_jobs WHERE is_latest GROUP BY 2"""
    kept = "SELECT run, state, jobs FROM counts WHERE jobs != 0"
    db = index.connection
    assert sorted(map(tuple, db.execute(kept))) == sorted(map(tuple, db.execute(counted)))
    folders = """SELECT k.id, k.folders, (SELECT count(*) FROM jobs j WHERE j.task = k.id
                 AND j.has_folder) AS counted FROM tasks k"""
    assert all(row["folders"] == row["counted"] for row in db.execute(folders))
    tags = """SELECT count(*) FROM tags t LEFT JOIN run_jobs r ON r.id = t.row
              WHERE t.state IS NOT r.state OR t.task IS NOT r.task"""
    assert db.execute(tags).fetchone()[0] == 0


def test_the_sample_workspace_lists_as_expected(
    golden_workspace: Workspace, expected: dict[str, Any]
) -> None:
    with Index.open(golden_workspace) as index:
        report = index.sync()
        assert report.problems == []
        assert [row.experiment_id for row in index.experiments()] == sorted(expected["experiments"])
        for name, experiment in expected["experiments"].items():
            for run_id, run in experiment["runs"].items():
                jobs = {job.job_id: job for job in index.jobs(experiment=name, run=run_id)}
                assert jobs.keys() == run["jobs"].keys()
                for job_id, wanted in run["jobs"].items():
                    assert jobs[job_id].task_id == wanted["task_id"]
                    assert dict(jobs[job_id].tags) == wanted["tags"]
                    assert sorted(jobs[job_id].depends_on) == sorted(wanted["depends_on"])
                actions = index.actions(name, run_id)
                assert {action.action_id for action in actions} == run["actions"].keys()
        for job_id, wanted in expected["jobs"].items():
            job = index.find_job(job_id)
            reason = job.reason.value if job.reason else None
            assert (job.state.value, reason) == (wanted["state"], wanted.get("reason"))
            assert job.has_folder == wanted["directory"]
        assert [level.desc for level in index.find_job("endless/74bc").progress] == ["started"]


def test_statuses_of_the_sample_tell_the_killed_and_the_failed(golden_workspace: Workspace) -> None:
    with Index.open(golden_workspace) as index:
        index.sync()
        statuses = {
            row.experiment_id: (row.status, index.runs(row.experiment_id)[-1].is_interrupted)
            for row in index.experiments()
        }
    assert statuses == {
        "aborted": (RunStatus.FAILED, False),
        "interrupted": (RunStatus.FAILED, True),
        "sample": (RunStatus.FAILED, False),  # two of its jobs failed, whatever its record says
        "script": (RunStatus.DONE, False),
    }


def test_a_listing_changes_nothing_but_the_index(golden_workspace: Workspace) -> None:
    def content() -> dict[str, int]:
        return {
            str(path): path.lstat().st_mtime_ns
            for path in golden_workspace.root.rglob("*")
            if ".experimaestro/index" not in str(path) and path != golden_workspace.root
        }

    golden_workspace.index.parent.mkdir()
    before = content()
    with Index.open(golden_workspace) as index:
        index.sync()
        index.sync(full=True)
    after = content()
    folder = str(golden_workspace.index.parent)
    before.pop(folder)
    after.pop(folder)
    assert after == before


def test_a_live_run_is_followed_step_by_step(lab: Any, index: Index) -> None:
    run = lab.begin("sweep")
    first = lab.submit(run, "a", tags={"lr": 0.1})
    second = lab.submit(run, "b", depends_on=(first.job_id,))
    index.sync()
    assert index.counts(experiment="sweep") == {JobState.UNSCHEDULED: 2}
    job = lab.start(run, first)
    run.job_state(second.job_id, second.task_id, JobState.WAITING)
    run.flush()
    index.sync()
    assert index.counts(experiment="sweep") == {JobState.RUNNING: 1, JobState.WAITING: 1}
    job.progress(0, 0.5, "epochs")
    index.sync()
    assert index.find_job(first.job_id).progress[0].progress == 0.5
    lab.finish(run, job, failure=Failure(3, FailureReason.TIMEOUT))
    run.job_state(second.job_id, second.task_id, JobState.ERROR, FailureReason.DEPENDENCY)
    lab.end(run)
    index.sync()
    found = index.find_job(first.job_id)
    assert (found.state, found.reason, found.exit_code) == (
        JobState.ERROR,
        FailureReason.TIMEOUT,
        3,
    )
    assert index.find_job(second.job_id).reason is FailureReason.DEPENDENCY
    assert index.experiments()[0].status is RunStatus.FAILED
    assert_index_is_files(index, lab.workspace)


def test_the_progress_of_one_experiment_costs_a_few_files(lab: Any, index: Index) -> None:
    for name in ("one", "two", "three"):
        run = lab.begin(name)
        for number in range(20):
            lab.finish(run, lab.start(run, lab.submit(run, f"{name}{number}")))
        lab.end(run)
    run = lab.begin("live")
    job = lab.start(run, lab.submit(run, "x"))
    index.sync()
    job.progress(0, 0.25)
    report = index.sync(experiment="live")
    assert index.find_job(job.folder.job_id).progress[0].progress == 0.25
    assert (report.jobs, report.events) == (1, 1)
    assert report.looked_at < 10
    lab.kill(run)


def test_a_sync_with_nothing_new_looks_at_few_jobs_that_ended(lab: Any, index: Index) -> None:
    run = lab.begin("sweep")
    for number in range(50):
        lab.finish(run, lab.start(run, lab.submit(run, str(number))))
    lab.end(run)
    index.sync()
    long_ago = 1_700_000_000
    os.utime(lab.workspace.jobs / "lab.fit", (long_ago, long_ago))
    index.sync()
    writes = index.connection.total_changes
    report = index.sync()
    assert (report.runs, report.jobs, report.events, report.changes) == (0, 0, 0, 0)
    # two files of the run, jobs/lab.fit, the markers of some jobs
    assert report.looked_at <= 4 + min(50, ENDED_AT_ONCE)
    assert report.listed <= 6  # none of them holds the jobs
    assert index.connection.total_changes == writes


def test_a_done_job_whose_folder_was_deleted_by_hand_is_deleted(lab: Any, index: Index) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a")
    lab.finish(run, lab.start(run, folder))
    lab.end(run)
    index.sync()
    assert index.find_job("fit").has_folder
    shutil.rmtree(folder.path)
    index.sync()
    job = index.find_job("fit")
    assert (job.has_folder, job.state, job.reason) == (
        False,
        JobState.ERROR,
        FailureReason.DELETED,
    )
    assert index.counts(experiment="sweep") == index.counts() == {JobState.ERROR: 1}
    assert index.experiments()[0].status is RunStatus.DONE  # it was when it ended
    assert_index_is_files(index, lab.workspace)


def test_a_job_that_is_removed_after_its_run_stays_done(lab: Any, index: Index) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a", transient=2)
    lab.finish(run, lab.start(run, folder))
    shutil.rmtree(folder.path)
    lab.end(run)
    index.sync()
    assert index.find_job("fit").state is JobState.DONE
    assert_index_is_files(index, lab.workspace)


def test_folders_that_events_tell_of_do_not_make_a_task_be_listed(
    lab: Any, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "ENDED_AT_ONCE", 0)
    run = lab.begin("sweep")
    for number in range(20):
        lab.finish(run, lab.start(run, lab.submit(run, str(number))))
    index.sync()
    if lab.folder("0").path.parent.stat().st_nlink == 1:
        pytest.skip("this file system does not count the folders of a folder")
    before = index.sync().listed
    lab.start(run, lab.submit(run, "new"))
    assert index.sync().listed == before
    shutil.rmtree(lab.folder("0").path)
    lab.start(run, lab.submit(run, "newer"))
    assert index.sync().listed == before + 1
    lab.kill(run)


@pytest.mark.parametrize("full", [False, True])
def test_a_marker_deleted_by_hand_is_noticed(lab: Any, index: Index, full: bool) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a")
    lab.finish(run, lab.start(run, folder))
    lab.end(run)
    index.sync()
    folder.done.unlink()
    index.sync(full=full)
    assert index.find_job("fit").reason is FailureReason.MISSING_OUTPUTS
    assert_index_is_files(index, lab.workspace)


def test_every_job_that_ended_has_its_turn(
    lab: Any, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "ENDED_AT_ONCE", 3)
    run = lab.begin("sweep")
    for number in range(10):
        lab.finish(run, lab.start(run, lab.submit(run, str(number))))
    lab.end(run)
    index.sync()
    for number in range(10):
        lab.folder(str(number)).done.unlink()
    for _ in range(1000):
        index.sync()
        if index.counts() == {JobState.ERROR: 10}:
            break
    assert index.counts() == {JobState.ERROR: 10}


def test_an_index_made_from_nothing_is_one_transaction(lab: Any, index: Index) -> None:
    for name in ("one", "two"):
        run = lab.begin(name)
        lab.finish(run, lab.start(run, lab.submit(run, "shared")))
        lab.finish(run, lab.start(run, lab.submit(run, name)), failure=Failure())
        lab.end(run)
    statements: list[str] = []
    index.connection.set_trace_callback(statements.append)
    index.sync()
    index.connection.set_trace_callback(None)
    first = statements.index("COMMIT")
    filled = [text for text in statements if text.startswith("INSERT INTO run_jobs")]
    assert len(filled) == 4
    assert all(statements.index(text) < first for text in filled)
    assert_counts_are_right(index)
    assert_index_is_files(index, lab.workspace)


def test_a_filling_that_is_interrupted_leaves_an_empty_index(lab: Any, index: Index) -> None:
    run = lab.begin("sweep")
    lab.finish(run, lab.start(run, lab.submit(run, "a")))
    lab.end(run)

    def stop(text: str) -> None:
        if text.startswith("CREATE INDEX tags_task"):
            index.connection.interrupt()

    index.connection.set_trace_callback(stop)
    with pytest.raises(IndexUnavailable, match="interrupted"):
        index.sync()
    index.connection.set_trace_callback(None)
    assert index.jobs() == []
    index.sync()
    assert_index_is_files(index, lab.workspace)
    assert_counts_are_right(index)


def test_a_job_run_again_by_another_experiment_is_shown_by_both(lab: Any, index: Index) -> None:
    run = lab.begin("first")
    folder = lab.submit(run, "a")
    lab.finish(run, lab.start(run, folder), failure=Failure())
    lab.end(run)
    index.sync()
    again = lab.begin("second")
    lab.submit(again, "a", tags={"try": 2})
    job = lab.start(again, folder)
    index.sync()
    assert [row.state for row in index.jobs(experiment="first")] == [JobState.RUNNING]
    lab.finish(again, job)
    lab.end(again)
    index.sync()
    assert [row.state for row in index.jobs(experiment="first")] == [JobState.DONE]
    [latest] = index.jobs()
    assert (latest.experiment_id, dict(latest.tags)) == ("second", {"try": 2})


def test_a_run_that_is_removed_leaves_its_jobs_to_the_others(lab: Any, index: Index) -> None:
    runs: list[Any] = []
    for _ in range(2):
        run = lab.begin("sweep")
        lab.finish(run, lab.start(run, lab.submit(run, "shared")))
        lab.finish(run, lab.start(run, lab.submit(run, f"own{len(runs)}")))
        lab.end(run)
        runs.append(run.run)
    index.sync()
    shutil.rmtree(runs[0].path)
    index.sync()
    assert {row.job_id for row in index.jobs()} == {
        lab.folder("shared").job_id,
        lab.folder("own1").job_id,
    }
    assert [row.job_id for row in index.orphans()] == [lab.folder("own0").job_id]
    assert index.find_job(lab.folder("own0").job_id).experiment_id == ""
    assert_index_is_files(index, lab.workspace)


def test_an_orphan_that_is_listed_again_is_an_orphan_no_more(lab: Any, index: Index) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a")
    lab.finish(run, lab.start(run, folder))
    lab.end(run)
    shutil.rmtree(run.run.path)
    index.sync()
    assert len(index.orphans()) == 1
    run = lab.begin("sweep")
    lab.submit(run, "a")
    index.sync()
    assert index.orphans() == []
    assert len(index.jobs()) == 1
    lab.kill(run)


def test_a_damaged_run_is_reported_and_listed_all_the_same(lab: Any, index: Index) -> None:
    run = lab.begin("sweep")
    folder = lab.submit(run, "a")
    lab.finish(run, lab.start(run, folder))
    lab.end(run)
    run.run.status.write_bytes(b"\0" * 100)
    with run.run.jobs_jsonl.open("ab") as out:
        out.write(b'{"job_id": 3}\nnot json\n{"torn')
    report = index.sync()
    assert {Path(problem.path).name for problem in report.problems} == {
        "status.json",
        "jobs.jsonl",
    }
    assert index.find_job("fit").state is JobState.DONE


def test_two_indexes_that_sync_by_turns_agree(lab: Any, index: Index) -> None:
    with Index.open(lab.workspace) as other:
        run = lab.begin("sweep")
        for number in range(6):
            job = lab.start(run, lab.submit(run, str(number), tags={"n": number}))
            (index if number % 2 else other).sync()
            job.progress(0, 0.5)
            (other if number % 2 else index).sync()
            lab.finish(run, job)
        lab.end(run)
        index.sync()
        assert other.sync().changes == 0
        assert other.jobs() == index.jobs()
    assert_index_is_files(index, lab.workspace)


FOLLOWER = """
import sys
from pathlib import Path
from xpm_store.index import Index
from xpm_store.layout import Workspace
with Index.open(Workspace(Path(sys.argv[1]))) as index:
    print("ready", flush=True)
    while not sys.stdin.closed and sys.stdin.readline().strip() == "sync":
        index.sync()
        print(len(index.jobs()), flush=True)
"""


def test_several_processes_that_sync_at_once_agree(lab: Any, index: Index) -> None:
    followers = [
        subprocess.Popen(
            [sys.executable, "-c", FOLLOWER, str(lab.workspace.root)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    streams = [(f.stdin, f.stdout) for f in followers]

    def ask(text: str) -> None:
        for stdin, _ in streams:
            assert stdin is not None
            stdin.write(text + "\n")
            stdin.flush()

    def answers() -> list[str]:
        return [stdout.readline().strip() for _, stdout in streams if stdout is not None]

    try:
        assert answers() == ["ready"] * 3
        run = lab.begin("sweep")
        for round_ in range(5):
            ask("sync")  # they sync while the run goes on
            for number in range(20):
                name = f"{round_}-{number}"
                lab.finish(run, lab.start(run, lab.submit(run, name, tags={"n": number})))
            index.sync()
            answers()
        lab.end(run)
        ask("sync")
        assert answers() == ["100"] * 3
    finally:
        ask("stop")
        for follower in followers:
            follower.communicate()
    assert index.sync().problems == []
    assert_index_is_files(index, lab.workspace)


EXAMPLES = 2000 if os.environ.get("XPM_STORE_FULL") else 40
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["run", "submit", "wait", "start", "progress", "finish", "fail", "kill job",
             "kill run", "end run", "delete", "sync", "sync one"]
        ),
        st.integers(0, 3),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_whatever_happens_the_index_says_what_the_files_say(
    steps: list[tuple[str, int]], lab_class: type[Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lab = lab_class(Path(folder) / "ws")
        with Index.open(lab.workspace) as index:
            history = _History(lab, index)
            for step, number in steps:
                history.do(step, number)
            index.sync()
            assert_index_is_files(index, lab.workspace)
            assert_counts_are_right(index)
            history.close()


class _History:
    """Does what the steps say, when it makes sense."""

    def __init__(self, lab: Any, index: Index) -> None:
        self.lab, self.index = lab, index
        self.run: Any = None
        self.running: dict[int, Any] = {}

    def do(self, step: str, number: int) -> None:
        if step == "sync":
            self.index.sync()
        elif step == "sync one" and self.run is not None:
            self.index.sync(experiment=self.run.run.experiment_id)
        elif step == "run" and self.run is None:
            self.run = self.lab.begin(f"x{number % 2}")
        elif step == "delete" and number not in self.running:
            shutil.rmtree(self.lab.folder(str(number)).path, ignore_errors=True)
        elif self.run is not None:
            self.in_run(step, number)

    def in_run(self, step: str, number: int) -> None:
        folder, run = self.lab.folder(str(number)), self.run
        known = run.view.jobs.keys()
        if step == "submit":
            self.lab.submit(run, str(number), tags={"n": number})
        elif step == "kill run":
            self.lab.kill(run)
            self.run = None
        elif step == "end run":
            self.lab.end(run)
            self.run = None
        elif folder.job_id not in known:
            return
        elif step == "wait" and number not in self.running:
            run.job_state(folder.job_id, folder.task_id, JobState.WAITING)
            run.flush()
        elif step == "start" and number not in self.running:
            folder.done.unlink(missing_ok=True)
            folder.failed.unlink(missing_ok=True)
            self.running[number] = self.lab.start(run, folder)
        elif number in self.running:
            self.in_job(step, number)

    def in_job(self, step: str, number: int) -> None:
        job = self.running[number]
        if step == "progress":
            job.progress(0, (self.lab.now % 100) / 100, "going on")
        elif step == "kill job":
            job.folder.pid.unlink()
            del self.running[number]
        elif step in ("finish", "fail"):
            failure = Failure(1, FailureReason.CANCELLED) if step == "fail" else None
            self.lab.finish(self.run, job, failure=failure)
            del self.running[number]

    def close(self) -> None:
        if self.run is not None:
            self.lab.kill(self.run)

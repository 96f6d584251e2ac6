"""Asking the index, and its file: it can be deleted, damaged, old, or somewhere else."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from xpm_store.errors import AmbiguousJob, IndexUnavailable, NoSuchExperiment, NoSuchJob
from xpm_store.index import Index
from xpm_store.layout import Workspace


@pytest.fixture
def three_jobs(lab: Any, index: Index) -> Index:
    run = lab.begin("sweep")
    for name, task in [("a", "lab.fit"), ("b", "lab.fit"), ("c", "other.score")]:
        lab.finish(run, lab.start(run, lab.submit(run, name, task, tags={"name": name})))
    run.action_added("id", "Export", "lab.Export")
    lab.end(run)
    index.sync()
    return index


def test_a_job_is_found_by_any_unambiguous_beginning(lab: Any, three_jobs: Index) -> None:
    wanted = lab.folder("a").job_id
    for text in [
        f"lab.fit/{wanted}",
        wanted,
        wanted[:6],
        f"lab.fit/{wanted[:6]}",
        f"lab/{wanted[:6]}",
        f"fit/{wanted[:6]}",
        f" fit/{wanted[:6]}/ ",
    ]:
        assert three_jobs.find_job(text).job_id == wanted
    assert three_jobs.find_job("score/").task_id == "other.score"
    assert three_jobs.find_job("score").task_id == "other.score"


def test_several_candidates_are_listed(three_jobs: Index) -> None:
    with pytest.raises(AmbiguousJob) as caught:
        three_jobs.find_job("lab.fit/")
    assert len(caught.value.candidates) == 2
    assert all(name in str(caught.value) for name in caught.value.candidates)


@pytest.mark.parametrize("text", ["", "zzz", "lab.fit/zzz", "%", "_", "lab.fot/1", "\U0010ffff"])
def test_no_candidate_is_an_error_that_says_what_to_do(three_jobs: Index, text: str) -> None:
    with pytest.raises(NoSuchJob, match="no job answers"):
        three_jobs.find_job(text)


def test_a_task_with_a_mistake_gets_a_proposal(three_jobs: Index) -> None:
    with pytest.raises(NoSuchJob, match=r"did you mean \"lab\.fit/…\""):
        three_jobs.find_job("lab.fti/12")


def test_an_unknown_experiment_or_run_gets_a_proposal(three_jobs: Index) -> None:
    with pytest.raises(NoSuchExperiment, match='did you mean "sweep"'):
        three_jobs.jobs(experiment="swep")
    with pytest.raises(NoSuchExperiment, match='run of "sweep"'):
        three_jobs.jobs(experiment="sweep", run="2020")
    with pytest.raises(NoSuchExperiment, match='"nothing"'):
        three_jobs.runs("nothing")


def test_actions_are_listed(three_jobs: Index) -> None:
    [action] = three_jobs.actions("sweep")
    assert (action.description, action.action_class) == ("Export", "lab.Export")
    assert three_jobs.services("sweep") == []


def test_carbon_records_are_followed(lab: Any, three_jobs: Index) -> None:
    lab.workspace.carbon.mkdir()
    job = lab.folder("a").job_id
    path = lab.workspace.carbon / "measures-0.jsonl"
    path.write_text(f'{{"job_id": "{job}", "task_id": "lab.fit", "co2_kg": 0.5}}\n{{"job_id"')
    three_jobs.sync()
    with path.open("a") as out:
        out.write(': "elsewhere", "co2_kg": 1, "started_at": "2026-01-31T10:00:00"}\n')
    three_jobs.sync()
    assert [row.co2_kg for row in three_jobs.carbon()] == [0.5, 1.0]
    assert [row.job_id for row in three_jobs.carbon(experiment="sweep")] == [job]
    assert three_jobs.sync().changes == 0


def test_the_tables_can_be_read_with_sqlite_utils(three_jobs: Index) -> None:
    database = three_jobs.as_sqlite_utils()
    rows = list(database.query("SELECT task_id, state FROM job_list ORDER BY task_id"))
    assert [row["task_id"] for row in rows] == ["lab.fit", "lab.fit", "other.score"]


def test_an_index_that_was_deleted_is_made_again(lab: Any, three_jobs: Index) -> None:
    for path in three_jobs.path.parent.glob("index*"):
        path.unlink()
    three_jobs.sync()
    assert len(three_jobs.jobs()) == 3
    with Index.open(lab.workspace) as other:
        assert len(other.jobs()) == 3


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_file_that_is_no_index_is_made_again(lab: Any, index: Index, content: bytes) -> None:
    run = lab.begin("sweep")
    lab.submit(run, "a")
    lab.kill(run)
    index.close()
    for path in index.path.parent.glob("index*"):
        path.unlink()
    index.path.write_bytes(content)
    with Index.open(lab.workspace) as other:
        other.sync()
        assert len(other.jobs()) == 1


def test_an_index_damaged_while_open_is_made_again(lab: Any, three_jobs: Index) -> None:
    three_jobs.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = three_jobs.path.stat().st_size
    with three_jobs.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    three_jobs.connection.execute("PRAGMA shrink_memory")
    three_jobs.close()
    with Index.open(lab.workspace) as other:
        other.sync()
        assert len(other.jobs()) == 3


def test_an_index_of_another_version_is_made_again(lab: Any, three_jobs: Index) -> None:
    three_jobs.connection.execute("PRAGMA user_version = 999")
    three_jobs.close()
    with Index.open(lab.workspace) as other:
        assert other.jobs() == []
        other.sync()
        assert len(other.jobs()) == 3


def test_a_question_to_a_damaged_file_is_answered_from_the_files(
    lab: Any, three_jobs: Index
) -> None:
    jobs = three_jobs.jobs()
    three_jobs.connection.execute("DROP TABLE tags")
    assert three_jobs.jobs(where='name = "a"') == [job for job in jobs if job.tags["name"] == "a"]
    three_jobs.connection.execute("DROP INDEX latest_state")
    assert len(three_jobs.jobs(where="@state = done")) == 3
    three_jobs.connection.execute("DROP TABLE run_jobs")
    assert three_jobs.experiments()[0].total == 3


def test_a_file_that_is_busy_or_unreadable_is_one_error(three_jobs: Index) -> None:
    def stop(_: str) -> None:
        three_jobs.connection.interrupt()

    three_jobs.connection.set_trace_callback(stop)
    with pytest.raises(IndexUnavailable, match="interrupted"):
        three_jobs.jobs()
    three_jobs.connection.set_trace_callback(None)


def test_what_another_process_made_anew_is_not_made_anew_again(lab: Any, three_jobs: Index) -> None:
    for path in three_jobs.path.parent.glob("index*"):
        path.unlink()
    with Index.open(lab.workspace) as other:
        other.sync()
        inode = other.path.stat().st_ino
        three_jobs.connection.execute("DROP TABLE run_jobs")  # of the file that is no more
        assert len(three_jobs.jobs()) == 3
        assert other.path.stat().st_ino == inode


def test_a_closed_index_says_so(three_jobs: Index) -> None:
    three_jobs.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        three_jobs.jobs()


def test_a_place_that_cannot_be_used_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexUnavailable, match="XDG_CACHE_HOME"):
        Index.open(Workspace(tmp_path), path=tmp_path / "file" / "index.sqlite3")


def test_an_empty_folder_has_an_empty_index(tmp_path: Path) -> None:
    with Index.open(Workspace(tmp_path)) as index:
        assert index.sync().changes == 0
        assert index.experiments() == []
        assert index.jobs() == []

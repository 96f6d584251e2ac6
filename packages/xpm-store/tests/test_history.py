"""Which runs of an experiment are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.history import PastRun, past_runs, prune_history, superfluous
from xpm_store.layout import ExperimentFolder, Workspace
from xpm_store.settings import HistorySettings
from xpm_store.states import RunStatus

LETTERS = {"d": RunStatus.DONE, "f": RunStatus.FAILED, "x": RunStatus.DETACHED}


def kept(story: str, history: HistorySettings) -> str:
    """The runs that stay of a story such as `d f F d`: a letter each, in upper case with a tag."""
    runs = [
        PastRun(f"{rank:03}", LETTERS[letter.lower()], is_tagged=letter.isupper())
        for rank, letter in enumerate(story)
    ]
    gone = superfluous(runs, runs[-1].run_id, history)
    return "".join(
        "." if run.run_id in gone else letter for run, letter in zip(runs, story, strict=True)
    )


@pytest.mark.parametrize(
    ("story", "result"),
    [
        ("d", "d"),
        ("ddddddd", "..ddddd"),
        ("ffd", "..d"),
        ("fdf", ".df"),
        ("dff", "d.f"),
        ("dfff", "d..f"),
        ("xfxd", "x.xd"),
        ("Fffd", "F..d"),
        ("Ddddddd", "D.ddddd"),
        ("dfx", "dfx"),
    ],
)
def test_the_newest_are_kept(story: str, result: str) -> None:
    assert kept(story, HistorySettings()) == result


def test_the_current_run_is_kept_whatever_the_settings() -> None:
    assert kept("dd", HistorySettings(0, 0)) == ".d"
    assert kept("ff", HistorySettings(0, 0)) == ".f"


@given(
    story=st.text(alphabet="dfxDFX", min_size=1, max_size=30),
    max_done=st.integers(0, 6),
    max_failed=st.integers(0, 3),
)
def test_tagged_detached_and_current_runs_stay_and_the_rest_is_bounded(
    story: str, max_done: int, max_failed: int
) -> None:
    left = kept(story, HistorySettings(max_done, max_failed))
    for before, after in zip(story, left, strict=True):
        assert after == before or before in "df"
    assert left[-1] == story[-1]
    assert left[:-1].count("d") <= max_done
    assert left[:-1].count("f") <= max_failed


def make(workspace: Workspace, run_id: str, **fields: Any) -> None:
    run = workspace.experiment("sweep").run(run_id)
    run.path.mkdir(parents=True)
    environment = fields.pop("environment", None)
    run.status.write_text(json.dumps({"status": "done", **fields}))
    run.environment.write_text(json.dumps({"run": {"status": environment}}))


@pytest.fixture
def sweep(tmp_path: Path) -> ExperimentFolder:
    return Workspace(tmp_path).experiment("sweep")


def test_killed_runs_and_runs_with_failed_jobs_are_no_successes(sweep: ExperimentFolder) -> None:
    make(sweep.workspace, "20260101_000000", status="running")
    make(sweep.workspace, "20260101_000001", job_states={"a": "error:TIMEOUT"})
    make(sweep.workspace, "20260101_000002", run_tags=["paper"])
    make(sweep.workspace, "20260101_000003", status="running", environment="detached")
    make(sweep.workspace, "20260101_000004", status="running")
    (sweep.path / "current").symlink_to("20260101_000004")
    assert [(run.status, run.is_tagged) for run in past_runs(sweep, running="20260101_000004")] == [
        (RunStatus.FAILED, False),
        (RunStatus.FAILED, False),
        (RunStatus.DONE, True),
        (RunStatus.DETACHED, False),
        (RunStatus.RUNNING, False),
    ]


def test_a_damaged_run_counts_as_failed(sweep: ExperimentFolder) -> None:
    make(sweep.workspace, "20260101_000000")
    sweep.run("20260101_000000").status.write_text("{")
    sweep.run("20260101_000000").environment.write_text("{")
    assert [run.status for run in past_runs(sweep)] == [RunStatus.FAILED]


def test_superfluous_runs_are_removed_and_what_an_interrupted_removal_left(
    sweep: ExperimentFolder,
) -> None:
    for number in range(4):
        make(sweep.workspace, f"20260101_00000{number}")
    (sweep.path / ".removed-20250101_000000").mkdir()
    history = HistorySettings(max_done=2)
    planned = prune_history(sweep, "20260101_000003", history, dry_run=True)
    assert len(sweep.runs()) == 4
    gone = prune_history(sweep, "20260101_000003", history)
    assert gone == planned
    assert [run.run_id for run in sweep.runs()] == ["20260101_000002", "20260101_000003"]
    assert sorted(path.name for path in sweep.path.iterdir()) == [
        "20260101_000002",
        "20260101_000003",
    ]

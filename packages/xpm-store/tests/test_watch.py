"""A watcher wakes up when something goes on, however it learns of it, and not otherwise."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from xpm_store.layout import Workspace
from xpm_store.watch import Watcher

LONG_S = 30.0  # never waited for: the change comes first


@pytest.fixture(params=["system", "listing"])
def use_system(request: pytest.FixtureRequest) -> bool:
    if request.param == "system":
        pytest.importorskip("watchfiles")
        return True
    return False


@pytest.fixture
def watch(use_system: bool) -> Any:
    def begin(workspace: Workspace) -> Watcher:
        return Watcher(workspace, poll_s=0.005, use_system=use_system)

    return begin


def test_nothing_new_is_no_change(lab: Any, watch: Any) -> None:
    run = lab.begin("sweep")
    lab.start(run, lab.submit(run, "a"))
    with watch(lab.workspace) as watcher:
        assert not watcher.wait(0)
        assert not watcher.wait(0.02)
    lab.kill(run)


def test_every_step_of_a_job_wakes_up_its_watcher(lab: Any, watch: Any) -> None:
    with watch(lab.workspace) as watcher:  # nothing is there yet
        run = lab.begin("sweep")
        assert watcher.wait(LONG_S)
        folder = lab.submit(run, "a")
        assert watcher.wait(LONG_S)
        job = lab.start(run, folder)
        assert watcher.wait(LONG_S)
        job.progress(0, 0.5)
        assert watcher.wait(LONG_S)
        lab.finish(run, job)
        assert watcher.wait(LONG_S)
        lab.end(run)
        assert watcher.wait(LONG_S)
        while watcher.wait(0):
            pass
        assert not watcher.wait(0.02)


def test_a_change_during_a_wait_ends_it(lab: Any, watch: Any) -> None:
    run = lab.begin("sweep")
    job = lab.start(run, lab.submit(run, "a"))
    with watch(lab.workspace) as watcher:
        answers: list[bool] = []
        waiting = threading.Thread(target=lambda: answers.append(watcher.wait(LONG_S)))
        waiting.start()
        job.progress(0, 0.5)
        waiting.join()
    assert answers == [True]
    lab.kill(run)


def test_a_change_between_two_waits_is_not_lost(lab: Any, watch: Any) -> None:
    run = lab.begin("sweep")
    job = lab.start(run, lab.submit(run, "a"))
    with watch(lab.workspace) as watcher:
        job.progress(0, 0.5)
        assert watcher.wait(0)
    lab.kill(run)


def test_closing_ends_the_wait_of_another_thread(tmp_path: Path, watch: Any) -> None:
    watcher = watch(Workspace(tmp_path))
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(watcher.wait()))
    waiting.start()
    watcher.close()
    waiting.join()
    assert answers == [False]
    assert not watcher.wait(LONG_S)


def test_folders_that_are_made_anew_are_watched_again(lab: Any, watch: Any) -> None:
    run = lab.begin("sweep")
    lab.submit(run, "before")
    lab.kill(run)
    with watch(lab.workspace) as watcher:
        shutil.rmtree(lab.workspace.events)
        while watcher.wait(0):
            pass
        run = lab.begin("sweep")
        lab.submit(run, "a")
        assert watcher.wait(LONG_S)
    lab.kill(run)


def test_a_workspace_that_is_not_there_yet_can_be_watched(tmp_path: Path, watch: Any) -> None:
    workspace = Workspace(tmp_path / "later" / "ws")
    with watch(workspace) as watcher:
        workspace.experiment_events.mkdir(parents=True)
        (workspace.experiment_events / "sweep-0.jsonl").write_text("{}\n")
        assert watcher.wait(LONG_S)


def test_without_the_package_the_folders_are_listed(tmp_path: Path) -> None:
    with Watcher(Workspace(tmp_path), use_system=False) as watcher:
        assert watcher.is_polling

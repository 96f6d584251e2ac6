"""What goes on around the jobs of a run: services, logs, energy, history, preparations."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from xpm_config.modes import RunMode
from xpm_scheduler.listeners import Listener
from xpm_scheduler.services import Service, ServiceState, WebService
from xpm_scheduler.services.errors import ServiceFailed
from xpm_store.index import Index
from xpm_store.layout import Workspace
from xpm_store.records import JobStatus
from xpm_store.settings import HistorySettings, WorkspaceSettings
from xpm_store.states import JobState, RunStatus


class Page(WebService):
    """Serves until it is stopped."""

    id = "page"

    def __init__(self, path: Path, problem: str | None = None) -> None:
        super().__init__()
        self.path = path
        self.problem = problem

    def state_dict(self) -> dict[str, Any]:
        return {"path": self.path}

    def _serve(self, running: threading.Event) -> None:
        if self.problem:
            raise OSError(self.problem)
        self.url = "http://localhost:1"
        running.set()


def services(study: Any, name: str = "test") -> dict[str, dict[str, Any]]:
    """The services of the current run, as the index shows them."""
    with Index.open(Workspace(study.workdir)) as index:
        index.sync()
        return {one.service_id: one.to_json() for one in index.services(name)}


def test_a_service_and_its_states_are_recorded(study: Any) -> None:
    with study.open() as xp:
        page = Page(study.root)
        assert xp.add_service(page) is page
        assert xp.add_service(page) is page
        assert list(xp.services) == ["page"]
        assert page.log_directory.parent.name == "services"
        assert page.log_directory.is_relative_to(study.workdir / ".scheduler")
        recorded = services(study)["page"]
        assert recorded["state"] == "STOPPED"
        assert recorded["state_dict"]["path"] == {"__path__": str(study.root)}
        page.get_url()
        running = services(study)["page"]
        assert (running["state"], running["url"]) == ("RUNNING", "http://localhost:1")
    ended = study.run_state(xp.recorder.run).services["page"]
    assert (ended.extra["state"], ended.extra["url"]) == ("STOPPED", None)
    assert page.state is ServiceState.RUNNING  # it lives as long as the process
    page.stop()


def test_why_a_service_does_not_start_is_recorded(study: Any) -> None:
    with study.open() as xp:
        page = xp.add_service(Page(study.root, "the port is taken"))
        with pytest.raises(ServiceFailed):
            page.get_url()
        assert services(study)["page"]["state"] == "ERROR"
    ended = study.run_state(xp.recorder.run).services["page"]
    assert ended.extra["error"] == "OSError: the port is taken"


def test_another_service_of_the_same_id_replaces_it_with_a_warning(
    study: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Service] = []

    class Tell(Listener):
        def on_service_added(self, service: Service) -> None:
            told.append(service)

    with study.open() as xp:
        listener = Tell()
        xp.scheduler.addlistener(listener)
        one, two = xp.add_service(Page(study.root)), xp.add_service(Page(study.root))
        study.step("a").submit()
    xp.scheduler.removelistener(listener)
    assert xp.services == {"page": two}
    assert told == [one, two]
    assert "'page' is replaced" in caplog.text


def test_a_service_in_a_dry_run_is_not_recorded(study: Any) -> None:
    with study.open(run_mode=RunMode.DRY_RUN) as xp:
        xp.add_service(Page(study.root))
    assert list(xp.services) == ["page"]
    assert not study.workdir.exists()


def test_a_scheduler_has_a_log(study: Any) -> None:
    with study.open() as xp:
        logging.getLogger("xpm").info("good to know")
    (log,) = (study.workdir / ".scheduler").glob("*/experimaestro.log")
    assert "good to know" in log.read_text()
    environment = json.loads((xp.workdir / "environment.json").read_text())
    assert str(Path(__file__).parent) in environment["python_path"]


def test_old_runs_are_removed_as_the_settings_of_the_workspace_say(study: Any) -> None:
    settings = WorkspaceSettings("w", study.workdir, history=HistorySettings(max_done=2))
    runs = []
    for number in range(4):
        xp = type(study.open())(settings, "test", project_paths=[study.root])
        with xp:
            study.step(str(number)).submit()
        runs.append(xp.run_id)
        if number == 0:
            state = study.run_state(xp.recorder.run)
            state.run_tags.append("keep")
            state.write(xp.recorder.run)
    folder = Workspace(study.workdir).experiment("test")
    assert [run.run_id for run in folder.runs()] == [runs[0], *runs[2:]]
    assert len(list(Workspace(study.workdir).job_folders())) == 4


def test_the_end_of_a_run_can_be_silent(study: Any, caplog: pytest.LogCaptureFixture) -> None:
    with study.open(report=False) as xp:
        study.fail("fail").submit()
    assert xp.status is RunStatus.FAILED
    assert caplog.records == []


def test_what_a_job_used_is_in_its_record(study: Any) -> None:
    with study.open():
        task = study.step("a").submit()
    usage = JobStatus.read_or_new(study.folder(task)).extra["usage"]
    assert usage["wall_time_s"] > 0
    assert usage["peak_memory_bytes"] > 1_000_000
    assert usage["cpu_time_s"] >= 0


def test_jobs_wait_for_what_is_prepared_once_in_the_driver(study: Any) -> None:
    with study.open() as xp:
        for name in ("a", "b"):
            data = study.tasks.Download.C(name=str(study.root), log=study.log)
            study.tasks.UsePrepared.C(name=name, data=data, log=study.log).submit()
    assert xp.job_counts == {JobState.DONE: 2}
    first, *others = study.ran
    assert first == f"downloaded in {os.getpid()}"
    assert sorted(others) == ["a", "b"]


def test_a_preparation_that_fails_fails_the_jobs_that_need_it_with_the_reason(study: Any) -> None:
    with study.open(report=False):
        data = study.tasks.Download.C(name="x", log=study.root / "nowhere" / "log")
        task = study.tasks.UsePrepared.C(name="a", data=data, log=study.log).submit()
    assert task.job.state is JobState.ERROR
    assert "FileNotFoundError" in task.job.message
    assert study.folder(task).failed.exists()


def test_the_mode_prepare_prepares_and_runs_nothing(
    study: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with study.open(run_mode="prepare"):
        data = study.tasks.Download.C(name=f"{study.root}/p", log=study.log)
        study.tasks.UsePrepared.C(name="a", data=data, log=study.log).submit()
    assert study.ran == [f"downloaded in {os.getpid()}"]
    said = capsys.readouterr().err
    assert "prepared: study_tasks.download/" in said
    assert said.splitlines()[-1] == "1 job would run (1 new); 1 prepared"
    assert not study.workdir.exists()


def test_an_experiment_works_where_a_loop_runs_already_as_in_a_notebook(study: Any) -> None:
    async def cell() -> JobState:
        with study.open() as xp:
            first = study.step("first").submit()
            assert await first.job is JobState.DONE
            study.step("second", first).submit()
            state: JobState = await xp.jobs[first.job.identifier]
        return state

    assert asyncio.run(cell()) is JobState.DONE
    assert study.ran == ["first", "second"]

"""What the tests of whole experiments share: a workspace, and tasks that say when they ran."""

from __future__ import annotations

import importlib
import os
import select
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from xpm_scheduler.experiment import experiment
from xpm_store.layout import JobFolder, RunFolder
from xpm_store.records import RunState

HERE = Path(__file__).parent


def hear(fifo: Path, timeout_s: float = 60) -> None:
    """Blocks until somebody writes in a FIFO; one that nobody writes in fails the test."""
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        ready, _, _ = select.select([descriptor], [], [], timeout_s)
        assert ready, f"nobody wrote in {fifo.name} within {timeout_s} s"
    finally:
        os.close(descriptor)


@dataclass
class Study:
    """A workspace, and the module of tasks that its experiments run."""

    root: Path
    tasks: Any

    @property
    def workdir(self) -> Path:
        return self.root / "work"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def ran(self) -> list[str]:
        """What the jobs said, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def open(self, name: str = "test", **options: Any) -> experiment:
        return experiment(self.workdir, name, project_paths=[self.root], **options)

    def step(self, name: str, *after: Any) -> Any:
        return self.tasks.Step.C(name=name, after=list(after), log=self.log)

    def fail(self, name: str) -> Any:
        return self.tasks.Fail.C(name=name, log=self.log)

    def gate(self, name: str = "gate") -> tuple[Any, Path, Path]:
        """A task that waits; reading the first path tells that it started, writing frees it."""
        started, gate = self.root / f"{name}.started", self.root / f"{name}.gate"
        for path in (started, gate):
            if not path.exists():
                os.mkfifo(path)
        task = self.tasks.Gate.C(name=name, started=started, gate=gate, log=self.log)
        return task, started, gate

    def hear(self, fifo: Path) -> None:
        hear(fifo)

    def run_state(self, run: RunFolder) -> RunState:
        state = RunState.read(run)
        assert state is not None
        return state

    def folder(self, task: Any) -> JobFolder:
        return JobFolder(task.job.path)


@pytest.fixture(name="hear")
def _hear() -> Callable[[Path], None]:
    return hear


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Study]:
    monkeypatch.setenv("XPM_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.syspath_prepend(str(HERE))
    tasks = importlib.import_module("study_tasks")
    yield Study(tmp_path, tasks)
    sys.modules.pop("study_tasks", None)

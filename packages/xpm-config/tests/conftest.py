"""An experiment that keeps what is submitted to it, and runs nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from xpm_config.modes import RunMode
from xpm_config.paths import job_path, script_name
from xpm_config.runtime import SubmitRequest, submitting


@dataclass
class Job:
    """The handle of a job that is never run."""

    path: Path
    identifier: str
    name: str
    watched: list[Any] = field(default_factory=list)

    def watch_output(self, *arguments: Any) -> None:
        self.watched.append(arguments)

    @property
    def stdout(self) -> Path:
        return self.path / f"{self.name}.out"

    @property
    def stderr(self) -> Path:
        return self.path / f"{self.name}.err"

    def wait(self) -> str:
        return "done"


@dataclass
class Experiment:
    """Keeps what is submitted."""

    workspace_path: Path
    run_mode: RunMode = RunMode.NORMAL
    requests: list[tuple[Any, SubmitRequest]] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)

    def submit(self, task: Any, request: SubmitRequest) -> Job:
        self.requests.append((task, request))
        type_name, identifier = task.__xpm__.xpmtype.name, str(task.__xpm__.identifier)
        path = job_path(self.workspace_path, type_name, identifier)
        return Job(path, identifier, script_name(type_name))

    def add_action(self, action: Any) -> str:
        self.actions.append(action)
        return str(action.__xpm__.identifier)


@pytest.fixture
def experiment(tmp_path: Path) -> Iterator[Experiment]:
    """The current experiment, in a workspace of its own."""
    current = Experiment(tmp_path / "workspace")
    with submitting(current):
        yield current

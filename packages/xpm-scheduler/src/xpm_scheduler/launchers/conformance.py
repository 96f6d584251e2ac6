# ruff: noqa: D102 - the names of the tests are sentences
"""What every launcher must do: a suite for `pytest`, to subclass in the tests of a launcher.

    class TestMyLauncher(LauncherConformance):
        def launcher(self) -> Launcher:
            return MyLauncher()

Its jobs are real: a module of tasks is written to a folder, a task of it to a job's folder, and the
launcher starts it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xpm_store.layout import JobFolder, Workspace
from xpm_store.locks import FileLock
from xpm_store.records import Failure, ProcessRecord, write_params
from xpm_store.states import FailureReason

from xpm_scheduler.launchers.base import Exit, JobLaunch, Launcher, Process

__all__ = ["LauncherConformance", "SampleJob", "is_running", "release", "waiting_job"]

_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class SampleJob:
    """A job to try a launcher or the worker with: one task, whose code is given as text.

    Attributes:
        root: Where its workspace and its module are made.
        execute: The body of `execute`.
        name: The name of the class.
        module: The text of the module before the class.
        parameters: The declarations of the parameters of the class.
        fields: The values of the parameters.
        tags: The tags of the job.
        environment: The variables to set.
        digit: A hexadecimal digit, the identifier repeats it.
    """

    root: Path
    execute: str = "pass"
    name: str = "Sample"
    module: str = ""
    parameters: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    digit: str = "a"

    @property
    def folder(self) -> JobFolder:
        """The folder of the job."""
        return Workspace(self.root / "workspace").job(
            f"sample_tasks.{self.name.lower()}", 64 * self.digit
        )

    def write(self) -> JobLaunch:
        """Write the module and the parameters, and return what a scheduler gives a launcher."""
        (self.root / "code").mkdir(exist_ok=True)
        module, source = self.root / "code" / "sample_tasks.py", self._source()
        if not module.exists() or module.read_text() != source:
            module.write_text(source)
        self.folder.path.mkdir(parents=True, exist_ok=True)
        definition = {
            "id": 1,
            "module": "sample_tasks",
            "type": self.name,
            "typename": f"sample_tasks.{self.name}",
            "identifier": 64 * self.digit,
            "fields": dict(self.fields),
        }
        params = {
            "workspace": str(self.root / "workspace"),
            "version": 3,
            "tags": dict(self.tags),
            "objects": [definition],
        }
        write_params(self.folder, params)
        return JobLaunch(self.folder, dict(self.environment), (self.root / "code",), False)

    def _source(self) -> str:
        return "\n".join(
            [
                "from xpm_config.fields import Param",
                "from xpm_config.tasks import Task",
                textwrap.dedent(self.module),
                f"class {self.name}(Task):",
                textwrap.indent(textwrap.dedent(self.parameters), "    "),
                "    def execute(self):",
                textwrap.indent(textwrap.dedent(self.execute), "        "),
                "",
            ]
        )


class LauncherConformance(ABC):
    """The tests. They take nothing for granted but the interface and the files of the contract."""

    @abstractmethod
    def launcher(self) -> Launcher:
        """Return a launcher that can start jobs whose folders are those of this machine."""

    def run(self, job: SampleJob) -> Exit:
        """Start a job as a scheduler does, and return how it ended."""

        async def scenario() -> Exit:
            process = await self.start(self.launcher(), job)
            return await asyncio.wait_for(process.wait(), _PATIENCE_S)

        return asyncio.run(scenario())

    async def start(self, launcher: Launcher, job: SampleJob) -> Process:
        """Start a job with its lock held, as a scheduler does."""
        launch = job.write()
        with FileLock(job.folder.lock):
            return await launcher.start(launch)

    def test_a_job_that_succeeds_is_done(self, tmp_path: Path) -> None:
        job = SampleJob(tmp_path, "print('hello')")
        assert self.run(job).code in (0, None)
        assert job.folder.done.exists()
        assert not job.folder.failed.exists()
        assert not job.folder.pid.exists()
        assert job.folder.stdout.read_text() == "hello\n"

    def test_a_job_that_fails_says_why(self, tmp_path: Path) -> None:
        job = SampleJob(tmp_path, "raise ValueError('no such luck')")
        assert self.run(job).code in (1, None)
        failure = Failure.read(job.folder)
        assert failure is not None and failure.reason is FailureReason.FAILED
        assert "no such luck" in (failure.message or "")
        assert "no such luck" in job.folder.stderr.read_text()

    def test_a_job_runs_in_its_folder_with_its_variables_and_those_of_the_scheduler(
        self, tmp_path: Path
    ) -> None:
        job = SampleJob(
            tmp_path,
            "import json, os\n"
            "print(json.dumps([os.getcwd(), os.environ['MINE'], 'PATH' in os.environ]))",
            environment={"MINE": "a 'quoted' value\n"},
        )
        self.run(job)
        found = json.loads(job.folder.stdout.read_text())
        assert found == [str(job.folder.path), "a 'quoted' value\n", True]

    def test_the_record_names_the_process_while_it_runs(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            job = waiting_job(tmp_path)
            process = await self.start(self.launcher(), job)
            try:
                record = ProcessRecord.read(job.folder)
                assert record == process.record
                assert process.is_alive()
            finally:
                await release(job)
            await asyncio.wait_for(process.wait(), _PATIENCE_S)
            assert not process.is_alive()

        asyncio.run(scenario())

    def test_a_second_scheduler_finds_the_process_and_learns_of_its_end(
        self, tmp_path: Path
    ) -> None:
        async def scenario() -> None:
            job = waiting_job(tmp_path)
            first = await self.start(self.launcher(), job)
            record = ProcessRecord.read(job.folder)
            assert record is not None
            second = await self.launcher().attach(record)
            assert second is not None and second.is_alive()
            end = asyncio.create_task(second.wait())
            await release(job)
            await asyncio.wait_for(end, _PATIENCE_S)
            await asyncio.wait_for(first.wait(), _PATIENCE_S)
            assert job.folder.done.exists()
            assert await self.launcher().attach(record) is None

        asyncio.run(scenario())

    def test_a_job_told_to_end_is_cancelled(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            job = waiting_job(tmp_path)
            process = await self.start(self.launcher(), job)
            await is_running(job)
            process.kill(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), _PATIENCE_S)
            failure = Failure.read(job.folder)
            assert failure is not None and failure.reason is FailureReason.CANCELLED
            process.kill(signal.SIGTERM)

        asyncio.run(scenario())

    def test_a_job_that_is_killed_leaves_no_marker(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            job = waiting_job(tmp_path)
            process = await self.start(self.launcher(), job)
            await is_running(job)
            process.kill(signal.SIGKILL)
            ended = await asyncio.wait_for(process.wait(), _PATIENCE_S)
            assert ended.signal in (signal.SIGKILL, None)
            assert ended.code is None or ended.code != 0
            assert not job.folder.done.exists()

        asyncio.run(scenario())

    def test_the_logs_of_the_last_start_are_kept(self, tmp_path: Path) -> None:
        job = SampleJob(tmp_path, "print('first')\nraise ValueError('first')")
        self.run(job)
        job = SampleJob(tmp_path, "print('second')")
        self.run(job)
        texts = sorted(path.read_text() for path in job.folder.path.glob("*.out"))
        assert texts == ["first\n", "second\n"]
        assert any("first" in path.read_text() for path in job.folder.path.glob("*.*.err"))

    def test_its_variables_win_over_those_of_the_workspace_and_lose_to_those_of_the_job(
        self,
    ) -> None:
        launcher = self.launcher()
        launcher.setenv("A", "launcher")
        launcher.setenv("B", "launcher")
        merged = launcher.environment_for(
            settings={"A": "settings", "C": "settings", "D": "settings"},
            workspace={"A": "workspace", "C": "workspace"},
            job={"B": "job"},
        )
        assert merged == {"A": "launcher", "B": "job", "C": "workspace", "D": "settings"}
        assert launcher.environ is launcher.environment

    def test_its_listeners_are_told_of_the_jobs_submitted(self) -> None:
        told: list[object] = []
        launcher = self.launcher()
        launcher.addListener(told.append)
        launcher.onSubmit("a job")
        assert told == ["a job"]


def waiting_job(root: Path, environment: Mapping[str, str] | None = None) -> SampleJob:
    """A job that says that it runs and ends when told to: see `is_running` and `release`."""
    code = "print('running', file=open('started', 'w'))\nopen('go').read()"
    job = SampleJob(root, code, environment=environment or {})
    job.folder.path.mkdir(parents=True, exist_ok=True)
    for name in ("started", "go"):
        path = job.folder.path / name
        if not path.exists():
            os.mkfifo(path)
    return job


async def is_running(job: SampleJob) -> None:
    """Return once the task of a waiting job runs."""
    await asyncio.wait_for(asyncio.to_thread((job.folder.path / "started").read_text), _PATIENCE_S)


async def release(job: SampleJob) -> None:
    """Let a waiting job end."""
    await is_running(job)
    await asyncio.wait_for(asyncio.to_thread((job.folder.path / "go").write_text, ""), _PATIENCE_S)

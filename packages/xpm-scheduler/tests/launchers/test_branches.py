"""Jobs forked from a process that has imported their modules: safely, or not at all."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from xpm_scheduler.launchers.conformance import SampleJob, is_running, release, waiting_job
from xpm_scheduler.launchers.local import DirectLauncher, LocalJob
from xpm_scheduler.launchers.template import StartCounts
from xpm_store.locks import FileLock
from xpm_store.records import Failure

PATIENCE_S = 60


class Jobs:
    """Jobs of one launcher, one after the other, of one task or of several."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.launcher = DirectLauncher(warm=True)
        self._runner = asyncio.Runner()
        self._count = 0

    def run(self, execute: str, module: str = "", name: str = "Sample") -> SampleJob:
        """Run one more job to its end."""
        digit = f"{self._count:x}"
        self._count += 1
        job = SampleJob(self.root, execute, name=name, module=module, digit=digit)
        self._runner.run(self._run(job))
        return job

    def output(self, execute: str, module: str = "", name: str = "Sample") -> str:
        """What one more job prints."""
        job = self.run(execute, module, name)
        assert job.folder.done.exists(), job.folder.stderr.read_text()
        return job.folder.stdout.read_text()

    async def start(self, job: SampleJob) -> LocalJob:
        launch = job.write()
        with FileLock(job.folder.lock):
            return await self.launcher.start(launch)

    async def _run(self, job: SampleJob) -> None:
        process = await self.start(job)
        await asyncio.wait_for(process.wait(), PATIENCE_S)

    def close(self) -> None:
        async def close() -> None:
            self.launcher.close()

        self._runner.run(close())
        self._runner.close()


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path)
    yield jobs
    jobs.close()


@contextmanager
def telling(caplog: pytest.LogCaptureFixture, *reasons: str) -> Iterator[None]:
    """One line says for which reason jobs import their modules themselves."""
    caplog.set_level("INFO", "xpm.scheduler")
    yield
    lines = [record.message for record in caplog.records if "imports its modules" in record.message]
    assert len(lines) == len(reasons), lines
    assert all(reason in line for line, reason in zip(lines, reasons, strict=True)), lines


def test_the_module_of_a_task_is_imported_once_for_all_its_jobs(jobs: Jobs) -> None:
    module = f"open({str(jobs.root / 'imports')!r}, 'a').write('import ')"
    parents = {jobs.output("import os\nprint(os.getppid())", module) for _ in range(3)}
    assert len(parents) == 1
    assert (jobs.root / "imports").read_text() == "import "
    assert jobs.launcher.starts == StartCounts(cold=0, warm=3, imported=3)


UNSAFE = {
    "a thread": ("import threading as t\nt.Thread(target=t.Event().wait, daemon=True).start()",
                 "starts 1 threads"),
    "an open file": ("kept = open('/dev/null')", "files open when it is imported: /dev/null"),
    "a socket": ("import socket\nkept = socket.socket()", "leaves files open"),
    "a child": ("import os, signal\nif os.fork() == 0: signal.pause()", "starts processes"),
    "output": ("print('hello')", "prints"),
    "another folder": ("import os\nos.chdir('/')", "changes the working folder"),
    "its folder": ("import os\nhere = os.getcwd()", "cannot be imported beforehand (FileNotFound"),
    "a search path": ("import sys\nsys.path.insert(0, '/mine')", "changes sys.path"),
    "a timer": ("import signal\nsignal.setitimer(signal.ITIMER_REAL, 3600)", "sets a timer"),
    "a signal": ("import signal\nsignal.signal(signal.SIGCHLD, print)", "handles SIGCHLD"),
    "a random number": ("import random\nseed = random.random()", "draws or seeds random numbers"),
    "a seed": ("import random\nrandom.seed(0)", "draws or seeds random numbers"),
    "a generator": ("import random\nrng = random.Random()", "makes a generator of random numbers"),
    "a denied module": ("import sys, types\nsys.modules['grpc'] = types.ModuleType('grpc')",
                        "imports grpc, which cannot be forked"),
    "a crash": ("import os\ntry: os.getcwd()\nexcept FileNotFoundError: os.abort()",
                "the process that imported them beforehand ended"),
    "an exit": ("import os, sys\ntry: os.getcwd()\nexcept FileNotFoundError: sys.exit(3)",
                "cannot be imported beforehand (SystemExit: 3)"),
}  # fmt: skip


@pytest.mark.parametrize(("module", "reason"), UNSAFE.values(), ids=UNSAFE.keys())
def test_what_jobs_may_not_share_is_not_imported_for_them_and_a_line_says_why(
    module: str, reason: str, jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    clean = "import os, subprocess\nfor child in children(): os.kill(child, 9)\nprint('ran')"
    helper = (
        "\ndef children():\n    import os\n"
        "    path = f'/proc/{os.getpid()}/task/{os.getpid()}/children'\n"
        "    return map(int, open(path).read().split()) if os.path.exists(path) else ()\n"
    )
    with telling(caplog, reason):
        for _ in range(2):
            assert "ran" in jobs.output(clean, module + helper)
    assert jobs.launcher.starts == StartCounts(cold=0, warm=2, imported=0)


def test_a_module_that_cannot_be_imported_is_told_in_the_log_of_the_job_and_kills_no_template(
    jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    with telling(caplog, "No module named 'missing_module'"):
        job = jobs.run("pass", "import missing_module")
    failure = Failure.read(job.folder)
    assert failure is not None and "No module named 'missing_module'" in (failure.message or "")
    assert "No module named 'missing_module'" in job.folder.stderr.read_text()
    jobs.output("pass", "other = 1", name="Other")
    assert jobs.launcher.starts == StartCounts(cold=0, warm=2, imported=1)


def test_a_job_never_runs_code_that_was_edited_since(jobs: Jobs) -> None:
    for value in ("a", "bb", "ccc", "a"):
        assert jobs.output(f"print({value!r})") == f"{value}\n"


def test_nor_does_it_when_a_module_beside_it_was_edited(jobs: Jobs) -> None:
    (jobs.root / "code").mkdir()
    for value in ("a", "bb", "ccc"):  # Python itself takes texts of one length for the same one
        (jobs.root / "code" / "beside.py").write_text(f"VALUE = {value!r}\n")
        assert jobs.output("print(beside.VALUE)", "import beside") == f"{value}\n"
    assert jobs.launcher.starts.imported == 3


def test_the_branch_whose_code_was_edited_still_tells_how_its_jobs_end(jobs: Jobs) -> None:
    async def scenario() -> None:
        job = waiting_job(jobs.root)
        process = await jobs.start(job)
        await is_running(job)
        other = SampleJob(jobs.root, "print('edited')", digit="b")
        second = await jobs.start(other)
        assert (await asyncio.wait_for(second.wait(), PATIENCE_S)).code == 0
        assert other.folder.stdout.read_text() == "edited\n"
        process.kill(signal.SIGKILL)
        assert (await asyncio.wait_for(process.wait(), PATIENCE_S)).signal == signal.SIGKILL

    asyncio.run(scenario())


def test_a_job_sees_nothing_of_the_modules_of_another_task(jobs: Jobs) -> None:
    jobs.output("pass", "import colorsys", name="First")
    code = "import sys\nprint('colorsys' in sys.modules)"
    assert jobs.output(code, name="Second") == "False\n"
    assert jobs.launcher.starts.imported == 2


def test_a_module_finds_the_variables_of_its_job_when_it_is_imported(tmp_path: Path) -> None:
    async def scenario() -> None:
        launcher = DirectLauncher(warm=True)
        for digit, mine in enumerate("aba"):
            code, module = "print(FOUND)", "import os\nFOUND = os.environ['MINE']"
            variables = {"MINE": mine}
            job = SampleJob(tmp_path, code, module=module, digit=str(digit), environment=variables)
            with FileLock(job.folder.lock):
                process = await launcher.start(job.write())
            await asyncio.wait_for(process.wait(), PATIENCE_S)
            assert job.folder.stdout.read_text() == f"{mine}\n"
        assert launcher.starts.imported == 3

    asyncio.run(scenario())


def test_the_death_of_a_branch_kills_no_job_and_the_next_job_has_a_new_one(jobs: Jobs) -> None:
    async def scenario() -> None:
        job = waiting_job(jobs.root)
        process = await jobs.start(job)
        stat = Path(f"/proc/{process.record.pid}/stat").read_text()
        os.kill(int(stat.rsplit(")", 1)[1].split()[1]), signal.SIGKILL)
        await release(job)
        await asyncio.wait_for(process.wait(), PATIENCE_S)
        assert job.folder.done.exists()

    asyncio.run(scenario())
    jobs.output("open('go', 'w')")
    assert jobs.launcher.starts.cold == 0


def test_what_c_code_has_printed_is_in_the_log(jobs: Jobs) -> None:
    code = "ctypes.CDLL(None).printf(b'from C')"
    assert jobs.output(code, "import ctypes") == "from C"
    assert jobs.output("import ctypes\n" + code, "", name="Late") == "from C"
    assert jobs.launcher.starts.imported == 2


def test_a_job_of_a_script_finds_its_classes(jobs: Jobs) -> None:
    """The class of a script is known by the file, which is executed beforehand too."""
    launch = SampleJob(jobs.root, "print(__name__)").write()
    params = json.loads(launch.folder.params.read_text())
    params["objects"][0] |= {"module": "__main__", "file": str(jobs.root / "code/sample_tasks.py")}
    launch.folder.params.write_text(json.dumps(params))

    async def scenario() -> None:
        with FileLock(launch.folder.lock):
            process = await jobs.launcher.start(launch)
        await asyncio.wait_for(process.wait(), PATIENCE_S)

    asyncio.run(scenario())
    assert launch.folder.stdout.read_text() == "_main_\n", launch.folder.stderr.read_text()
    assert jobs.launcher.starts.imported == 1


class TestNumPy:
    """Its threads are ended before a fork by OpenBLAS itself; its generator is not seeded anew."""

    @pytest.fixture(autouse=True)
    def _numpy(self) -> None:
        pytest.importorskip("numpy", reason="the environment of this wheel alone has no NumPy")

    def test_global_numbers_differ_between_jobs_as_those_of_cold_ones_do(self, jobs: Jobs) -> None:
        code = "print(numpy.random.random())"
        drawn = {jobs.output(code, "import numpy, numpy.random") for _ in range(3)}
        assert len(drawn) == 3
        assert jobs.launcher.starts.imported == 3

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("numpy.random.seed(0)", "draws or seeds random numbers with NumPy"),
            ("seed = numpy.random.random()", "draws or seeds random numbers with NumPy"),
            ("rng = numpy.random.default_rng()", "makes a generator of random numbers (Generator)"),
            ("rng = numpy.random.RandomState(0)", "(RandomState)"),
        ],
    )
    def test_a_module_that_draws_or_keeps_a_generator_is_imported_by_each_job(
        self, line: str, reason: str, jobs: Jobs, caplog: pytest.LogCaptureFixture
    ) -> None:
        with telling(caplog, reason):
            jobs.output("pass", f"import numpy\n{line}")
        assert jobs.launcher.starts.imported == 0

    def test_linear_algebra_with_threads_works_in_a_fork(self, jobs: Jobs) -> None:
        code = "a = numpy.ones((300, 300))\nprint(int((a @ a).sum()))"
        for _ in range(3):
            assert jobs.output(code, "import numpy") == "27000000\n"
        assert jobs.launcher.starts.imported == 3

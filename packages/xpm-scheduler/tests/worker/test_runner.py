from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from xpm_scheduler.launchers.conformance import SampleJob, is_running
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_scheduler.launchers.script import interpreter_command, write_script
from xpm_store.locks import FileLock
from xpm_store.records import Failure, JobStatus, write_params
from xpm_store.states import FailureReason, JobState


def run(job: SampleJob, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the job in a process of its own, and return what it left on its standard streams."""
    launch = job.write()
    return run_again(job, launch.python_path, **variables)


def run_again(
    job: SampleJob, python_path: tuple[Path, ...], **variables: str
) -> subprocess.CompletedProcess[str]:
    write_script(job.folder, job.environment, python_path)
    return subprocess.run(
        interpreter_command(job.folder),
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


def failure_of(job: SampleJob) -> Failure:
    failure = Failure.read(job.folder)
    assert failure is not None
    return failure


def test_what_the_task_knows_of_its_job(tmp_path: Path) -> None:
    code = "print(self.x, self.__taskdir__, self.__maintaskdir__, self.__tags__)"
    job = SampleJob(
        tmp_path, code, parameters="x: Param[int]", fields={"x": 3}, tags={"lr": 0.1, "n": 5}
    )
    folder = job.folder.path
    assert run(job).stdout == f"3 {folder} {folder} {{'lr': 0.1, 'n': 5}}\n"


def test_init_tasks_run_in_order_before_the_task_and_share_its_objects(tmp_path: Path) -> None:
    job = SampleJob(
        tmp_path,
        "print('task', self.model.state)",
        parameters="model: Param[Model]",
        module="""
            from xpm_config.config import Config
            from xpm_config.tasks import LightweightTask

            class Model(Config):
                def __post_init__(self):
                    self.state = []

            class Load(LightweightTask):
                model: Param[Model]
                name: Param[str]

                def execute(self):
                    self.model.state.append(self.name)
        """,
    )
    launch = job.write()

    def definition(id: int, type: str, **fields: object) -> dict[str, object]:
        return {
            "id": id,
            "module": "sample_tasks",
            "type": type,
            "typename": f"sample_tasks.{type}",
            "identifier": 64 * str(id),
            "fields": fields,
        }

    model = {"type": "python", "value": 1}
    objects = [
        definition(1, "Model"),
        definition(2, "Load", model=model, name="first"),
        definition(3, "Load", model=model, name="second"),
        {**definition(4, "Sample", model=model), "init-tasks": [2, 3]},
    ]
    write_params(job.folder, {"version": 3, "objects": objects})
    assert run_again(job, launch.python_path).stdout == "task ['first', 'second']\n"


def test_a_failure_shows_the_frames_of_the_user_first(tmp_path: Path) -> None:
    module = """
        def learn(rate):
            raise ValueError(f"bad rate {rate}")
    """
    job = SampleJob(tmp_path, "learn(12)", module=module)
    ended = run(job)
    lines = ended.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "sample_tasks.py" in lines[1] and "in execute" in lines[1]
    assert lines[-1] == "ValueError: bad rate 12"
    assert ended.returncode == 1
    failure = failure_of(job)
    assert failure.reason is FailureReason.FAILED
    assert failure.message is not None
    assert failure.message.startswith("ValueError: bad rate 12 (")
    assert failure.message.endswith("sample_tasks.py:5, in learn)")


def test_a_module_that_does_not_import_shows_the_line_of_the_user_first(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, module="import no_such_module_anywhere")
    lines = run(job).stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "sample_tasks.py" in lines[1]
    assert lines[3] == "ModuleNotFoundError: No module named 'no_such_module_anywhere'"
    assert lines[4].startswith("ModuleNotFoundError: ") and "needs the module" in lines[4]
    assert len(lines) == 5
    assert "sample_tasks.py:3" in (failure_of(job).message or "")


def test_a_module_that_is_not_there_is_named_in_one_line(tmp_path: Path) -> None:
    job = SampleJob(tmp_path)
    job.write()
    ended = run_again(job, ())
    (line,) = ended.stderr.splitlines()
    assert "needs the module sample_tasks" in line
    assert "sample_tasks" in (failure_of(job).message or "")


@pytest.mark.parametrize(
    ("argument", "exit_code"),
    [("", 0), ("0", 0), ("None", 0), ("3", 3), ("256", 1), ("-1", 255), ("'oh no'", 1)],
)
def test_sys_exit_with_anything_but_zero_is_a_failure(
    tmp_path: Path, argument: str, exit_code: int
) -> None:
    job = SampleJob(tmp_path, f"import sys\nsys.exit({argument})")
    ended = run(job)
    assert ended.returncode == exit_code
    assert job.folder.done.exists() == (exit_code == 0)
    if exit_code:
        failure = failure_of(job)
        assert failure.code == exit_code and failure.message == f"sys.exit({argument})"
    assert ended.stderr == ("oh no\n" if argument == "'oh no'" else "")


def test_a_graceful_timeout_is_a_timeout_with_its_message(tmp_path: Path) -> None:
    module = "from xpm_config.errors import GracefulTimeout"
    job = SampleJob(tmp_path, "raise GracefulTimeout('saved at epoch 3')", module=module)
    assert run(job).returncode == 1
    failure = failure_of(job)
    assert (failure.reason, failure.message) == (FailureReason.TIMEOUT, "saved at epoch 3")


def test_a_task_short_of_memory_fails_for_that_reason(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "raise MemoryError('1 TiB wanted')")
    run(job)
    assert failure_of(job).reason is FailureReason.MEMORY


CANCEL_MODULE = "from xpm_config.errors import TaskCancelled\nimport os, signal"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_raises_in_the_task_and_is_recorded_even_if_swallowed(
    tmp_path: Path, number: signal.Signals
) -> None:
    code = f"""
        try:
            os.kill(os.getpid(), {int(number)})
            while True:
                signal.pause()
        except TaskCancelled as error:
            print("told:", error, error.remaining_time)
            marker = next(name for name in os.listdir() if name.endswith(".failed"))
            print("marker:", "cancelled" in open(marker).read())
            os.kill(os.getpid(), signal.SIGTERM)  # once is enough
    """
    job = SampleJob(tmp_path, code, module=CANCEL_MODULE)
    ended = run(job)
    assert ended.stdout == f"told: the job received {number.name} None\nmarker: True\n"
    assert ended.returncode == 1
    failure = failure_of(job)
    assert failure.reason is FailureReason.CANCELLED
    assert (failure.code, failure.signal) == (15, number)
    assert not job.folder.done.exists()


def test_a_job_whose_scheduler_ignored_the_signals_hears_them(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "os.kill(os.getpid(), 15)\nsignal.pause()", module=CANCEL_MODULE)
    launch = job.write()
    write_script(job.folder, {}, launch.python_path)
    script = f'trap "" TERM INT; exec "{sys.executable}" -P "{job.folder.script}"'
    assert subprocess.run(["/bin/sh", "-c", script], capture_output=True).returncode == 1
    assert failure_of(job).reason is FailureReason.CANCELLED


def test_a_signal_with_no_time_left_is_the_end_of_the_time_limit(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "os.kill(os.getpid(), 15)\nsignal.pause()", module=CANCEL_MODULE)
    run(job, XPM_DEADLINE="12")
    assert failure_of(job).reason is FailureReason.TIMEOUT


@pytest.mark.parametrize("code", ["os._exit(0)", "os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_a_process_that_ends_without_a_word_leaves_its_marker_to_the_scheduler(
    tmp_path: Path, code: str
) -> None:
    job = SampleJob(tmp_path, f"import os\n{code}")
    run(job)
    assert not job.folder.done.exists() and not job.folder.failed.exists()


def test_a_crash_shows_where_the_task_was(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "import os\nos.kill(os.getpid(), 11)")
    ended = run(job)
    assert ended.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in ended.stderr
    assert "in execute" in ended.stderr


def test_the_marker_is_there_when_the_lock_is_released(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "open('started', 'w').write('')\nopen('go').read()")

    async def scenario() -> None:
        launch = job.write()
        for name in ("started", "go"):
            os.mkfifo(job.folder.path / name)
        with FileLock(job.folder.lock):
            process = await DirectLauncher().start(launch)
        await is_running(job)
        assert not FileLock(job.folder.lock).acquire(0)
        waiter = asyncio.to_thread(FileLock(job.folder.lock).acquire, None)
        await asyncio.to_thread((job.folder.path / "go").write_text, "")
        assert await waiter
        assert job.folder.done.exists() and not job.folder.pid.exists()
        await process.wait()

    asyncio.run(scenario())


def test_what_the_task_forks_does_not_keep_the_lock(tmp_path: Path) -> None:
    code = """
        import os
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.setsid()
            os.close(writer)
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 1), os.dup2(null, 2)
            open("go").read()
            os._exit(0)
    """
    job = SampleJob(tmp_path, code)
    launch = job.write()
    os.mkfifo(job.folder.path / "go")
    run_again(job, launch.python_path)
    assert job.folder.done.exists()
    lock = FileLock(job.folder.lock)
    assert lock.acquire(0)
    lock.release()
    (job.folder.path / "go").write_text("")


def test_logging_at_the_level_of_information_goes_to_the_errors(tmp_path: Path) -> None:
    code = "import logging\nlogging.getLogger('mine').info('hello')\nlogging.debug('no')"
    ended = run(SampleJob(tmp_path, code))
    assert ended.stderr.startswith("INFO:") and ended.stderr.endswith("[mine] hello\n")


def test_progress_and_dynamic_outputs_are_recorded(tmp_path: Path) -> None:
    code = """
        from xpm_config.progress import progress
        from xpm_config.runtime import current_runtime
        progress(0.5, desc="half")
        current_runtime().task_output("id/checkpoint", [], {"step": 3})
    """
    job = SampleJob(tmp_path, code)
    run(job)
    status = JobStatus.read(job.folder)
    assert status is not None and status.state is JobState.DONE
    assert [(level.progress, level.desc) for level in status.progress] == [(0.5, "half")]
    line = json.loads(job.folder.task_outputs.read_text())
    assert line == {"key": "id/checkpoint", "args": [], "kwargs": {"step": 3}}


@pytest.mark.parametrize("end", ["pass", "raise ValueError('no')"])
def test_what_a_job_used_is_recorded_however_it_ended(tmp_path: Path, end: str) -> None:
    code = f"""
        import time
        block = bytearray(50_000_000)
        while time.process_time() < 0.5:
            pass
        {end}
    """
    job = SampleJob(tmp_path, code)
    run(job)
    status = JobStatus.read(job.folder)
    assert status is not None
    usage = status.extra["usage"]
    assert set(usage) == {"cpu_time_s", "wall_time_s", "peak_memory_bytes"}
    assert usage["cpu_time_s"] > 0.1
    assert usage["wall_time_s"] > 0
    assert usage["peak_memory_bytes"] > 50_000_000


@pytest.mark.parametrize("variable", ["SLURM_PROCID", "RANK", "LOCAL_RANK"])
def test_a_process_of_rank_above_zero_runs_the_task_and_records_nothing(
    tmp_path: Path, variable: str
) -> None:
    job = SampleJob(tmp_path, "from xpm_config.progress import progress\nprogress(1)\nprint('ran')")
    ended = run(job, **{variable: "1"})
    assert (ended.returncode, ended.stdout) == (0, "ran\n"), ended.stderr
    names = {path.name for path in job.folder.path.iterdir()}
    assert names == {"params.json", "sample.py"}


def test_rank_zero_records(tmp_path: Path) -> None:
    job = SampleJob(tmp_path)
    run(job, SLURM_PROCID="0", RANK="0", LOCAL_RANK="0")
    assert job.folder.done.exists()


def test_a_second_failure_replaces_the_first(tmp_path: Path) -> None:
    run(SampleJob(tmp_path, "raise ValueError('first')"))
    job = SampleJob(tmp_path, "print('better')")
    assert run(job).stdout == "better\n"
    assert job.folder.done.exists() and not job.folder.failed.exists()


def test_the_process_of_a_job_loads_little(tmp_path: Path) -> None:
    """The cold start is paid by each job: what it imports is a budget."""
    job = SampleJob(tmp_path, "import sys\nprint(*sys.modules)")
    modules = set(run(job).stdout.split())
    heavy = {"asyncio", "sqlite3", "click", "yaml", "subprocess", "sqlite_utils", "platformdirs"}
    heavy |= {"typing_extensions", "multiprocessing", "socketserver", "http", "email"}
    assert not modules & heavy
    ours = {name for name in modules if name.startswith("xpm_scheduler")}
    assert ours <= {
        "xpm_scheduler",
        "xpm_scheduler.deadline",
        "xpm_scheduler.worker",
        "xpm_scheduler.worker.cancellation",
        "xpm_scheduler.worker.claim",
        "xpm_scheduler.worker.held",
        "xpm_scheduler.worker.outcome",
        "xpm_scheduler.worker.runner",
        "xpm_scheduler.worker.runtime",
        "xpm_scheduler.worker.usage",
    }

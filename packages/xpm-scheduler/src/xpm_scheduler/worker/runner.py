"""The life of a job inside its process: claim it, build its objects, run them, leave a marker."""

from __future__ import annotations

import atexit
import faulthandler
import io
import logging
import os
import random  # noqa: F401  # pyright: ignore[reportUnusedImport] - see `worker.randomness`
import sys
import threading
from contextlib import suppress
from pathlib import Path

import xpm_config.constructors  # pyright: ignore[reportUnusedImport] - before a fork
import xpm_config.generation  # noqa: F401  # pyright: ignore[reportUnusedImport]
from xpm_config.runtime import set_runtime
from xpm_config.serialization import load_task
from xpm_store.errors import StorageError
from xpm_store.layout import JobFolder
from xpm_store.recorders import JobRecorder
from xpm_store.records import read_params
from xpm_store.states import JobState

from xpm_scheduler.deadline import seconds_left
from xpm_scheduler.worker.cancellation import Cancellation
from xpm_scheduler.worker.claim import Verdict, claim_job
from xpm_scheduler.worker.held import holding_shared
from xpm_scheduler.worker.outcome import Outcome, cancelled, outcome_of, report
from xpm_scheduler.worker.runtime import JobRuntime
from xpm_scheduler.worker.usage import UsageMeter

__all__ = ["run_job"]

EXIT_BUSY = 75
"""The code of a process that leaves the job to another one (EX_TEMPFAIL of sysexits.h)."""

_exit_functions = vars(atexit)["_ncallbacks"]
_OUR_EXIT_FUNCTIONS = _exit_functions()
_SLOWEST_END_S = 60
_RANK_VARIABLES = ("SLURM_PROCID", "RANK", "LOCAL_RANK")
_LOG_FORMAT = "%(levelname)s:%(process)d:%(asctime)s [%(name)s] %(message)s"


def run_job(path: Path | str) -> int:
    """Run the job of a folder in this process, unless it is done or another process runs it.

    The markers are written while the lock of the job is held: whoever gets the lock after us finds
    either `N.done`, written after all the outputs of the task, or `N.failed` with the reason.
    What ends the process without a word (`os._exit`, SIGKILL, a crash) leaves neither: the
    scheduler then writes `N.failed`.

    Args:
        path: The folder of the job, holding its `params.json`.

    Returns:
        The exit code: 0 when the job is done, 75 when it is another process's.
    """
    folder = JobFolder(Path(path).absolute())
    os.chdir(folder.path)
    configure_process()
    if _is_secondary():
        return _run_secondary(folder)
    claim = claim_job(folder)
    if claim.verdict is Verdict.DONE:
        return 0
    if claim.lock is None:
        print(f"The job {folder.path} is left alone: {claim.reason}", file=sys.stderr)
        return EXIT_BUSY
    try:
        outcome = _run_and_record(folder)
    finally:
        claim.lock.release()
    if threading.active_count() > 1 or _exit_functions() > _OUR_EXIT_FUNCTIONS:
        # A thread that the task forgot must not keep the job's place for ever
        faulthandler.dump_traceback_later(_SLOWEST_END_S, exit=True)
    return outcome.exit_code


def _run_and_record(folder: JobFolder) -> Outcome:
    """Run the task of a claimed job, and write what it became."""
    recorder = JobRecorder(folder)
    cancellation = Cancellation(lambda: _mark_cancelled(folder, cancellation), seconds_left)
    outcome = Outcome(0, None)
    usage = UsageMeter()
    try:
        cancellation.listen()
        try:
            recorder.started()
            with holding_shared(folder):
                _execute(folder, JobRuntime(folder, recorder))
        finally:
            cancellation.stop()
    except BaseException as error:  # whatever leaves a task ends the job, and is recorded
        report(error)
        outcome = outcome_of(error)
    if cancellation.requested is not None:
        # Also when the task swallowed the exception
        outcome = cancelled(cancellation.requested, cancellation.remaining_time_s)
    _flush_outputs()
    recorder.status.extra["usage"] = usage.read()
    state = JobState.DONE if outcome.failure is None else JobState.ERROR
    recorder.finished(state, outcome.failure)
    return outcome


def _run_secondary(folder: JobFolder) -> int:
    """Run the task as another rank of a distributed job: rank 0 records and holds the lock."""
    try:
        _execute(folder, JobRuntime(folder, None))
    except BaseException as error:
        report(error)
        return outcome_of(error).exit_code
    return 0


def _execute(folder: JobFolder, runtime: JobRuntime) -> None:
    """Build the objects of `params.json` and run them: the init tasks in order, then the task."""
    set_runtime(runtime)
    params = read_params(folder)
    loaded = load_task(params["objects"], job=folder.path, workspace=folder.workspace.root)
    for task in (*loaded.init_tasks, loaded.task):
        task.__taskdir__ = folder.path
        task.__maintaskdir__ = folder.path
        task.__tags__ = dict(params.get("tags") or {})
    for init_task in loaded.init_tasks:
        init_task.execute()
    runtime.progress(0.0, 0, None)
    loaded.task.execute()


def _mark_cancelled(folder: JobFolder, cancellation: Cancellation) -> None:
    """Leave the marker of a cancelled job before the task hears of it: it may be killed soon."""
    assert cancellation.requested is not None
    failure = cancelled(cancellation.requested, cancellation.remaining_time_s).failure
    assert failure is not None
    with suppress(StorageError):  # said again, loudly, when the job ends
        failure.write(folder)


def configure_process() -> None:
    """Make what happens in the job visible in its logs, at once, crashes included."""
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # The last line before a crash is the one that people look for
            stream.reconfigure(line_buffering=True)
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, datefmt="%y-%m-%d %H:%M:%S")


def _flush_outputs() -> None:
    """Write what is still in memory; a closed or full stream is not the failure of the job."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _is_secondary() -> bool:
    """Whether this is a process of rank above 0 in a distributed job."""
    ranks = (os.environ.get(variable, "") for variable in _RANK_VARIABLES)
    return any(rank.isdecimal() and int(rank) > 0 for rank in ranks)

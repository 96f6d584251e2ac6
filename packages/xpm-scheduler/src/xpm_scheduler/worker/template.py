"""The template process: an interpreter that has imported the worker, and forks itself for each job.

It reads a request per line from one pipe, and writes a report per line to another:

    {"script": path, "stdout": path, "stderr": path, "environment": {…}}
    {"ready": pid}  {"started": pid}  {"ended": pid, "status": wait status}

It has one thread, and loads nothing of the user's: what a job imports, it imports itself. The
template ends when its scheduler does (the end of the requests); its jobs go on.

To its own code, a job started this way is one started cold, but for three things: its parent is the
template; `/proc/self/cmdline` is the template's; `gc.get_freeze_count()` is not 0.
"""

from __future__ import annotations

import atexit
import gc
import hashlib
import json
import os
import signal
import sys
import threading
from importlib import import_module
from importlib.machinery import SourceFileLoader
from types import FrameType, ModuleType
from typing import Any, NoReturn

__all__ = ["main"]

_READ_BYTES = 65536
_LOADED_BY_ALL_JOBS = (
    "xpm_config.constructors",
    "xpm_config.generation",
    "xpm_config.tasks",
    "xpm_scheduler.worker",
    "xpm_store.recorders.job",
)
"""What each job loads, whatever its task. Nothing else may be here: jobs would see it."""


def main(requests: int, reports: int) -> None:
    """Serve requests until there are no more."""
    for name in _LOADED_BY_ALL_JOBS:
        import_module(name)
    hashlib.sha256()  # sets OpenSSL up, which takes milliseconds
    _keep_for_ever(dict(sys.modules))

    def reap(_number: int, _frame: FrameType | None) -> None:
        _report_ends(reports)

    signal.signal(signal.SIGCHLD, reap)
    _report(reports, {"ready": os.getpid()})
    pending = b""
    while block := os.read(requests, _READ_BYTES):
        *lines, pending = (pending + block).split(b"\n")
        for line in lines:
            # Children report when we listen again: their start is to be told before their end
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
            pid = os.fork()
            if pid == 0:
                os.close(requests)
                os.close(reports)
                _become_job(json.loads(line))
            _report(reports, {"started": pid})
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def _become_job(request: dict[str, Any]) -> NoReturn:
    """Be in all respects the process that `python -P N.py` would be, and run the job."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    os.setsid()
    script = request["script"]
    os.chdir(os.path.dirname(script))  # noqa: PTH120 - nothing to gain from a Path
    for descriptor, path in ((1, request["stdout"]), (2, request["stderr"])):
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        os.dup2(log, descriptor)
        os.close(log)
    os.environ.update(request["environment"])
    inherited = set(sys.modules) - {"builtins", "sys"}
    code: object = 0
    try:
        _run_script(script)
    except SystemExit as exit:
        code = exit.code
    _leave(code, inherited)


def _run_script(script: str) -> None:
    """Run a script as the interpreter does: as `__main__`, from its arguments on."""
    main_module = ModuleType("__main__")
    main_module.__file__ = script
    main_module.__loader__ = SourceFileLoader("__main__", script)
    main_module.__dict__.update(__builtins__=sys.modules["builtins"], __cached__=None)
    if "__annotations__" in vars(sys.modules["__main__"]):
        main_module.__annotations__ = {}
    sys.modules["__main__"] = main_module
    del sys.modules[__name__]
    sys.argv[:] = [script]
    sys.orig_argv[:] = [sys.executable, "-P", script]
    with open(script, "rb") as source:  # noqa: PTH123
        code = compile(source.read(), script, "exec")
    exec(code, main_module.__dict__)


def _leave(code: object, inherited: set[str]) -> NoReturn:
    """End as the interpreter does, without taking apart what was loaded before the fork.

    Threads are waited for, exit functions run, and all that the job has made is destroyed (files
    are flushed). To destroy the modules of the template too would copy each of their pages, to free
    them at once: it doubled what a job costs.
    """
    vars(threading)["_shutdown"]()
    vars(atexit)["_run_exitfuncs"]()
    for name in inherited:
        sys.modules.pop(name, None)
    sys.exit(code)  # type: ignore[arg-type]


def _keep_for_ever(modules: dict[str, ModuleType]) -> None:
    """Make modules outlive the interpreter: in a cycle that the collector does not look at."""
    kept: list[object] = [modules]
    kept.append(kept)
    gc.collect()
    gc.freeze()


def _report_ends(reports: int) -> None:
    """Report the children that have ended, so that none stays a zombie."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _report(reports, {"ended": pid, "status": status})


def _report(reports: int, report: dict[str, int]) -> None:
    try:
        os.write(reports, json.dumps(report).encode() + b"\n")
    except OSError:
        os._exit(0)  # nobody listens any more; the jobs go on

"""The template process: an interpreter that has imported the worker, and forks itself for each job.

It reads a request per line from one pipe, and writes a report per line to another:

    {"script": path, "stdout": path, "stderr": path, "environment": {…}}
    {"branch": {…}}                 see `_become_branch`
    {"ready": pid}  {"started": pid}  {"ended": pid, "status": wait status}
    {"refused": reason}             a branch cannot import the modules safely, and ends
    {"stale": true}                 a branch has imported what was edited since: it starts no more

A *branch* is a fork of the template that goes on to import the modules of a task, and then serves
requests of its own, for the jobs that need just these modules. The template itself never imports
anything of the user's: whatever their code does when it is imported, the template lives, and jobs
of another task see nothing of it.

A template has one thread, and no event loop, database, lock or socket. It ends when its scheduler
does (the end of the requests); its jobs go on.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import signal
import sys
from importlib import import_module
from types import CodeType, FrameType, ModuleType
from typing import Any, NoReturn

from xpm_scheduler.worker import forked, preload

__all__ = ["main"]

_READ_BYTES = 65536
_MOST_SCRIPTS = 32
_LONGEST_REASON = 1000
"""Reports of several branches do not mix as long as they are short (`PIPE_BUF`)."""
_LOADED_BY_ALL_JOBS = (
    "xpm_config.tasks",
    "xpm_scheduler.worker",
    "xpm_store.recorders.job",
)
"""What each job loads, whatever its task. Nothing else may be here: jobs would see it."""

_OURS = ("forked", "preload", "randomness", "safety", "template")
"""The modules of `xpm_scheduler.worker` that only templates load: no job may see them."""


def main(requests: int, reports: int) -> NoReturn:
    """Serve requests until there are no more."""
    for name in _LOADED_BY_ALL_JOBS:
        import_module(name)
    hashlib.sha256()  # sets OpenSSL up, which takes milliseconds
    import_module("xpm_scheduler.worker.runner").configure_process()
    import_module("xpm_store.processes").Owner.current()  # remembers the boot
    _generate_base_classes()
    for name in _OURS:
        del sys.modules[f"xpm_scheduler.worker.{name}"]
        delattr(sys.modules["xpm_scheduler.worker"], name)
    _keep_for_ever(dict(sys.modules))
    _serve(requests, reports, preload.NOTHING)


def _serve(requests: int, reports: int, loaded: preload.Loaded) -> NoReturn:
    """Fork for each request; ends when there are no more, or when what is loaded is out of date."""

    def reap(_number: int, _frame: FrameType | None) -> None:
        _report_ends(reports)

    fork = forked.Fork(loaded, frozenset(sys.modules))
    scripts = _Scripts()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, reap)
    pending = b""
    while block := os.read(requests, _READ_BYTES):
        *lines, pending = (pending + block).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if not loaded.is_current():
                _retire(reports)
            code = scripts.code_of(request["script"]) if "script" in request else None
            # Children report when we listen again: their start is to be told before their end
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
            pid = os.fork()
            if pid == 0:
                os.close(requests)
                os.close(reports)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
                if "branch" in request:
                    _become_branch(request["branch"])
                fork.become_job(request, code)
            _report(reports, {"started": pid})
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    os._exit(0)


def _become_branch(request: dict[str, Any]) -> NoReturn:
    """Import the modules of a task, then serve the jobs that need them, if that is safe."""
    # The pipes were made by the scheduler, which cannot send descriptors without a socket
    scheduler = request["scheduler"]
    os.setpgid(0, 0)  # with what the modules may start
    requests = os.open(f"/proc/{scheduler}/fd/{request['requests']}", os.O_RDONLY | os.O_CLOEXEC)
    reports = os.open(f"/proc/{scheduler}/fd/{request['reports']}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        loaded = preload.load(request["classes"], request["environment"], request["python_path"])
    except preload.Unsafe as unsafe:
        _report(reports, {"refused": str(unsafe)[:_LONGEST_REASON]})
        os.killpg(0, signal.SIGKILL)
        os._exit(1)  # not reached
    except preload.Changed:
        _retire(reports)
    _report(reports, {"ready": os.getpid()})
    _serve(requests, reports, loaded)


def _retire(reports: int) -> NoReturn:
    """Start no job any more; stay until those that were started have ended, to report how."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    _report(reports, {"stale": True})
    while True:
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            os._exit(0)
        _report(reports, {"ended": pid, "status": status})


class _Scripts:
    """The compiled scripts of jobs: those of one experiment differ in a comment only."""

    def __init__(self) -> None:
        self._codes: dict[bytes, CodeType] = {}

    def code_of(self, script: str) -> CodeType | None:
        """Return the code of a script; None when it cannot be read, which its job will tell."""
        try:
            fd = os.open(script, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            text = os.read(fd, _READ_BYTES)
            if os.read(fd, 1):
                return None  # not one that we wrote
        finally:
            os.close(fd)
        head, mark, rest = text.partition(b"\n# The job ")
        text = head + mark + rest[max(0, rest.find(b"\n")) :]
        code = self._codes.get(text)
        if code is None:
            if len(self._codes) >= _MOST_SCRIPTS:
                self._codes.clear()
            try:
                code = self._codes[text] = compile(text, script, "exec")
            except (SyntaxError, ValueError):
                return None
        return code


def _generate_base_classes() -> None:
    """Generate what `xpm_config` makes of the base classes of tasks when it first needs it."""
    tasks = import_module("xpm_config.tasks")
    for cls in (tasks.Task, tasks.ResumableTask):
        _ = cls.__getxpmtype__().config_class


def _keep_for_ever(modules: dict[str, ModuleType]) -> None:
    """Make modules outlive the interpreter: in a cycle that the collector does not look at."""
    kept: list[object] = [modules]
    kept.append(kept)


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


def _report(reports: int, report: dict[str, Any]) -> None:
    try:
        os.write(reports, json.dumps(report).encode() + b"\n")
    except OSError:
        os._exit(0)  # nobody listens any more; the jobs go on

"""From a fork of a template to the process of a job, and how that process ends.

To its own code, a job that is started this way is one started cold. What remains different is
listed here, and held by the tests of `launchers.template`:

- its parent is the template, and `/proc/self/cmdline` is the template's;
- `gc.get_freeze_count()` is not 0;
- `hash()` of texts is the same in all jobs of a template, unless `PYTHONHASHSEED` says otherwise;
- the modules of its task were imported before: what they keep of the process at that moment
  (`os.getpid()`, `sys.argv`, the time, the key of `multiprocessing`) is that of the template, and
  data that they read from files is that of that moment. Modules that draw random numbers, print,
  look at the working folder, keep files open or start threads are not imported beforehand (see
  `worker.preload`);
- libraries that had started threads of their own and know about forks (OpenBLAS) start them again
  when they are first used, not before;
- when it ends, the modules that it had not loaded itself are not taken apart: an object that only a
  library keeps is not told (`__del__`). Files are flushed all the same.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from _io import _IOBase  # `io.IOBase` asks Python code of each object
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import EXTENSION_SUFFIXES, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, NoReturn

from xpm_scheduler.worker.preload import Loaded, is_standard_library

__all__ = ["Fork"]

_C_SUFFIXES = tuple(EXTENSION_SUFFIXES)
_LEAVES_NOTHING = frozenset(
    {"PIL", "contourpy", "kiwisolver", "matplotlib", "numpy", "orjson"}
    | {"pandas", "scipy", "sklearn", "uarray", "yaml"}
)
"""Packages whose C code has only memory to free at the end, which the kernel does faster.

The `exit` of C goes through the data of each library: jobs that import scikit-learn took 24.8 ms
with it and 18.4 ms without (the last line of `bench/start.py`, with this set emptied or not)."""


class Fork:
    """What a process that was just forked from a template does.

    Args:
        loaded: What the template has imported for the jobs of a task.
        inherited: The names of all the modules that were loaded before the fork.
    """

    def __init__(self, loaded: Loaded, inherited: frozenset[str]) -> None:
        self._loaded = loaded
        self._inherited = inherited
        self._c_code = max(map(_c_code, list(sys.modules.values())))

    def become_job(self, request: dict[str, Any], code: CodeType | None) -> NoReturn:
        """Be in all respects the process that `python -P N.py` would be, and run the job."""
        os.setsid()
        script = request["script"]
        os.chdir(os.path.dirname(script))  # noqa: PTH120 - nothing to gain from a Path
        for descriptor, path in ((1, request["stdout"]), (2, request["stderr"])):
            log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            os.dup2(log, descriptor)
            os.close(log)
        os.environ.update(request["environment"])
        self._loaded.draw_anew()
        status: object = 0
        try:
            _run_script(script, code)
        except SystemExit as exit:
            status = exit.code
        self._leave(status)

    def _leave(self, status: object) -> NoReturn:
        """End as the interpreter does, without taking apart what was loaded before the fork.

        Threads are waited for, exit functions run, what the job has made is destroyed, streams are
        flushed, also those of C libraries. To take the modules of the template apart too would
        copy each of their pages, to free them at once.
        """
        vars(threading)["_shutdown"]()
        vars(atexit)["_run_exitfuncs"]()
        modules = [*self._loaded.modules, *self._loaded_since(), sys.modules["__main__"]]
        leave = _EXITS[max(self._c_code, *map(_c_code, modules))]()
        if not (status is None or isinstance(status, int)) or not _flush_streams():
            sys.exit(status)  # type: ignore[arg-type] # the interpreter knows what to say
        _take_apart(modules)
        _flush_files()
        _flush_streams()
        code = (status or 0) & 0xFF
        leave(code)
        raise AssertionError("nothing runs after the exit")

    def _loaded_since(self) -> list[ModuleType]:
        """The modules that the job has loaded: the last ones, as new names come last."""
        since = []
        for name in reversed(sys.modules):
            if name in self._inherited:
                break
            since.append(sys.modules[name])
        return since[::-1]


def _run_script(script: str, code: CodeType | None) -> None:
    """Run a script as the interpreter does: as `__main__`, from its arguments on."""
    main_module = ModuleType("__main__")
    main_module.__file__ = script
    main_module.__loader__ = SourceFileLoader("__main__", script)
    main_module.__dict__.update(__builtins__=sys.modules["builtins"], __cached__=None)
    if "__annotations__" in vars(sys.modules["__main__"]):
        main_module.__annotations__ = {}
    sys.modules["__main__"] = main_module
    sys.argv[:] = [script]
    sys.orig_argv[:] = [sys.executable, "-P", script]
    if code is None:
        with open(script, "rb") as source:  # noqa: PTH123
            code = compile(source.read(), script, "exec")
    exec(code.replace(co_filename=script), main_module.__dict__)


def _exit() -> Callable[[int], object]:
    return os._exit


def _flush_and_exit() -> Callable[[int], object]:
    """Flush the streams of C, and leave."""
    c = _c_library()
    flush = c.fflush
    return lambda code: (flush(None), os._exit(code))


def _c_exit() -> Callable[[int], object]:
    """The `exit` of C, which flushes its streams and runs what C libraries do at the end."""
    exit: Callable[[int], object] = _c_library().exit
    return exit


def _c_library() -> Any:
    import ctypes  # lazy: few jobs run C code

    return ctypes.PyDLL(None)


_EXITS = (_exit, _flush_and_exit, _c_exit)
"""How to leave, by what the C code of a process may have left to do: see `_c_code`."""


def _take_apart(modules: list[ModuleType]) -> None:
    """Destroy what modules hold, the last one first: private names, then the others."""
    contents = [vars(module) for module in reversed(modules) if isinstance(module, ModuleType)]
    for module in modules:
        name = getattr(module, "__name__", None)
        if sys.modules.get(name) is module:  # type: ignore[arg-type]
            sys.modules[name] = None  # type: ignore[index,assignment]
    modules.clear()
    gc.collect()
    for content in contents:
        names = [name for name in content if isinstance(name, str) and name != "__builtins__"]
        for name in sorted(names, key=_is_public):
            content[name] = None
    gc.collect()


def _is_public(name: str) -> bool:
    return name[:1] != "_" or name[1:2] == "_"


def _flush_streams() -> bool:
    """Flush the standard streams; whether that worked."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except Exception:  # a full disk, a broken pipe, a stream of the user's own making
            return False
    return True


def _flush_files() -> None:
    """Flush the files that were opened since the fork and are still open, whoever has them."""
    for item in gc.get_objects():
        if issubclass(type(item), _IOBase):
            with suppress(Exception):  # the interpreter tells nobody either
                if not item.closed:
                    item.flush()


def _c_code(module: object) -> int:
    """What C code of a module may have left to do at the end: 0 nothing, 1 text to write, 2 more.

    The interpreter sees nothing of it: streams that are not flushed, functions for `atexit`,
    destructors.
    """
    name = getattr(module, "__name__", None)
    if not isinstance(name, str):
        return 0
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(_C_SUFFIXES):
        return 0
    if is_standard_library(file):
        return 1 if name == "_ctypes" else 0
    return 1 if name.partition(".")[0] in _LEAVES_NOTHING else 2

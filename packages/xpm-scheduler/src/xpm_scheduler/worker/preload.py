"""Importing the modules of a task once for many jobs: safely, or not at all.

What is imported before a fork is the same for all jobs. That is what is wanted of code, and must
not happen to anything else: threads and what they hold, contexts of devices, open files, children,
random numbers. After the import, what can be seen of these is looked at (`worker.safety`), and the
modules are refused with the reason when there is any: the jobs then import them themselves.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from xpm_scheduler.worker import safety
from xpm_scheduler.worker.randomness import draws_of_libraries_undone
from xpm_scheduler.worker.safety import Unsafe

__all__ = ["NOTHING", "Changed", "Loaded", "Unsafe", "is_standard_library", "load"]

_CLOCK_TICK_NS = 20_000_000
"""The times of files are those of the last tick of the kernel's clock, at most 10 ms ago."""

_Stamp = tuple[int, int, int]

_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120
_INSTALLED = (f"{os.sep}site-packages", f"{os.sep}dist-packages")


class Changed(Exception):
    """The code that was imported may be neither the old one nor the new one."""


class Loaded:
    """The modules that a process has imported for the jobs that will be forked from it.

    Args:
        modules: Those of the user, in the order of their import: not those of the standard library
            nor of installed packages.
        stamps: What each file and folder looked like that an import depends on.
        draw_anew: What gives a job random numbers of its own.
    """

    def __init__(
        self,
        modules: Sequence[ModuleType],
        stamps: Mapping[str, _Stamp],
        draw_anew: Callable[[], None],
    ) -> None:
        self.modules = modules
        self.draw_anew = draw_anew
        self._stamps = stamps

    def is_current(self) -> bool:
        """Return whether an import would find the same code now."""
        return all(_stamp(path) == stamp for path, stamp in self._stamps.items())


NOTHING = Loaded((), {}, lambda: None)
"""What the template itself has loaded for a task."""


def load(
    classes: Sequence[Mapping[str, str]], environment: Mapping[str, str], python_path: Sequence[str]
) -> Loaded:
    """Import the modules of some classes as a job would.

    Args:
        classes: Definitions of objects, as in `params.json`: `module`, `type`, and `file` if there
            is one; in the order in which a job loads them.
        environment: The variables of the job.
        python_path: The folders that it searches first.

    Raises:
        Unsafe: A job that is forked now could see that it is not alone; the reason.
        Changed: The files were changed while they were imported.
    """
    os.environ.update(environment)
    sys.path[:] = [*python_path, *(entry for entry in sys.path if entry not in python_path)]
    _hide_main()
    before = safety.Before()
    known = set(sys.modules)
    start_ns = time.time_ns()
    with safety.nowhere(), safety.silence(), draws_of_libraries_undone(is_installed):
        _import(classes)
    modules = [module for name, module in list(sys.modules.items()) if name not in known]
    reseed = safety.check(before, environment)
    own = [module for module in modules if _is_own(module)]
    stamps = _stamps(own)
    if any(stamp[0] > start_ns - _CLOCK_TICK_NS for stamp in stamps.values()):
        raise Changed
    return Loaded(own, stamps, reseed)


def is_standard_library(file: str) -> bool:
    """Return whether a file belongs to the interpreter."""
    return file.startswith(_LIBRARY) and not is_installed(file)


def _import(classes: Sequence[Mapping[str, str]]) -> None:
    from xpm_config.serialization.modules import Classes  # lazy: loaded in jobs, not by the start

    found = Classes("The template")
    try:
        for definition in classes:
            # What a job generates of a class when it loads an object of it
            _ = found.of(definition).__getxpmtype__().config_class
    except BaseException as error:  # also `sys.exit()`: whatever leaves an import
        raise Unsafe(
            f"it cannot be imported beforehand ({type(error).__name__}: {error})"
        ) from None


def _hide_main() -> None:
    """Put an empty module in the place of the script, which is another one for each job."""
    hidden, empty = sys.modules["__main__"], ModuleType("__main__")
    if "__annotations__" in vars(hidden):
        empty.__annotations__ = {}
    sys.modules["__main__"] = empty


def is_installed(file: str) -> bool:
    """Return whether a file belongs to an installed package."""
    return any(folder in file for folder in _INSTALLED)


def _is_own(module: Any) -> bool:
    file = getattr(module, "__file__", None)
    return (
        isinstance(module, ModuleType)
        and isinstance(file, str)
        and not file.startswith(_LIBRARY)
        and not is_installed(file)
    )


def _stamps(modules: Sequence[ModuleType]) -> dict[str, _Stamp]:
    """The state of the files of modules, and of the folders where packages are installed."""
    paths = [str(module.__file__) for module in modules]
    installed = [entry for entry in sys.path if entry.endswith(_INSTALLED)]
    return {path: _stamp(path) for path in (*paths, *installed)}


def _stamp(path: str) -> _Stamp:
    """What changes when a file is edited or replaced, or when a folder gets another entry."""
    try:
        status = os.stat(path)  # noqa: PTH116 - before each job
    except OSError:
        parent = os.path.dirname(path)  # noqa: PTH120
        # A module within an archive: the archive is the file
        return (0, 0, 0) if parent in ("", path) else _stamp(parent)
    return (status.st_mtime_ns, status.st_size, status.st_ino)

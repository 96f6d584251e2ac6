"""What may not be shared by the jobs that are forked from one process, and how it is found.

Each check is about one thing that `fork` copies, or does not, in a way that a job could notice. The
reasons are in `docs/decisions/0006-imports-before-the-fork.md`.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from xpm_scheduler.worker.randomness import Unsafe, check_random_numbers

__all__ = ["DENIED", "Before", "Unsafe", "check", "nowhere", "silence"]

DENIED = frozenset(
    {
        "cupy",
        "grpc",
        "jax",
        "jaxlib",
        "mpi4py",
        "numba.cuda",
        "pycuda",
        "pyspark",
        "ray",
        "tensorflow",
        "torch_xla",
    }
)
"""Modules that are known not to work in a fork of the process that imported them.

They keep state outside the interpreter (threads, connections, contexts of devices) that cannot
always be seen after the import, and have no fork handlers for it."""


_THREADS = "/proc/self/task"
_DESCRIPTORS = "/proc/self/fd"
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_SLOWEST_THREAD_S = 0.1
"""A thread that was waited for is still listed for some microseconds."""
_LOOK_S = 0.001


class Before:
    """What the process was before the import, to be compared with."""

    def __init__(self) -> None:
        self.descriptors = _descriptors()
        self.random_state = random.getstate()
        self.path = list(sys.path)
        self.child_handler = signal.getsignal(signal.SIGCHLD)


def check(before: Before, environment: Mapping[str, str]) -> Callable[[], None]:
    """Look for what jobs must not share.

    Args:
        before: The state before the import.
        environment: The variables that were set before the import, for the job.

    Returns:
        What each job calls so that it draws random numbers of its own.

    Raises:
        Unsafe: There is something.
    """
    denied = sorted(DENIED.intersection(sys.modules))
    if denied:
        raise Unsafe(f"it imports {', '.join(denied)}, which cannot be forked")
    _check_devices()
    _check_threads()
    _check_descriptors(before)
    _check_children(before)
    _check_path_and_variables(before, environment)
    return check_random_numbers(before.random_state)


@contextmanager
def nowhere() -> Iterator[None]:
    """Be in a folder that does not exist any more.

    A module that looks at its working folder, which is another one for each job, is not imported
    there.
    """
    folder = os.path.join(  # noqa: PTH118 - `tempfile` would be seen by the module
        os.environ.get("TMPDIR") or "/tmp", f"nowhere-{os.getpid()}-{os.urandom(8).hex()}"
    )
    os.mkdir(folder)  # noqa: PTH102
    os.chdir(folder)
    os.rmdir(folder)  # noqa: PTH106
    try:
        yield
        with suppress(FileNotFoundError):
            os.getcwd()  # noqa: PTH109
            raise Unsafe("it changes the working folder when it is imported")
    finally:
        os.chdir("/")


@contextmanager
def silence() -> Iterator[None]:
    """Refuse what is written to the standard streams: each job should find it in its own logs."""
    said = os.memfd_create("said")
    kept = [(number, os.dup(number)) for number in (1, 2)]
    try:
        for number, _ in kept:
            os.dup2(said, number)
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for number, copy in kept:
                os.dup2(copy, number)
        if os.fstat(said).st_size:
            raise Unsafe("it prints when it is imported")
    finally:
        for fd in (said, *(copy for _, copy in kept)):
            os.close(fd)


def _check_devices() -> None:
    torch = sys.modules.get("torch")
    cuda: Any = getattr(torch, "cuda", None)
    if cuda is not None and cuda.is_initialized():
        raise Unsafe("it initialises CUDA when it is imported")


def _check_threads() -> None:
    """Refuse threads, but for those that end by themselves before a fork.

    A library that has registered fork handlers (OpenBLAS) ends its threads before each fork, and
    starts them again where they are needed. The others would be missing in the job, with the locks
    that they hold: a fork that is thrown away tells which are which.
    """
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    deadline = time.monotonic() + _SLOWEST_THREAD_S
    while len(threads := os.listdir(_THREADS)) > 1:  # noqa: PTH208
        if time.monotonic() > deadline:
            raise Unsafe(
                f"it starts {len(threads) - 1} threads when it is imported, which would not be "
                "there in a fork"
            )
        time.sleep(_LOOK_S)


def _check_descriptors(before: Before) -> None:
    opened = sorted(_descriptors().items() - before.descriptors.items())
    if opened:
        raise Unsafe(f"it leaves files open when it is imported: {', '.join(t for _, t in opened)}")


def _check_children(before: Before) -> None:
    if signal.getsignal(signal.SIGCHLD) is not before.child_handler:
        raise Unsafe("it handles SIGCHLD since it was imported")
    if any(signal.getitimer(which) != (0.0, 0.0) for which in _TIMERS):
        raise Unsafe("it sets a timer when it is imported")
    with suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
        raise Unsafe("it starts processes when it is imported")


def _check_path_and_variables(before: Before, environment: Mapping[str, str]) -> None:
    """Refuse changes that the script of a job, which sets these again, would undo."""
    if sys.path[: len(before.path)] != before.path:
        raise Unsafe("it changes sys.path when it is imported")
    if any(os.environ.get(name) != value for name, value in environment.items()):
        raise Unsafe("it changes variables of the job when it is imported")


def _descriptors() -> dict[str, str]:
    """What is open, by number."""
    found = {}
    for number in os.listdir(_DESCRIPTORS):  # noqa: PTH208
        with suppress(OSError):  # that of the listing
            found[number] = os.readlink(f"{_DESCRIPTORS}/{number}")  # noqa: PTH115
    return found

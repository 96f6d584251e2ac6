"""How a process of this machine ends: told by the kernel, for children and for adopted processes.

A pidfd names one process for ever: the end of it makes the descriptor readable (nothing polls), and
a signal sent through it cannot reach a later process of the same number. Where the system has none
(macOS, Linux before 5.3), the process is looked at from time to time instead, by number and start
time.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal as signals
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from xpm_store.processes import Owner

if TYPE_CHECKING:
    from xpm_store.states import FailureReason

__all__ = ["Exit", "LocalProcess", "identity_of", "spawn"]

_FIRST_LOOK_S = 0.002
_LONGEST_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended, as far as it can be known from outside.

    Attributes:
        code: Its exit code; None when a signal ended it, or when nobody can tell (adopted).
        signal: The signal that ended it, if one did.
        reason: What the launcher knows beyond that (time limit, memory), if anything.
    """

    code: int | None
    signal: int | None
    reason: FailureReason | None = None


class _Watch(Protocol):
    """What can be asked about one process, whoever started it."""

    def is_over(self) -> bool: ...

    async def over(self) -> None: ...

    def send(self, signal: int) -> None: ...

    def close(self) -> None: ...


class _PidfdWatch:
    """A process seen through a pidfd."""

    def __init__(self, pid: int) -> None:
        self._fd = os.pidfd_open(pid)

    def is_over(self) -> bool:
        if self._fd < 0:
            return True
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(0))

    async def over(self) -> None:
        if self._fd < 0:
            return
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        # A descriptor of its own for each waiter: a loop has one callback per descriptor
        fd = os.dup(self._fd)
        loop.add_reader(fd, _settle, ended)
        try:
            await ended
        finally:
            loop.remove_reader(fd)
            os.close(fd)

    def send(self, signal: int) -> None:
        signals.pidfd_send_signal(self._fd, signal)

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class _PollingWatch:
    """A process looked at from time to time: where the kernel has no better way."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def is_over(self) -> bool:
        return self._owner.is_alive() is not True

    async def over(self) -> None:
        pause_s = _FIRST_LOOK_S
        while not self.is_over():
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_LOOK_S)

    def send(self, signal: int) -> None:
        if not self.is_over():
            os.kill(self._owner.pid, signal)

    def close(self) -> None: ...


def _watch(owner: Owner) -> _Watch:
    """The best way to watch a process.

    Raises:
        ProcessLookupError: It is over, and was waited for.
    """
    if hasattr(os, "pidfd_open"):
        try:
            return _PidfdWatch(owner.pid)
        except ProcessLookupError:
            raise
        except OSError:
            pass  # a sandbox forbids it, or we have no descriptor left
    return _PollingWatch(owner)


class LocalProcess:
    """A process of this machine: one that we started, or one that a former scheduler did.

    Concurrency: used from one event loop; `is_alive` and `kill` from any thread.
    """

    def __init__(self, owner: Owner, *, is_child: bool) -> None:
        """Watch a process known to be alive, or not yet waited for; see `child` and `adopt`."""
        self.owner = owner
        self._is_child = is_child
        self._exit: Exit | None = None
        self._watch = _watch(owner)

    @classmethod
    def child(cls, owner: Owner) -> LocalProcess:
        """Watch a process that we started and have not waited for."""
        return cls(owner, is_child=True)

    @classmethod
    def adopt(cls, owner: Owner) -> LocalProcess | None:
        """Watch the process of a former scheduler; None when it is over."""
        try:
            process = cls(owner, is_child=False)
        except ProcessLookupError:
            return None
        # Looked at once its pidfd is held: from here on the number cannot be another process's
        if owner.is_alive() is True and process.is_alive():
            return process
        process.close()
        return None

    async def wait(self) -> Exit:
        """Return how it ended, once it has.

        The exit code of an adopted process is not known: only its parent is told.
        """
        if self._exit is None:
            await self._watch.over()
        return self._reap()

    def is_alive(self) -> bool:
        """Return whether it runs; a zombie does not."""
        return self._exit is None and not self._watch.is_over()

    def kill(self, signal: int) -> None:
        """Send a signal, SIGKILL to its whole process group; nothing happens when it is over."""
        if not self.is_alive():
            return
        try:
            if signal == signals.SIGKILL and os.getpgid(self.owner.pid) == self.owner.pid:
                os.killpg(self.owner.pid, signal)
            else:
                self._watch.send(signal)
        except ProcessLookupError:
            pass

    def close(self) -> None:
        """Give back the descriptor; the process goes on."""
        self._watch.close()

    def __del__(self) -> None:
        # A scheduler that detaches drops its processes without having waited for them
        if hasattr(self, "_watch"):
            self._watch.close()

    def _reap(self) -> Exit:
        if self._exit is None:
            self._exit = _exit_of_child(self.owner.pid) if self._is_child else Exit(None, None)
            self._watch.close()
        return self._exit


class _Detached(subprocess.Popen[bytes]):
    """A child that may outlive us, on purpose: dropping it is no mistake to warn of."""

    def __del__(self) -> None: ...


def spawn(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    stdout: int,
    stderr: int,
    pass_fds: Sequence[int] = (),
) -> Owner:
    """Start a process in a session of its own, which outlives this one, and return who it is.

    Ctrl+C in our terminal and our death do not reach it. It inherits no descriptor but its three
    standard ones and those it is given; its input is empty.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        environment: All of its variables.
        stdout: The descriptor of its standard output; closed here, whatever happens.
        stderr: That of its standard error; closed here, whatever happens.
        pass_fds: Other descriptors that it inherits, under the same numbers.

    Raises:
        OSError: It could not be started.
    """
    try:
        child = _Detached(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            pass_fds=pass_fds,
        )
    finally:
        for descriptor in {stdout, stderr}:
            os.close(descriptor)
    return identity_of(child.pid)


def identity_of(pid: int) -> Owner:
    """Return who a process is that was just started, and may be over already."""
    owner = Owner.of(pid)
    if owner.start_time is None and owner.boot_id is not None:
        # Over already: no later process of this number will be taken for it
        return replace(owner, start_time=0.0)
    return owner


def _exit_of_child(pid: int) -> Exit:
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        # Someone else in this process waited for it (or ignores SIGCHLD)
        return Exit(None, None)
    code = os.waitstatus_to_exitcode(status)
    return Exit(code, None) if code >= 0 else Exit(None, -code)


def _settle(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)

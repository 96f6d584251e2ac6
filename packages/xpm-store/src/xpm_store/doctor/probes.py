"""The probes: each tries one thing in an empty folder of the workspace, and says how it went."""

from __future__ import annotations

import fcntl
import os
import statistics
import sys
import time
from pathlib import Path

from xpm_store.atomic import LineAppender, replace_text
from xpm_store.doctor.diagnosis import Diagnosis, Verdict
from xpm_store.doctor.inotify import is_told_of
from xpm_store.errors import StorageError
from xpm_store.index.place import network_file_system

__all__ = [
    "probe_append",
    "probe_clock",
    "probe_file_system",
    "probe_flock",
    "probe_flush",
    "probe_links",
    "probe_names",
    "probe_notification",
    "probe_rename",
    "probe_space",
]

SLOW_FLUSH_S = 0.05
"""A job takes some five flushes: beyond this, they cost more than starting it."""

CLOCK_SKEW_S = 1.0
"""Markers are compared with times of this machine: beyond this, their order may be wrong."""

LOW_SPACE_BYTES = 1 << 30
NOTIFICATION_TIMEOUT_S = 2.0


def probe_file_system(folder: Path) -> Diagnosis:
    """What kind of file system it is."""
    kind = network_file_system(folder)
    if kind is None:
        return Diagnosis("file system", Verdict.FINE, "local")
    advice = (
        "changes made on other hosts are not notified, they are seen by looking again; the index "
        "is kept in the user's cache folder"
    )
    return Diagnosis("file system", Verdict.WARNING, f"a network one ({kind})", advice)


def probe_rename(folder: Path) -> Diagnosis:
    """Whether a file is replaced at once, by one that its readers do not see before."""
    path = folder / "status.json"
    replace_text(path, "old")
    with path.open() as reader:
        replace_text(path, "new")
        seen, now = reader.read(), path.read_text()
    if (seen, now) == ("old", "new"):
        return Diagnosis("rename", Verdict.FINE, "files are replaced at once")
    found = f"an open file read {seen!r}, the new one {now!r}"
    return Diagnosis("rename", Verdict.PROBLEM, found, "records may be read half written")


def probe_append(folder: Path) -> Diagnosis:
    """Whether lines go to the end of a file that is open twice."""
    path = folder / "events.jsonl"
    with LineAppender(path) as first, LineAppender(path) as second:
        for number in range(10):
            (first if number % 2 else second).append([number])
    count = len(path.read_text().splitlines())
    if count == 10:
        return Diagnosis("append", Verdict.FINE, "lines go to the end")
    advice = "logs may lose lines: use a file system that honours O_APPEND"
    return Diagnosis("append", Verdict.PROBLEM, f"{count} of 10 lines are there", advice)


def probe_links(folder: Path) -> Diagnosis:
    """Whether files have several names, and links lead to folders."""
    path, other, link = folder / "a", folder / "b", folder / "link"
    path.touch()
    try:
        link.symlink_to(folder)
    except OSError as error:
        advice = "runs cannot link to their jobs: use another file system"
        return Diagnosis("links", Verdict.PROBLEM, f"no symbolic links ({error.strerror})", advice)
    try:
        os.link(path, other)
    except OSError as error:
        advice = "nothing to do: events are moved at the end of a run instead"
        return Diagnosis("links", Verdict.WARNING, f"no hard links ({error.strerror})", advice)
    return Diagnosis("links", Verdict.FINE, "symbolic and hard ones")


def probe_names(folder: Path) -> Diagnosis:
    """Whether names are long enough, and upper case differs from lower case."""
    try:
        (folder / ("n" * 255)).touch()
    except OSError as error:
        advice = "long task names may not fit: use another file system"
        return Diagnosis("names", Verdict.PROBLEM, f"255 bytes refused ({error.strerror})", advice)
    (folder / "case").touch()
    if (folder / "CASE").exists():
        advice = "experiments whose names differ by case only share a folder"
        return Diagnosis("names", Verdict.WARNING, "case is ignored", advice)
    return Diagnosis("names", Verdict.FINE, "255 bytes, case matters")


_TRY_LOCK = (
    "import fcntl, os, sys\n"
    "fd = os.open(sys.argv[1], os.O_RDWR)\n"
    "try:\n"
    "    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
    "except BlockingIOError:\n"
    "    sys.exit(3)\n"
)
_REFUSED = 3


def probe_flock(folder: Path) -> Diagnosis:
    """Whether a lock keeps another process out, and lets it in once it is released."""
    path = folder / "lock"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        while_held = _other_process(_TRY_LOCK, path)
        fcntl.flock(fd, fcntl.LOCK_UN)
        after = _other_process(_TRY_LOCK, path)
    except OSError as error:
        advice = "two schedulers may run the same job: mount it with locks (NFS 4, or `local_lock`)"
        return Diagnosis("flock", Verdict.PROBLEM, f"refused ({error.strerror})", advice)
    finally:
        os.close(fd)
    if (while_held, after) == (_REFUSED, 0):
        found = "between processes of this host (other hosts cannot be tried from here)"
        return Diagnosis("flock", Verdict.FINE, found)
    found = "a lock that is held was given" if while_held == 0 else "a free lock was refused"
    advice = "two schedulers may run the same job: use a file system with locks"
    return Diagnosis("flock", Verdict.PROBLEM, found, advice)


def _other_process(code: str, *args: Path) -> int:
    """Runs Python code in another process; its exit code."""
    command = [sys.executable, "-I", "-S", "-c", code, *map(str, args)]
    pid = os.posix_spawn(sys.executable, command, os.environ)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def probe_notification(folder: Path) -> Diagnosis:
    """Whether a change is told to who watches the folder."""
    begun = time.monotonic()
    try:
        is_told = is_told_of(folder, (folder / "new").touch, NOTIFICATION_TIMEOUT_S)
    except OSError as error:
        advice = "changes are seen by looking again; raise fs.inotify.max_user_watches if it is low"
        return Diagnosis("inotify", Verdict.WARNING, f"not available ({error})", advice)
    if is_told:
        found = f"changes are told in {(time.monotonic() - begun) * 1000:.1f} ms"
        return Diagnosis("inotify", Verdict.FINE, found)
    found = f"a change was not told in {NOTIFICATION_TIMEOUT_S:g} s"
    return Diagnosis("inotify", Verdict.WARNING, found, "changes are seen by looking again")


def probe_flush(folder: Path) -> Diagnosis:
    """What it costs to have a small file on the disk."""
    costs = []
    for number in range(10):
        path = folder / f"flushed-{number}"
        begun = time.perf_counter()
        replace_text(path, "x" * 500)
        costs.append(time.perf_counter() - begun)
    median = statistics.median(costs)
    found = f"a small file is on the disk in {median * 1000:.1f} ms (median of {len(costs)})"
    if median <= SLOW_FLUSH_S:
        return Diagnosis("flush", Verdict.FINE, found)
    advice = "each job takes some five of them: put the workspace on a faster disk"
    return Diagnosis("flush", Verdict.WARNING, found, advice)


def probe_clock(folder: Path) -> Diagnosis:
    """Whether the times of new files are those of this machine."""
    path = folder / "clock"
    before = time.time()
    path.touch()
    after = time.time()
    written = path.stat().st_mtime
    # times of files are those of the last tick, some milliseconds ago
    skew = 0.0 if before - 0.05 <= written <= after + 0.05 else written - after
    if abs(skew) <= CLOCK_SKEW_S:
        return Diagnosis("clock", Verdict.FINE, "files have the time of this machine")
    word = "ahead of" if skew > 0 else "behind"
    found = f"the file server is {abs(skew):.1f} s {word} this machine"
    return Diagnosis("clock", Verdict.WARNING, found, "synchronise the clocks (chrony, ntpd)")


def probe_space(folder: Path) -> Diagnosis:
    """Whether there is room left."""
    try:
        left = os.statvfs(folder)
    except OSError as error:
        raise StorageError("statvfs", folder, error) from error
    free = left.f_bavail * left.f_frsize
    found = f"{free / 1e9:.1f} GB free"
    if left.f_files and left.f_favail < 10_000:
        found = f"{left.f_favail} files may still be made"
        return Diagnosis("space", Verdict.WARNING, found, "remove jobs that are not needed")
    if free < LOW_SPACE_BYTES:
        return Diagnosis("space", Verdict.WARNING, found, "remove jobs that are not needed")
    return Diagnosis("space", Verdict.FINE, found)

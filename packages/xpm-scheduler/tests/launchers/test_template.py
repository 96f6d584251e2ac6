"""A job forked from a template is, to its own code, one started cold."""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from xpm_scheduler.launchers.conformance import SampleJob, is_running, release, waiting_job
from xpm_scheduler.launchers.local import DirectLauncher, LocalJob
from xpm_scheduler.processes import Exit, LocalProcess
from xpm_store.locks import FileLock
from xpm_store.processes import Owner
from xpm_store.records import ProcessRecord

PATIENCE_S = 60

PROBE = """
    LOADED = sorted(sys.modules)
    import atexit, gc, json, locale, logging, multiprocessing, random, resource, threading
    import warnings, __main__
    fds = {}
    for fd in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            flags = open(f"/proc/self/fdinfo/{fd}").read().split("flags:")[1].split()[0]
            fds[fd] = [os.readlink(f"/proc/self/fd/{fd}").replace(os.getcwd(), ""), flags]
        except FileNotFoundError:
            pass  # that of the listing
    status = dict(
        line.split(":", 1) for line in open("/proc/self/status").read().splitlines()
    )
    streams = [sys.stdin, sys.stdout, sys.stderr]
    seen = {
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "path": sys.path,
        "flags": str(sys.flags),
        "executable": sys.executable,
        "prefix": [sys.prefix, sys.exec_prefix, sys.base_prefix],
        "modules": LOADED,
        "modules at import": [name for name in AT_IMPORT if not name.startswith("sample_")],
        "packages": {name: sorted(vars(sys.modules[name])) for name in
                     ("xpm_config", "xpm_store", "xpm_scheduler", "xpm_scheduler.worker")},
        "main": {k: type(v).__name__ for k, v in sorted(vars(__main__).items())},
        "main file": [__main__.__file__, __main__.__name__, str(__main__.__spec__)],
        "builtins": __main__.__builtins__ is sys.modules["builtins"],
        "environment": dict(os.environ),
        "cwd": os.getcwd(),
        "session": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()],
        "umask": [os.umask(0o22), os.umask(0o22)],
        "nice": os.nice(0),
        "affinity": sorted(os.sched_getaffinity(0)),
        "limits": [resource.getrlimit(n) for n in range(16)],
        "descriptors": fds,
        "threads": [t.name for t in threading.enumerate()],
        "kernel threads": status["Threads"].strip(),
        "signals": {k: status[k].strip() for k in ("SigBlk", "SigIgn", "SigCgt")},
        "handlers": {int(s): str(signal.getsignal(s)).split(" at 0x")[0]
                     for s in signal.valid_signals()},
        "timers": [signal.getitimer(n) for n in range(3)],
        "wakeup": signal.set_wakeup_fd(-1),
        "streams": [[s.name, s.encoding, s.errors, s.line_buffering, s.isatty()] for s in streams],
        "logging": [str(h).split(" at 0x")[0] for h in logging.getLogger().handlers],
        "logging level": logging.getLogger().level,
        "loggers": sorted(logging.root.manager.loggerDict),
        "locale": locale.setlocale(locale.LC_ALL),
        "recursion": sys.getrecursionlimit(),
        "gc": [gc.isenabled(), gc.get_threshold(), gc.get_debug(), len(gc.callbacks)],
        "warnings": [str(entry) for entry in warnings.filters],
        "exit functions": atexit._ncallbacks(),
        "profiling": [threading.gettrace(), threading.getprofile()],
        "scheduling": [os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)],
        "groups": [os.getuid(), os.getgid(), os.getgroups()],
        "terminal": [os.isatty(fd) for fd in (0, 1, 2)],
        "finders": [type(finder).__name__ for finder in sys.meta_path],
        "main module": __main__.__spec__ is None and __main__.__loader__.path == sys.argv[0],
        "faults": __import__("faulthandler").is_enabled(),
        "interned": [sys.flags.hash_randomization, sys.hash_info.algorithm],
        "dont write": sys.dont_write_bytecode,
        "state": [k for k in status if k.startswith("Sig") or k in ("NoNewPrivs", "Seccomp")],
        "hooks": [sys.excepthook is sys.__excepthook__, len(sys.meta_path), len(sys.path_hooks)],
        "trace": [sys.gettrace(), sys.getprofile()],
        "daemon": multiprocessing.current_process().name,
        "switch": sys.getswitchinterval(),
    }
    print(json.dumps(seen, default=str))
"""
PROBE_MODULE = "import os, signal, sys\nAT_IMPORT = sorted(sys.modules)"


def run(launcher: DirectLauncher, job: SampleJob) -> Exit:
    async def scenario() -> Exit:
        process = await start(launcher, job)
        return await asyncio.wait_for(process.wait(), PATIENCE_S)

    return asyncio.run(scenario())


async def start(launcher: DirectLauncher, job: SampleJob) -> LocalJob:
    launch = job.write()
    with FileLock(job.folder.lock):
        return await launcher.start(launch)


def template_of(process: LocalJob) -> Owner:
    """The parent of a job that was started warm."""
    stat = Path(f"/proc/{process.record.pid}/stat").read_text()
    return Owner.of(int(stat.rsplit(")", 1)[1].split()[1]))


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def kill_template_of(process: LocalJob) -> None:
    parent = template_of(process)
    command = Path(f"/proc/{parent.pid}/cmdline").read_text()
    # The job may have been started cold, or have lost its template already
    if "xpm_scheduler.worker.template" in command:
        os.kill(parent.pid, signal.SIGKILL)


def probe(launcher: DirectLauncher, root: Path) -> dict[str, Any]:
    root.mkdir()
    job = SampleJob(root, PROBE, module=PROBE_MODULE, environment={"MINE": "1"})
    run(launcher, job)
    text = job.folder.stdout.read_text().replace(str(root), "ROOT")
    assert text, job.folder.stderr.read_text()
    seen: dict[str, Any] = json.loads(text)
    return seen


@pytest.mark.parametrize("options", [{}, {"time_limit": 3600}], ids=["plain", "time limit"])
def test_a_warm_job_sees_what_a_cold_one_sees(tmp_path: Path, options: dict[str, float]) -> None:
    cold = probe(DirectLauncher(warm=False, **options), tmp_path / "cold")  # type: ignore[arg-type]
    launcher = DirectLauncher(warm=True, **options)  # type: ignore[arg-type]
    warm = probe(launcher, tmp_path / "warm")
    assert launcher.starts.imported == 1
    for seen in (cold, warm):
        deadline = seen["environment"].pop("XPM_DEADLINE", None)
        assert (deadline is not None) == bool(options)
    assert warm == cold


def test_a_second_job_of_a_template_sees_nothing_of_the_first(tmp_path: Path) -> None:
    """Also when the first one left nothing as it was."""
    spoil = """
        os.environ["LEFT"] = "1"
        os.chdir("/")
        sys.path.append("/left")
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        os.umask(0)
        print("spoilt")
    """
    cold = probe(DirectLauncher(warm=False), tmp_path / "cold")

    async def scenario() -> None:
        launcher = DirectLauncher(warm=True)
        (tmp_path / "first").mkdir()
        first = SampleJob(tmp_path / "first", spoil, module=PROBE_MODULE, environment={"MINE": "1"})
        await (await start(launcher, first)).wait()
        assert first.folder.stdout.read_text() == "spoilt\n"
        (tmp_path / "second").mkdir()
        second = SampleJob(
            tmp_path / "second", PROBE, module=PROBE_MODULE, environment={"MINE": "1"}
        )
        await (await start(launcher, second)).wait()
        text = second.folder.stdout.read_text().replace(str(tmp_path / "second"), "ROOT")
        assert json.loads(text) == cold

    asyncio.run(scenario())


LEAVING = """
    import atexit, threading, time
    atexit.register(print, "exit function")
    threading.Thread(target=lambda: (release.wait(), print("thread"))).start()
    release.set()
    kept.file = open("unflushed", "w")
    kept.file.write("text")
"""
LEAVING_MODULE = """
import threading
release = threading.Event()
class Kept:
    def __del__(self):
        print("deleted", flush=True)
kept = Kept()
"""


def test_a_warm_job_leaves_as_a_cold_one_does(tmp_path: Path) -> None:
    """Threads are waited for, exit functions run, what it made is destroyed, files are flushed."""
    left = []
    for warm in (False, True):
        root = tmp_path / str(warm)
        root.mkdir()
        job = SampleJob(root, LEAVING, module=LEAVING_MODULE)
        assert run(DirectLauncher(warm=warm), job) == Exit(0, None)
        assert (job.folder.path / "unflushed").read_text() == "text"
        left.append((sorted(job.folder.stdout.read_text().split()), job.folder.stderr.read_text()))
    assert left[0] == left[1]
    assert left[0] == (sorted(["exit", "function", "thread", "deleted"]), "")


def test_what_the_scheduler_has_set_for_its_children_holds_for_jobs_of_an_older_template(
    tmp_path: Path,
) -> None:
    """The umask and a limit that were changed since the template started."""
    code = """
        import os, resource
        print(os.umask(0), resource.getrlimit(resource.RLIMIT_CORE)[0])
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    changed = 0 if soft else min(4096, hard) if hard >= 0 else 4096
    umask = os.umask(0o22)

    async def scenario() -> list[str]:
        launcher = DirectLauncher(warm=True)
        said = []
        for number in range(2):
            job = SampleJob(tmp_path, code, digit=str(number))
            await (await start(launcher, job)).wait()
            said.append(job.folder.stdout.read_text().strip())
            os.umask(0o27)
            resource.setrlimit(resource.RLIMIT_CORE, (changed, hard))
        return said

    try:
        assert asyncio.run(scenario()) == [f"{0o22} {soft}", f"{0o27} {changed}"]
    finally:
        os.umask(umask)
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_random_numbers_differ_between_the_jobs_of_a_template(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        launcher = DirectLauncher(warm=True)
        drawn = []
        for number in range(3):
            root = tmp_path / str(number)
            root.mkdir()
            job = SampleJob(root, "import random, uuid\nprint(random.random(), uuid.uuid4())")
            await (await start(launcher, job)).wait()
            drawn.append(job.folder.stdout.read_text())
        return drawn

    assert len(set(asyncio.run(scenario()))) == 3


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("sys.exit(3)", Exit(3, None)),
        ("os._exit(0)", Exit(0, None)),
        ("os._exit(7)", Exit(7, None)),
        ("os.kill(os.getpid(), 9)", Exit(None, 9)),
        ("os.kill(os.getpid(), 11)", Exit(None, 11)),
    ],
)
def test_how_a_warm_job_ended_is_known(tmp_path: Path, code: str, ended: Exit) -> None:
    job = SampleJob(tmp_path, code, module="import os, sys")
    assert run(DirectLauncher(warm=True), job) == ended


def test_a_variable_read_when_an_interpreter_starts_asks_for_another_template(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        launcher = DirectLauncher(warm=True)
        templates = []
        variables = [{"A": "1"}, {"A": "2"}, {"TZ": "UTC"}]
        for number, environment in enumerate(variables):
            root = tmp_path / str(number)
            root.mkdir()
            job = waiting_job(root, environment=environment)
            process = await start(launcher, job)
            templates.append(parent_of(template_of(process).pid))
            await release(job)
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        assert templates[0] == templates[1] != templates[2]

    asyncio.run(scenario())


def test_the_death_of_the_template_kills_no_job_and_the_next_one_has_a_new_template(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        launcher = DirectLauncher(warm=True)
        (tmp_path / "first").mkdir()
        job = waiting_job(tmp_path / "first")
        process = await start(launcher, job)
        kill_template_of(process)
        assert process.is_alive()
        await release(job)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == Exit(None, None)
        assert job.folder.done.exists()
        (tmp_path / "second").mkdir()
        second = SampleJob(tmp_path / "second")
        again = await start(launcher, second)
        assert (await asyncio.wait_for(again.wait(), PATIENCE_S)).code == 0

    asyncio.run(scenario())


def test_a_template_that_cannot_start_makes_jobs_start_cold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "xpm_scheduler.launchers.template_process._PROGRAM", "raise SystemExit({}{})"
    )
    assert run(DirectLauncher(warm=True), SampleJob(tmp_path)) == Exit(0, None)
    assert "is started cold: the template" in caplog.text


def test_a_warm_job_can_be_found_again_and_killed_by_another_scheduler(tmp_path: Path) -> None:
    async def scenario() -> None:
        job = waiting_job(tmp_path)
        first = await start(DirectLauncher(warm=True), job)
        await is_running(job)
        record = ProcessRecord.read(job.folder)
        assert record is not None
        found = await DirectLauncher(warm=False).attach(record)
        assert found is not None
        found.kill(signal.SIGKILL)
        assert await asyncio.wait_for(found.wait(), PATIENCE_S) == Exit(None, None)
        assert await asyncio.wait_for(first.wait(), PATIENCE_S) == Exit(None, signal.SIGKILL)

    asyncio.run(scenario())


def test_templates_end_with_their_launcher(tmp_path: Path) -> None:
    async def scenario() -> None:
        launcher = DirectLauncher(warm=True)
        job = waiting_job(tmp_path)
        process = await start(launcher, job)
        branch = template_of(process)
        template = LocalProcess.child(Owner.of(parent_of(branch.pid)))
        adopted = LocalProcess.adopt(branch)
        assert adopted is not None
        await release(job)
        await process.wait()
        launcher.close()
        assert await asyncio.wait_for(template.wait(), PATIENCE_S) == Exit(0, None)
        assert await asyncio.wait_for(adopted.wait(), PATIENCE_S) == Exit(None, None)

    asyncio.run(scenario())


def test_a_variable_turns_warm_starts_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XPM_WARM", "0")

    async def scenario() -> None:
        job = waiting_job(tmp_path)
        process = await start(DirectLauncher(), job)
        assert template_of(process).pid == os.getpid()
        await release(job)
        await process.wait()

    asyncio.run(scenario())


def test_whatever_is_killed_every_job_runs_once(tmp_path: Path) -> None:
    """Templates and jobs are killed at random; what is not done is started again."""
    draw = random.Random(7)
    killers: list[Callable[[LocalJob], None]] = [
        lambda process: None,
        lambda process: process.kill(signal.SIGKILL),
        kill_template_of,
    ]

    async def one(launcher: DirectLauncher, number: int) -> None:
        root = tmp_path / str(number)
        root.mkdir()
        job = SampleJob(root, "open('runs', 'a').write('done\\n')")
        while not job.folder.done.exists():
            process = await start(launcher, job)
            with suppress(ProcessLookupError, FileNotFoundError):  # it was faster than us
                draw.choice(killers)(process)
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        assert (job.folder.path / "runs").read_text() == "done\n"

    async def scenario() -> None:
        launcher = DirectLauncher(warm=True)
        for first in range(0, 24, 4):
            await asyncio.gather(*(one(launcher, first + n) for n in range(4)))

    asyncio.run(scenario())

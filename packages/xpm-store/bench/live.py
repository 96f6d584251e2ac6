"""What goes on while jobs run: events read, folded and noticed, and what a job adds to the disk."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from generate import job_of
from xpm_store.events import Event, JobChanged, JobProgressed, encode
from xpm_store.events.codec import event_of
from xpm_store.jsontext import decode_line
from xpm_store.layout import Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders import JobRecorder, RunRecorder
from xpm_store.records import ProcessRecord
from xpm_store.state import JobView, fold
from xpm_store.states import JobState, RunStatus

Row = tuple[str, str, str]
COUNT = 200_000


def measure_events() -> Iterator[Row]:
    """How many events a second are read from their lines, and folded."""
    kinds: list[Event] = [
        JobChanged(1.0, "a", "t", JobState.RUNNING, None, 1.0),
        *(JobProgressed(2.0, "a", "t", n % 3, n / 10, "epoch") for n in range(9)),
    ]
    lines = [encode(event).encode() for event in kinds] * (COUNT // 10)
    events = [event for line in lines if (event := event_of(decode_line(line)))]
    start = JobView("a", "t")
    for what, work in (
        ("events folded", lambda: fold(events, start)),
        ("events read from their lines", lambda: [event_of(decode_line(line)) for line in lines]),
    ):
        seconds = min(_processor_seconds(work) for _ in range(3))
        yield what, f"{COUNT / seconds:,.0f}/s of processor", "≥ 200,000/s"


WRITER = """
import sys, time
from pathlib import Path
from xpm_store.layout import JobFolder
from xpm_store.recorders import JobRecorder
job = JobRecorder(JobFolder(Path(sys.argv[1])))
job.started()
for number in range(int(sys.argv[2])):
    time.sleep(0.05)
    print(time.time(), flush=True)
    job.progress(0, number / 100)
"""


def measure_watching(root: Path, count: int = 40) -> Iterator[Row]:
    """From a line of a job, in its process, to a watching process that has synced."""
    from xpm_store.index import Index
    from xpm_store.watch import Watcher

    workspace = Workspace(root)
    job = job_of(1)
    folder = workspace.job(job.task_id, job.job_id)
    folder.private.mkdir(parents=True)
    with FileLock(workspace.experiment("sweep").lock), Index.open(workspace) as index:
        run = RunRecorder.create(workspace, "sweep", hostname="here", environment={})
        run.job_submitted(job, [])
        run.flush()
        command = [sys.executable, "-c", WRITER, str(folder.path), str(count)]
        with (
            Watcher(workspace) as watcher,
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer,
        ):
            ProcessRecord.local(writer.pid).write(folder)
            seen: dict[float, float] = {}
            while len(seen) < count - 1 and (watcher.wait(5.0) or writer.poll() is None):
                index.sync(experiment="sweep")
                levels = index.jobs(experiment="sweep")[0].progress
                if levels:
                    seen.setdefault(levels[0].progress, time.time())
            assert writer.stdout is not None
            said = [float(line) for line in writer.stdout]
        how = "listed" if watcher.is_polling else "told by the system"
        run.complete(RunStatus.DONE)
    waits = [at - said[round(value * 100)] for value, at in seen.items()]
    median, worst = statistics.median(waits) * 1000, max(waits) * 1000
    yield (
        "event from a job's line to a watching process that has synced",
        f"median {median:.0f} ms, worst {worst:.0f} ms of {len(waits)} ({how})",
        "≤ 50 ms median",
    )


def measure_files(root: Path) -> Iterator[Row]:
    """The files and bytes that the store leaves for a job that reported progress 10 times."""
    workspace = Workspace(root)
    with FileLock(workspace.experiment("sweep").lock):
        run = RunRecorder.create(workspace, "sweep", hostname="here", environment={})
        before = _content(root)
        for rank in range(100):
            job = job_of(rank)
            run.job_submitted(job, [])
            folder = workspace.job(job.task_id, job.job_id)
            folder.private.mkdir(parents=True)
            run.job_state(job.job_id, job.task_id, JobState.SCHEDULED)
            ProcessRecord.local(os.getpid()).write(folder)
            recorder = JobRecorder(folder)
            recorder.started()
            for step in range(10):
                recorder.progress(0, step / 10)
            recorder.finished(JobState.DONE, None)
            folder.pid.unlink(missing_ok=True)
            run.job_state(job.job_id, job.task_id, JobState.DONE)
        run.complete(RunStatus.DONE)
    after = _content(root)
    files, links, size = ((end - begin) / 100 for begin, end in zip(before, after, strict=True))
    yield (
        "what the store leaves of a job",
        f"{files:.2f} files, {links:.2f} links, {size:,.0f} bytes",
        "those of the contract",
    )


def _content(root: Path) -> tuple[int, int, int]:
    """Files, links and bytes below a folder; a file with two names is one."""
    files, links = {}, 0
    for folder, _, names in os.walk(root):
        for name in names:
            stat = (Path(folder) / name).lstat()
            if (stat.st_mode & 0o170000) == 0o120000:
                links += 1
            else:
                files[stat.st_ino] = stat.st_size
    return len(files), links, sum(files.values())


def _processor_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin

"""What the start of a job costs, cold and warm, beside a bare interpreter and a bare fork.

uv run python packages/xpm-scheduler/bench/start.py [JOBS]

The task writes one small file. Processor time is that of the jobs and of their templates; the
parent's is that of this process, which does what a launcher does for each job.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xpm_scheduler.launchers.base import JobLaunch
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_store.layout import Workspace
from xpm_store.locks import FileLock
from xpm_store.records import JobStatus, write_params

CODE = """
import os
from xpm_config.fields import Param
from xpm_config.tasks import Task
{imports}

class Bench(Task):
    number: Param[int]

    def execute(self):
        with open("result", "w") as result:
            result.write(str(self.number))
        if self.number == 0:
            print(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1])
            print(os.getppid())
"""


@dataclass
class Bench:
    """Jobs of one task, in one workspace."""

    root: Path
    imports: str = ""

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.root / "workspace")
        (self.root / "code").mkdir(parents=True)
        (self.root / "code" / "bench_tasks.py").write_text(CODE.format(imports=self.imports))

    def launch(self, number: int) -> JobLaunch:
        folder = self.workspace.job("bench_tasks.bench", f"{number:064x}")
        definition = {
            "id": 1,
            "module": "bench_tasks",
            "type": "Bench",
            "typename": "bench_tasks.Bench",
            "identifier": folder.job_id,
            "fields": {"number": number},
        }
        params = {"workspace": str(self.workspace.root), "version": 3, "objects": [definition]}
        folder.path.mkdir(parents=True)
        JobStatus.read_or_new(folder).write(folder, durable=False)
        write_params(folder, params)
        return JobLaunch(folder, {}, (self.root / "code",), False)


def cpu_s(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


async def run_jobs(bench: Bench, launcher: DirectLauncher, numbers: range) -> float:
    """Runs jobs one after the other, and returns the processor time that this process used."""
    own_s = 0.0
    for number in numbers:
        launch = bench.launch(number)
        before = cpu_s(resource.RUSAGE_SELF)
        with FileLock(launch.folder.lock):
            process = await launcher.start(launch)
        await process.wait()
        own_s += cpu_s(resource.RUSAGE_SELF) - before
        assert launch.folder.done.exists(), launch.folder.stderr.read_text()
    return own_s


async def all_jobs(bench: Bench, count: int, *, warm: bool) -> tuple[float, float, float]:
    """Wall time, processor time of the jobs and that of the parent, for `count` jobs.

    The first job is not counted: a template starts and imports with it.
    """
    launcher = DirectLauncher(warm=warm)
    await run_jobs(bench, launcher, range(1))
    before_s, start = await settled_s(bench, warm=warm), time.perf_counter()
    parent_s = await run_jobs(bench, launcher, range(1, count + 1))
    wall_s = time.perf_counter() - start
    jobs_s = await settled_s(bench, warm=warm) - before_s
    if warm:
        print(f"    page faults of a job: {int(stat_of_parent(bench)[8]) / count:.0f}")
    launcher.close()
    with suppress(ChildProcessError):
        os.wait()
    return wall_s, jobs_s, parent_s


async def settled_s(bench: Bench, *, warm: bool) -> float:
    """Processor time of the jobs until now, and of the process that forked them."""
    if not warm:
        return cpu_s(resource.RUSAGE_CHILDREN)
    return sum(map(int, stat_of_parent(bench)[11:15])) / os.sysconf("SC_CLK_TCK")


def stat_of_parent(bench: Bench) -> list[str]:
    """The fields of `/proc/PID/stat` of the process that forks the jobs, from its state on."""
    out = bench.workspace.job("bench_tasks.bench", f"{0:064x}").stdout.read_text().split()
    return Path(f"/proc/{out[1]}/stat").read_text().rsplit(")", 1)[1].split()


def show(name: str, count: int, wall_s: float, jobs_s: float, parent_s: float | None) -> None:
    parent = "" if parent_s is None else f" {parent_s / count * 1e3:8.2f} ms CPU of the parent"
    print(
        f"{name:36} {jobs_s / count * 1e3:8.2f} ms CPU {wall_s / count * 1e3:8.1f} ms wall{parent}",
        flush=True,
    )


def bare(name: str, count: int, command: list[str] | None) -> None:
    start, before = time.perf_counter(), cpu_s(resource.RUSAGE_CHILDREN)
    for _ in range(count):
        if command is not None:
            subprocess.run(command, check=True)
        elif (pid := os.fork()) == 0:
            os._exit(0)
        else:
            os.waitpid(pid, 0)
    jobs_s = cpu_s(resource.RUSAGE_CHILDREN) - before
    show(name, count, time.perf_counter() - start, jobs_s, None)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        bare("fork", count, None)
        bare("python -c pass", count, [sys.executable, "-c", "pass"])
        for name, imports, warm in (
            ("a job, cold", "", False),
            ("a job, warm", "", True),
            ("the same, its module imports sklearn", "import sklearn.svm", True),
        ):
            bench = Bench(Path(folder) / name, imports)
            show(name, count, *asyncio.run(all_jobs(bench, count, warm=warm)))
            first = bench.workspace.job("bench_tasks.bench", f"{0:064x}")
            files = [path for path in first.path.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in files)
            rss_mib = int(first.stdout.read_text().split()[0]) / 1024
            print(f"    {rss_mib:.1f} MiB resident, {len(files)} files of {size} bytes")


if __name__ == "__main__":
    main()

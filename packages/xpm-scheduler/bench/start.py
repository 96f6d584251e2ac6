"""What the start of a job costs, cold and warm, beside a bare interpreter.

uv run python packages/xpm-scheduler/bench/start.py [JOBS]
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from xpm_scheduler.launchers.conformance import SampleJob
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_store.locks import FileLock

MEMORY = "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"


def cpu_s() -> tuple[float, float]:
    """Processor time of this process, and of the children that it waited for."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


async def run_jobs(root: Path, count: int, *, warm: bool) -> None:
    launcher = DirectLauncher(warm=warm)
    for number in range(count):
        job = SampleJob(root / str(number), f"open('result', 'w').write('1')\n{MEMORY}")
        job.root.mkdir()
        launch = job.write()
        with FileLock(job.folder.lock):
            process = await launcher.start(launch)
        await process.wait()
        assert job.folder.done.exists()
    launcher.close()
    with suppress(ChildProcessError):  # a template takes the times of its jobs with it
        os.wait()


def measure(name: str, count: int, own: float, children: float, wall: float) -> None:
    now_own, now_children = cpu_s()
    print(
        f"{name:36} {(now_children - children) / count * 1e3:8.1f} ms CPU"
        f" {(time.perf_counter() - wall) / count * 1e3:8.1f} ms wall"
        f" {(now_own - own) / count * 1e3:8.2f} ms CPU of the parent"
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as folder:
        start = (*cpu_s(), time.perf_counter())
        for _ in range(count):
            subprocess.run([sys.executable, "-c", "pass"], check=True)
        measure("python -c pass", count, *start)
        for name, warm in (("cold", False), ("warm (its template included)", True)):
            root = Path(folder) / name
            root.mkdir()
            start = (*cpu_s(), time.perf_counter())
            asyncio.run(run_jobs(root, count, warm=warm))
            measure(f"a job, {name}", count, *start)
        out = next(Path(folder).glob("cold/0/workspace/jobs/*/*/sample.out"))
        files = [path for path in out.parent.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        print(f"memory of a cold job at its end: {int(out.read_text()) / 1024:.1f} MiB")
        print(f"files of a job: {len(files)}, {size} bytes")


if __name__ == "__main__":
    main()

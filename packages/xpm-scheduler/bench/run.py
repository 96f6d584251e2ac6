"""What a job costs here and elsewhere: the same no-op task, which writes one small file.

uv run python packages/xpm-scheduler/bench/run.py [--rounds 3] [--scale 1.0] [NAME…]

Each peer is installed in an environment of its own, below `~/.cache/xpm-bench` (or
`$XDG_CACHE_HOME/xpm-bench`); one that cannot be installed or run is listed with the reason. A peer
runs a few jobs, then many: what is shown per job is the difference, without what each has to start
first. Processor time is that of all the processes that were started, servers and workers included.
The peers take turns in each round; the medians of the rounds are shown.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "xpm-bench"
PR_SET_CHILD_SUBREAPER = 36
LONGEST_S = 600.0
UNTOLD = "lost in the noise"
"""Many jobs took no longer than few: what a peer starts first takes longer, and varies by more."""


@dataclass(frozen=True)
class Peer:
    """A way to run the task; without `needs`, in the environment of this project."""

    name: str
    script: str
    jobs: int
    chain: int
    needs: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def python(self) -> str:
        """Return its interpreter, installed on the first call."""
        if not self.needs:
            return sys.executable
        folder = CACHE / self.needs.replace("=", "")
        python = folder / "bin" / "python"
        if not (folder / "ready").exists():
            venv = ["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
            subprocess.run(venv, check=True, capture_output=True, text=True)
            install = ["uv", "pip", "install", "--quiet", "--python", str(python), self.needs]
            subprocess.run(install, check=True, capture_output=True, text=True)
            (folder / "ready").touch()
        return str(python)


ALL = (
    Peer("this project, warm", "xpm", 1000, 50),
    Peer("this project, cold", "xpm", 60, 20, environment={"XPM_WARM": "0"}),
    Peer("experimaestro 2.7.0", "experimaestro2", 20, 10, "experimaestro==2.7.0"),
    Peer("submitit, local executor", "submitit_local", 20, 10, "submitit"),
    Peer("snakemake, shell rule", "snakemake_rules", 100, 20, "snakemake"),
    Peer("Dask, 2 processes", "dask_processes", 1000, 50, "distributed"),
    Peer("joblib, 2 processes", "joblib_processes", 1000, 50, "joblib"),
    Peer("HyperQueue, shell command", "hyperqueue_local", 1000, 50, "hyperqueue"),
    Peer("bare fork", "bare", 1000, 0, environment={"BARE": "fork"}),
    Peer("bare `python -c pass`", "bare", 100, 0, environment={"BARE": "python"}),
)


def run_s(peer: Peer, shape: str, count: int) -> tuple[float, float]:
    """Wall and processor time of one run of a peer, all that it leaves behind included."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **peer.environment, "XPM_CONFIG_DIR": folder}
        if peer.needs:
            environment["PYTHONPATH"] = str(PEERS)  # where 2.x looks for the task
        before, start = children_s(), time.perf_counter()
        with (Path(folder) / "said").open("w+") as said:
            command = [peer.python(), str(PEERS / f"{peer.script}.py"), shape, str(count), folder]
            ended = subprocess.run(
                command, env=environment, stdout=said, stderr=said, timeout=LONGEST_S
            )
            wall_s = time.perf_counter() - start
            end_orphans()
            if ended.returncode:
                said.seek(0)
                raise RuntimeError(said.read().strip().splitlines()[-1])
        return wall_s, children_s() - before


def children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def adopt_orphans() -> None:
    """Become the parent of what others leave behind, so that its processor time is counted."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans(patience_s: float = 5.0) -> None:
    """Wait for what was left behind, and end what stays."""
    deadline = time.monotonic() + patience_s
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    with suppress(ChildProcessError):
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                if time.monotonic() > deadline and children.exists():
                    for child in children.read_text().split():
                        os.kill(int(child), signal.SIGKILL)
                time.sleep(0.01)


def per_job(peer: Peer, shape: str, count: int) -> tuple[float, float]:
    """Wall and processor time per job, in seconds."""
    few = max(2, count // 10)
    wall_few, cpu_few = run_s(peer, shape, few)
    wall_many, cpu_many = run_s(peer, shape, count)
    return (wall_many - wall_few) / (count - few), (cpu_many - cpu_few) / (count - few)


def measure(
    peers: list[Peer], rounds: int, scale: float
) -> tuple[dict[str, list[list[float]]], dict[str, str]]:
    """The figures of each peer (CPU, wall, wall in a chain), by round, and why some have none."""
    figures: dict[str, list[list[float]]] = defaultdict(list)
    failed: dict[str, str] = {}
    for number in range(rounds):
        for peer in peers:
            if peer.name in failed:
                continue
            print(f"round {number + 1}: {peer.name}", file=sys.stderr, flush=True)
            try:
                wall_s, cpu_s = per_job(peer, "independent", max(10, int(peer.jobs * scale)))
                row = [cpu_s, wall_s]
                if peer.chain:
                    row.append(per_job(peer, "chain", max(5, int(peer.chain * scale)))[0])
                figures[peer.name].append(row)
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                said = getattr(error, "stderr", "") or str(error)
                failed[peer.name] = str(said).strip().splitlines()[-1]
    return figures, failed


def show(peers: list[Peer], figures: dict[str, list[list[float]]], failed: dict[str, str]) -> None:
    print("| what | CPU per job | jobs per second | a link of a chain | jobs measured |")
    print("|---|---|---|---|---|")
    for peer in peers:
        if peer.name in failed:
            print(f"| {peer.name} | not measured: {failed[peer.name]} | | | |")
            continue
        cpu_s, wall_s, *link = map(statistics.median, zip(*figures[peer.name], strict=True))
        rate = f"{1 / wall_s:.1f}" if wall_s > 0 else UNTOLD
        chain = milliseconds(link[0]) if link else ""
        print(
            f"| {peer.name} | {milliseconds(cpu_s)} | {rate} | {chain} | {peer.jobs} |", flush=True
        )


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds > 0 else UNTOLD


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of the names of the peers to run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of jobs")
    options = parser.parse_args()
    peers = [p for p in ALL if not options.names or any(n in p.name for n in options.names)]
    if shutil.which("uv") is None:
        raise SystemExit("uv is needed to make the environments of the peers")
    adopt_orphans()
    figures, failed = measure(peers, options.rounds, options.scale)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load at the end {load}\n")
    show(peers, figures, failed)


if __name__ == "__main__":
    main()

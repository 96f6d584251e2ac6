"""Times `load_xp_info` on a run of 10,000 configurations, here and with experimaestro 2.7.0.

    python packages/xpm-store/bench/objects.py [--reference PYTHON]

`--reference` is a Python that has experimaestro 2.7.0 (default: `XPM_COMPAT_PYTHON`). Both read the
same files, in a process each, one after the other.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = """
from experimaestro import Config, Param, Task

class Layer(Config):
    size: Param[int]
    rate: Param[float] = 0.5
    name: Param[str]

class Fit(Task):
    layers: Param[list[Layer]]
    seed: Param[int]
"""

MAKE = """
import json, sys
from pathlib import Path
from xpm_config.serialization import ObjectStream
from xpm_store.layout import Workspace
from xpm_store.locks import FileLock
from xpm_store.recorders import RunRecorder
from xpm_store.records import SubmittedJob
from xpm_store.states import RunStatus
from bench_model.configurations import Fit, Layer

workspace, stream = Workspace(Path(sys.argv[1])), ObjectStream()
with FileLock(workspace.experiment("sweep").lock):
    run = RunRecorder.create(workspace, "sweep", hostname="here", environment={})
    for seed in range(int(sys.argv[2]) // 10):
        layers = [Layer.C(size=n, name=f"{seed}-{n}") for n in range(9)]
        fit = Fit.C(layers=layers, seed=seed)
        identifier = str(fit.__xpm__.identifier)
        job = SubmittedJob(identifier, "bench_model.configurations.fit", {"seed": seed})
        run.job_submitted(job, stream.definitions(fit))
    run.complete(RunStatus.DONE)
print(run.run.path)
"""

READ = """
import statistics, sys, time, warnings
warnings.simplefilter("ignore")
from experimaestro import load_xp_info
def once():
    begin = time.process_time()
    info = load_xp_info(sys.argv[1])
    assert len(info.jobs) == int(sys.argv[2]) // 10, len(info.jobs)
    return time.process_time() - begin
print(statistics.median(once() for _ in range(5)))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", default=os.environ.get("XPM_COMPAT_PYTHON"))
    parser.add_argument("--count", default="10000")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xpm-bench-") as folder:
        package = (
            Path(folder) / "bench_model"
        )  # 2.7.0 loads a file outside packages again and again
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "configurations.py").write_text(MODEL)
        here = os.pathsep.join([folder, *sys.path])
        run = _output(sys.executable, MAKE, f"{folder}/ws", chosen.count, path=here)
        ours = float(_output(sys.executable, READ, run, chosen.count, path=here))
        what = f"| `load_xp_info`, {int(chosen.count):,} configurations | {ours:.3f} s of processor"
        if not chosen.reference:
            print(f"{what} | 5 times as fast as 2.7.0 (not measured: no `--reference`) |")
            return
        theirs = float(_output(chosen.reference, READ, run, chosen.count, path=folder))
        ratio = f"2.7.0: {theirs:.3f} s, {theirs / ours:.1f} times as long"
        print(f"{what}; {ratio} | 5 times as fast as 2.7.0 |")


def _output(python: str, code: str, *arguments: str, path: str) -> str:
    found = subprocess.run(
        [python, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return found.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    main()

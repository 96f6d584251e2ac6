"""Schedulers that die: nothing is lost, nothing runs twice, what runs goes on.

With the variable `XPM_FULL_EVIDENCE` set, the random kills are 20 histories of 200 jobs, and the
races are of 2 to 8 schedulers for 100 jobs: some minutes on a machine of 2 cores.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from xpm_store.layout import Workspace
from xpm_store.locks import is_locked
from xpm_store.records import RunState
from xpm_store.states import RunStatus
from xpm_store.tokens import TokenFolder

DRIVER = Path(__file__).parent / "driver.py"
IS_FULL = bool(os.environ.get("XPM_FULL_EVIDENCE"))
HISTORIES, JOBS, KILLS = (20, 200, 5) if IS_FULL else (2, 12, 2)
RIVALS, CONTENDED = ([2, 3, 4, 6, 8], 100) if IS_FULL else ([4], 6)


@contextmanager
def driving(
    root: Path, count: int, *, cwd: Path | None = None, name: str = "drive"
) -> Iterator[subprocess.Popen[str]]:
    """The script runs, in a session of its own, for the length of the block."""
    process = subprocess.Popen(
        [sys.executable, str(DRIVER), str(root), str(count), name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd or root,
        env={
            **os.environ,
            "XPM_CONFIG_DIR": str(root / "config"),
            "XPM_WORKDIR": str(root / "local"),
        },
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def finish(root: Path, count: int) -> list[str]:
    """Runs the script to its end, and gives what it printed."""
    with driving(root, count) as process:
        out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out.splitlines()


def ran(root: Path) -> Counter[str]:
    """How many times each job ran."""
    return Counter((root / "log.txt").read_text().split())


def gates(root: Path) -> tuple[Path, Path]:
    """The two FIFOs of the job that waits."""
    for name in ("started", "gate"):
        os.mkfifo(root / name)
    return root / "started", root / "gate"


def test_tasks_of_the_script_itself_are_found_whatever_the_working_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with driving(tmp_path, 2, cwd=elsewhere) as process:
        out, err = process.communicate(timeout=60)
    assert out.splitlines()[-1] == "done", err
    assert set(ran(tmp_path).values()) == {1}


def test_a_job_outlives_its_killed_scheduler_and_the_next_one_attaches_to_it(
    tmp_path: Path, hear: Callable[[Path], None]
) -> None:
    started, gate = gates(tmp_path)
    with driving(tmp_path, 3) as process:
        hear(started)
        process.send_signal(signal.SIGKILL)
    assert not is_locked(Workspace(tmp_path / "work").experiment("drive").lock)
    with driving(tmp_path, 3) as process:
        assert process.stdout is not None
        assert "submitted\n" in process.stdout  # reads until it comes
        gate.write_text("go")
        out, _ = process.communicate(timeout=60)
    assert out.splitlines()[-1] == "done"
    assert ran(tmp_path)["-1"] == 1
    assert set(ran(tmp_path)) == {"-1", "0", "1", "2"}


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_nothing_is_lost_nor_run_twice_when_the_scheduler_is_killed_at_random(
    tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    for _ in range(KILLS):
        with driving(tmp_path, JOBS) as process:
            assert process.stdout is not None
            for _ in range(draw.randint(1, JOBS // 2)):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
    assert finish(tmp_path, JOBS)[-1] == "done"
    assert ran(tmp_path) == {str(number): 1 for number in range(JOBS)}
    markers = sum(job.done.exists() for job in Workspace(tmp_path / "work").job_folders())
    assert markers == JOBS
    assert TokenFolder(tmp_path / "local", "shared").holders() == []


def test_ctrl_c_leaves_the_running_jobs_says_so_and_frees_the_experiment(
    tmp_path: Path, hear: Callable[[Path], None]
) -> None:
    started, gate = gates(tmp_path)
    with driving(tmp_path, 0) as process:
        hear(started)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert "1 job is still running and will go on" in err
    assert "KeyboardInterrupt" in err
    folder = Workspace(tmp_path / "work").experiment("drive")
    assert not is_locked(folder.lock)
    state = RunState.read(folder.runs()[-1])
    assert state is not None
    assert state.status is RunStatus.FAILED
    gate.write_text("go")
    assert finish(tmp_path, 0)[-1] == "done"
    assert ran(tmp_path) == {"-1": 1}


@pytest.mark.parametrize("count", RIVALS)
def test_schedulers_that_want_the_same_jobs_at_once_run_each_once(
    tmp_path: Path, count: int
) -> None:
    with ExitStack() as stack:
        rivals = [
            stack.enter_context(driving(tmp_path, CONTENDED, name=f"rival-{number}"))
            for number in range(count)
        ]
        said = [rival.communicate(timeout=600) for rival in rivals]
    assert [out.splitlines()[-1] for out, _ in said] == ["done"] * count, said
    assert ran(tmp_path) == {str(number): 1 for number in range(CONTENDED)}

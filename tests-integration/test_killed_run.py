"""A run that is killed, then the same command: what is done, or still runs, is not run again."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import ROOT, clean_environment

STEPS = ROOT / "tests-integration" / "experiments" / "steps" / "experiment.yaml"
COUNT = 4
PATIENCE_S = 120


@dataclass(frozen=True)
class Gated:
    """An experiment whose middle job waits for the test."""

    workdir: Path
    pipes: Path
    home: Path

    def start(self) -> subprocess.Popen[str]:
        """Starts the command, always the same."""
        command = [sys.executable, "-m", "experimaestro", "run-experiment", str(STEPS)]
        command += ["--workdir", str(self.workdir)]
        command += ["-c", f"count={COUNT}", "-c", f"gate={self.pipes}"]
        return subprocess.Popen(
            command,
            env=clean_environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for_arrival(self, run: subprocess.Popen[str]) -> None:
        """Returns once the job at the gate is executed; fails if the run ends without it."""
        arrived = os.open(self.pipes / "arrived", os.O_RDONLY | os.O_NONBLOCK)
        ended = os.pidfd_open(run.pid)
        poll = select.poll()
        poll.register(arrived, select.POLLIN)
        poll.register(ended, select.POLLIN)
        try:
            ready = {descriptor for descriptor, _ in poll.poll()}
            assert arrived in ready, f"the run ended: {run.communicate()[0]}"
            assert os.read(arrived, 100) == b"here\n"
        finally:
            os.close(arrived)
            os.close(ended)

    def open(self) -> None:
        """Lets the job at the gate end."""
        (self.pipes / "opened").write_text("go on\n")

    def executions(self) -> Counter[int]:
        """How many times each job was executed, by the index of its step."""
        lines = (
            line
            for path in self.workdir.glob("jobs/*/*/executions")
            for line in path.read_text().splitlines()
        )
        return Counter(map(int, lines))

    def gate_process(self) -> int:
        """The process of the job at the gate."""
        (record,) = self.workdir.glob("jobs/*gate/*/gate.pid")
        return int(json.loads(record.read_text())["pid"])


ONCE = dict.fromkeys([*range(COUNT), 100, *range(200, 200 + COUNT)], 1)


@pytest.fixture
def gated(tmp_path: Path, home: Path) -> Iterator[Gated]:
    pipes = tmp_path / "pipes"
    pipes.mkdir()
    os.mkfifo(pipes / "arrived")
    os.mkfifo(pipes / "opened")

    def give_up(*_: object) -> None:
        raise TimeoutError(f"nothing happened within {PATIENCE_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_S)
    yield Gated(tmp_path / "workspace", pipes, home)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def finish(run: subprocess.Popen[str]) -> str:
    output, _ = run.communicate()
    assert run.returncode == 0, output
    return output


def test_a_job_that_outlives_its_killed_run_is_found_again_and_not_run_twice(gated: Gated) -> None:
    first = gated.start()
    gated.wait_for_arrival(first)
    first.kill()
    first.communicate()
    second = gated.start()
    gated.open()
    finish(second)
    assert gated.executions() == ONCE


def test_a_job_that_was_killed_with_its_run_is_the_only_one_to_be_run_again(gated: Gated) -> None:
    first = gated.start()
    gated.wait_for_arrival(first)
    first.kill()
    first.communicate()
    os.kill(gated.gate_process(), signal.SIGKILL)
    second = gated.start()
    gated.wait_for_arrival(second)
    gated.open()
    finish(second)
    assert gated.executions() == {**ONCE, 100: 2}


def test_control_c_leaves_the_running_job_alone_and_says_so(gated: Gated) -> None:
    first = gated.start()
    gated.wait_for_arrival(first)
    first.send_signal(signal.SIGINT)
    output, _ = first.communicate()
    assert first.returncode != 0
    assert "running" in output
    second = gated.start()
    gated.open()
    finish(second)
    assert gated.executions() == ONCE

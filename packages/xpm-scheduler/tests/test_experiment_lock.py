from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from xpm_scheduler.errors import ExperimentLocked
from xpm_scheduler.experiment_lock import hold_experiment
from xpm_scheduler.workspace import ExperimentWorkspace, open_workspace

_HOLDER = """
import sys
from pathlib import Path
from xpm_store.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def workspace(tmp_path: Path) -> ExperimentWorkspace:
    workspace = open_workspace(tmp_path, None)
    workspace.open()
    return workspace


def test_who_holds_the_experiment_is_told(workspace: ExperimentWorkspace) -> None:
    lock = workspace.layout.experiment("x").lock
    command = [sys.executable, "-c", _HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ExperimentLocked, match=f"process {holder.pid} on ") as caught:
            hold_experiment(workspace, "x", 0).__enter__()
        assert caught.value.owner is not None
        with pytest.raises(ExperimentLocked, match=r"within 0\.01 s"):
            hold_experiment(workspace, "x", 0.01).__enter__()
        holder.communicate()
    with hold_experiment(workspace, "x", 0):
        pass


def test_the_end_of_the_other_run_is_waited_for(workspace: ExperimentWorkspace) -> None:
    entered = threading.Event()
    with hold_experiment(workspace, "x", None):

        def other() -> None:
            with hold_experiment(workspace, "x", None):
                entered.set()

        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.is_set()
    assert entered.wait(10)
    thread.join()


def test_a_thread_that_would_wait_for_itself_is_told_so(workspace: ExperimentWorkspace) -> None:
    with (
        hold_experiment(workspace, "x", None),
        pytest.raises(ExperimentLocked, match=f"process {os.getpid()} .* this very thread"),
    ):
        hold_experiment(workspace, "x", None).__enter__()


def test_the_lock_is_released_when_the_block_fails(workspace: ExperimentWorkspace) -> None:
    with pytest.raises(ZeroDivisionError), hold_experiment(workspace, "x", 0):
        raise ZeroDivisionError
    with hold_experiment(workspace, "x", 0):
        pass

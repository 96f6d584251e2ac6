from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from xpm_scheduler.launchers.conformance import SampleJob
from xpm_scheduler.launchers.script import search_path, write_script


def by_hand(job: SampleJob, *command: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a person does, from another folder and without our variables."""
    launch = job.write()
    write_script(job.folder, launch.environment, launch.python_path)
    return subprocess.run(
        command or [str(job.folder.script)],
        cwd="/",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )


def test_a_person_can_run_the_script_and_it_does_all_that_the_job_does(tmp_path: Path) -> None:
    job = SampleJob(
        tmp_path,
        "import os\nprint(os.environ['A'], os.getcwd())",
        environment={"A": 'it\'s "quoted" \\ and {braced}'},
    )
    ended = by_hand(job)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f'it\'s "quoted" \\ and {{braced}} {job.folder.path}\n'
    assert job.folder.done.exists()


def test_a_job_that_is_done_is_not_run_again_by_hand(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "print('ran')")
    assert by_hand(job).stdout == "ran\n"
    again = by_hand(job)
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.parametrize("name", ["Inspect", "Json", "Queue", "Random", "Os", "Sys", "Logging"])
def test_a_task_may_have_the_name_of_a_standard_module(tmp_path: Path, name: str) -> None:
    module = "import inspect, json, queue, random\njson.dumps, queue.Queue, random.random"
    ended = by_hand(SampleJob(tmp_path, "print('ran')", name=name, module=module))
    assert ended.stdout == "ran\n", ended.stderr


def test_also_when_python_is_given_the_script(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "import random\nprint(random.random() < 1)", name="Random")
    ended = by_hand(job, sys.executable, str(job.folder.script))
    assert ended.stdout == "True\n", ended.stderr


def test_an_interpreter_in_a_folder_with_spaces_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = tmp_path / "my python's" / "python"
    interpreter.parent.mkdir()
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    ended = by_hand(SampleJob(tmp_path, "print('ran')"))
    assert ended.stdout == "ran\n", ended.stderr


def test_a_script_that_is_imported_does_nothing(tmp_path: Path) -> None:
    job = SampleJob(tmp_path, "print('ran')")
    launch = job.write()
    write_script(job.folder, launch.environment, launch.python_path)
    program = f"import runpy; runpy.run_path({str(job.folder.script)!r}, run_name='__mp_main__')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert not job.folder.done.exists()


def test_the_search_path_is_absolute_and_says_each_folder_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = search_path([Path("src"), Path("/lib")], f"src{os.pathsep}{os.pathsep}/other")
    assert found == [str(tmp_path / "src"), "/lib", "/other"]

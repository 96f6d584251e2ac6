"""`deprecated`: jobs of a class that another one replaced are found, told and linked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import program
import pytest

BEFORE = """
from xpm_config import Param, Task
class Old(Task):
    x: Param[int]
    def execute(self): pass
"""
AFTER = """
from xpm_config import Param, Task, deprecate
class New(Task):
    x: Param[int]
    def execute(self): pass
@deprecate
class Old(New): pass
"""
RUN = """
import sys
from tasks import {name}
from xpm_scheduler import experiment
if __name__ == "__main__":
    with experiment(sys.argv[1], "study") as xp:
        {name}.C(x=1).submit()
        xp.wait()
    print(*[job.starttime is None for job in xp.jobs.values()])
"""


@pytest.fixture
def project(tmp_path: Path, home: Path) -> Path:
    """A project whose class `Old` became `New` after a run."""
    (tmp_path / "tasks.py").write_text(BEFORE)
    run(tmp_path, home, "Old")
    (tmp_path / "tasks.py").write_text(AFTER)
    return tmp_path


def run(project: Path, home: Path, name: str) -> str:
    (project / "main.py").write_text(RUN.format(name=name))
    done = subprocess.run(
        [sys.executable, "main.py", "w"],
        cwd=project,
        env=program.environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def deprecated(project: Path, home: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return program.run("deprecated", *argv, "--workdir", "w", home=home, cwd=project)


def test_jobs_are_listed_then_linked_and_not_run_again(project: Path, home: Path) -> None:
    shown = deprecated(project, home, "list")
    assert shown.returncode == 0
    assert shown.stdout.startswith("tasks.old/")
    assert " → tasks.new/" in shown.stdout
    assert not (project / "w" / "jobs" / "tasks.new").exists()

    (job,) = json.loads(deprecated(project, home, "list", "--json").stdout)
    assert (job["task_id"], job["new_task_id"]) == ("tasks.old", "tasks.new")

    fixed = deprecated(project, home, "list", "--fix")
    assert "(linked)" in fixed.stdout
    assert (project / "w" / "jobs" / "tasks.new" / job["new_job_id"] / "new.done").exists()
    assert run(project, home, "New") == "True"
    assert deprecated(project, home, "list", "--fix").returncode == 0


def test_the_two_identities_of_a_job_are_shown(project: Path, home: Path) -> None:
    told = deprecated(project, home, "diff", "old").stdout.splitlines()

    assert [line.split("/")[0] for line in told] == ["stored:   tasks.old", "computed: tasks.new"]


def test_a_workspace_in_order_says_so_and_a_class_that_is_gone_is_told(
    project: Path, home: Path
) -> None:
    (project / "tasks.py").write_text(BEFORE)
    same = deprecated(project, home, "list")
    (project / "tasks.py").write_text("")
    gone = deprecated(project, home, "list")
    diff = deprecated(project, home, "diff", "old")

    assert same.stdout == "Every job has the identifier that the present code computes.\n"
    assert (gone.returncode, diff.returncode) == (1, 1)
    assert "cannot be read" in gone.stdout
    assert "cannot be read with the present code" in diff.stderr

"""A user's script: its tasks are defined in the script itself. Arguments: ROOT JOBS NAME."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from xpm_config.fields import Meta, Param, field
from xpm_config.tasks import Task
from xpm_scheduler import Job, Listener, experiment


class Work(Task):
    """Says that it ran; one that has a gate waits there first."""

    number: Param[int]
    after: Param[list[Task]] = field(default_factory=list)
    root: Meta[Path]
    gated: Meta[bool] = field(default=False)

    def execute(self) -> None:
        with (self.root / "log.txt").open("a") as log:
            log.write(f"{self.number}\n")
        if self.gated:
            with (self.root / "started").open("w") as started:
                started.write("started")
            (self.root / "gate").read_bytes()


def say(what: object) -> None:
    """Prints a line in one write: two threads print, and `print` writes twice."""
    os.write(1, f"{what}\n".encode())


class Tell(Listener):
    """Prints a line for each job that has ended."""

    def on_job_state_changed(self, job: Job) -> None:
        if job.state.finished():
            say(job.state)


def main(root: Path, count: int, name: str) -> None:
    """Submits one job that waits, and `count` others in a graph with some depth."""
    with experiment(root / "work", name, project_paths=[root]) as xp:
        xp.scheduler.addlistener(Tell())
        token = xp.token("shared", 2)
        tasks: list[Task] = []
        if (root / "gate").exists():
            tasks.append(Work.C(number=-1, root=root, gated=True).submit())
        for number in range(count):
            after = [tasks[-3]] if number % 3 == 2 and len(tasks) > 3 else []
            task = Work.C(number=number, after=after, root=root)
            tasks.append((token(1, task) if number % 4 == 1 else task).submit())
        say("submitted")
    say(xp.status)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

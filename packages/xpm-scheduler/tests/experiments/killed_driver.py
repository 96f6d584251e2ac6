"""A script whose jobs, templates and self are killed at random. Arguments: ROOT JOBS."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from xpm_config.fields import Meta, Param, field
from xpm_config.tasks import Task
from xpm_scheduler import Job, Listener, experiment


class Work(Task):
    """Says that it begins and that it ends, with the number of its process."""

    number: Param[int]
    after: Param[list[Task]] = field(default_factory=list)
    root: Meta[Path]

    def execute(self) -> None:
        self.say("begun")
        digest = b""
        for _ in range(3000):
            digest = hashlib.sha256(digest).digest()
        self.say("ended")

    def say(self, what: str) -> None:
        with (self.root / what).open("a") as log:
            log.write(f"{self.number} {os.getpid()}\n")


class Tell(Listener):
    """Prints a line for each job that has ended."""

    def on_job_state_changed(self, job: Job) -> None:
        if job.state.finished():
            os.write(1, f"{job.state}\n".encode())


def main(root: Path, count: int) -> None:
    """Submits jobs of which each tenth waits for the one before it."""
    with experiment(root / "work", "killed", project_paths=[root]) as xp:
        xp.scheduler.addlistener(Tell())
        tasks: list[Task] = []
        for number in range(count):
            after = tasks[-1:] if number % 10 == 9 else []
            tasks.append(Work.C(number=number, after=after, root=root).submit())
    os.write(1, f"run: {xp.status}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

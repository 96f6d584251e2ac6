"""DynamicLauncher: launchers chosen by priority, or drawn in proportion to it."""

import os
import sys
from pathlib import Path

from xpm_config import Meta, Param, PathGenerator, Task, field
from xpm_scheduler import DirectLauncher, experiment
from xpm_scheduler.launchers.dynamic import DynamicLauncher


class Where(Task):
    number: Param[int]
    path: Meta[Path] = field(default_factory=PathGenerator("where.txt"))

    def execute(self):
        self.path.write_text(f"{os.environ['QUEUE']} {os.environ['CLUSTER']}")


def main(workspace):
    fast, slow = DirectLauncher(priority=9), DirectLauncher(priority=1)
    fast.setenv("QUEUE", "fast")
    slow.setenv("QUEUE", "slow")
    submitted = []
    fast.addListener(submitted.append)
    best = DynamicLauncher([slow, fast])
    best.setenv("CLUSTER", "mine")
    drawn = DynamicLauncher([slow, fast], sample=True)
    drawn.setenv("CLUSTER", "mine")
    with experiment(workspace, "where", launcher=best):
        task = Where.C(number=0).submit()
        others = [Where.C(number=number).submit(launcher=drawn) for number in range(1, 9)]
    assert task.path.read_text() == "fast mine"
    queues = [other.path.read_text().split()[0] for other in others]
    assert set(queues) <= {"fast", "slow"}
    assert len(submitted) == 1 + queues.count("fast")


if __name__ == "__main__":
    main(sys.argv[1])

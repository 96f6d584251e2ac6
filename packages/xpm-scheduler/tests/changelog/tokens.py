"""Tokens: tasks that share a resource, never more than there is."""

import sys
from pathlib import Path

from xpm_config import Meta, Param, Task
from xpm_scheduler import experiment


class Train(Task):
    number: Param[int]
    log: Meta[Path]

    def execute(self):
        for word in ("begins", "ends"):
            with self.log.open("a") as log:
                log.write(f"{word}\n")


def main(workspace):
    log = Path(workspace) / "log.txt"
    with experiment(workspace, "train") as xp:
        gpu = xp.token("gpu", 1)
        for number in range(3):
            gpu(1, Train.C(number=number, log=log)).submit()
        task = Train.C(number=3, log=log)
        task.add_dependencies(gpu.dependency(1))
        task.submit()
    assert log.read_text().split() == ["begins", "ends"] * 4


if __name__ == "__main__":
    main(sys.argv[1])

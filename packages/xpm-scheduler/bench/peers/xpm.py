"""This project: a process per job, forked from a template (`XPM_WARM=0`: started cold)."""

import sys
from pathlib import Path

from xpm_config.fields import Param, field
from xpm_config.tasks import Task
from xpm_scheduler import experiment


class Write(Task):
    number: Param[int]
    after: Param[list[Task]] = field(default_factory=list)

    def execute(self) -> None:
        with open("result", "w") as result:  # noqa: PTH123
            result.write(str(self.number))


def main(shape: str, count: int, folder: Path) -> None:
    tasks: list[Task] = []
    with experiment(folder / "work", "bench") as xp:
        for number in range(count):
            after = tasks[-1:] if shape == "chain" else []
            tasks.append(Write.C(number=number, after=after).submit())
    assert str(xp.status) == "done", xp.status


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))

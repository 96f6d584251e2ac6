"""Transient Tasks: run when something needs them, and removed when it is done, if so asked."""

import sys
from pathlib import Path

from experimaestro import Param, Task, TransientMode, experiment


class Preprocess(Task):
    size: Param[int]

    def execute(self) -> None:
        Path("executed").touch()


class Use(Task):
    data: Param[Preprocess]

    def execute(self) -> None:
        Path("executed").touch()


if __name__ == "__main__":
    with experiment(sys.argv[1], "transient"):
        unneeded = Preprocess.C(size=1).submit(transient=TransientMode.TRANSIENT)
        kept = Preprocess.C(size=2).submit(transient=TransientMode.TRANSIENT)
        removed = Preprocess.C(size=3).submit(transient=TransientMode.REMOVE)
        users = [Use.C(data=data).submit() for data in (kept, removed)]

    assert not (unneeded.job.path / "executed").exists()
    assert (kept.job.path / "executed").exists()
    assert not removed.job.path.exists()
    assert all((user.job.path / "executed").exists() for user in users)

"""Partial identifiers: runs that differ in their number of iterations share their checkpoint."""

import sys
from pathlib import Path

from xpm_config import Meta, Param, PathGenerator, ResumableTask, field, param_group, partial
from xpm_scheduler import experiment

iterations = param_group("iterations")


class Learn(ResumableTask):
    lr: Param[float]
    max_iterations: Param[int] = field(groups=[iterations])
    checkpoints = partial(exclude_groups=[iterations])
    checkpoint: Meta[Path] = field(
        default_factory=PathGenerator("checkpoint.txt", partial=checkpoints)
    )
    began: Meta[Path] = field(default_factory=PathGenerator("began.txt"))

    def execute(self):
        done = int(self.checkpoint.read_text()) if self.checkpoint.exists() else 0
        self.began.write_text(str(done))
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        for iteration in range(done, self.max_iterations):
            self.checkpoint.write_text(str(iteration + 1))


def main(workspace):
    with experiment(workspace, "learn"):
        short = Learn.C(lr=1e-3, max_iterations=10).submit()
        short.job.wait()
        long = Learn.C(lr=1e-3, max_iterations=100).submit()
    assert short.checkpoint == long.checkpoint
    assert long.began.read_text() == "10"
    assert long.checkpoint.read_text() == "100"


if __name__ == "__main__":
    main(sys.argv[1])

"""Resumable Tasks: one that stops for lack of time is started again, and goes on where it was."""

import sys
from pathlib import Path

from experimaestro import (
    GracefulTimeout,
    Meta,
    Param,
    PathGenerator,
    ResumableTask,
    experiment,
    field,
)


def load_checkpoint(path: Path) -> int:
    return int(path.read_text())


def save_checkpoint(path: Path, epoch: int) -> None:
    path.write_text(str(epoch))


class LongTraining(ResumableTask):
    epochs: Param[int] = field(default=1000)
    checkpoint: Meta[Path] = field(default_factory=PathGenerator("checkpoint.pth"))

    def execute(self) -> None:
        start_epoch = load_checkpoint(self.checkpoint) if self.checkpoint.exists() else 0
        print(f"from {start_epoch}")
        for epoch in range(start_epoch, self.epochs):
            remaining = self.remaining_time()  # no limit on this machine
            if remaining is not None or (start_epoch == 0 and epoch == 2):
                save_checkpoint(self.checkpoint, epoch)
                raise GracefulTimeout("Not enough time for another epoch")
        save_checkpoint(self.checkpoint, self.epochs)


if __name__ == "__main__":
    with experiment(sys.argv[1], "resumable"):
        training = LongTraining.C(epochs=5).submit()

    assert load_checkpoint(training.checkpoint) == 5
    assert training.job.stdout.read_text() == "from 2\n"
    (rotated,) = training.job.path.glob("longtraining.*.out")
    assert rotated.read_text() == "from 0\n"

"""The published sample of dynamic task outputs, completed with what it leaves out."""

import sys
from pathlib import Path

from xpm_config import (
    Config,
    DependentMarker,
    Meta,
    Param,
    PathGenerator,
    ResumableTask,
    Task,
    field,
)
from xpm_scheduler import experiment


class Model(Config):
    size: Param[int]


class Checkpoint(Config):
    model: Param[Model]
    step: Param[int]


class Evaluate(Task):
    checkpoint: Param[Checkpoint]
    result: Meta[Path] = field(default_factory=PathGenerator("result.txt"))

    def execute(self):
        self.result.write_text(str(self.checkpoint.step))


def train_step():
    pass


# --- the sample


class Validation(Config):
    model: Param[Model]

    def checkpoint(self, dep: DependentMarker, *, step: int) -> Checkpoint:
        # dep() marks the output as depending on the producing task,
        # so different learning rates produce different checkpoint identifiers
        return dep(Checkpoint.C(model=self.model, step=step))

    def compute(self, step: int):
        self.register_task_output(self.checkpoint, step=step)


class Learn(ResumableTask):
    model: Param[Model]
    validation: Param[Validation]

    def execute(self):
        for step in range(100):
            train_step()
            if step % 10 == 0:
                self.validation.compute(step)  # Signals output, triggers callbacks


def main(workspace):
    evaluations = []
    model = Model.C(size=3)
    validation = Validation.C(model=model)
    with experiment(workspace, "learn"):
        # Register a callback and submit
        def on_checkpoint(checkpoint: Checkpoint):
            evaluations.append(Evaluate.C(checkpoint=checkpoint).submit())

        learn = Learn.C(model=model, validation=validation)
        learn.watch_output(validation.checkpoint, on_checkpoint)
        learn.submit()
    assert [int(task.result.read_text()) for task in evaluations] == list(range(0, 100, 10))
    assert len({task.__xpm__.identifier.all for task in evaluations}) == 10


if __name__ == "__main__":
    main(sys.argv[1])

from pathlib import Path

from xpm_config import Config, DependentMarker, Param, ResumableTask


class Checkpoint(Config):
    step: Param[int]


class Validation(Config):
    def checkpoint(self, dep: DependentMarker, *, step: int) -> Checkpoint:
        reveal_type(dep(Checkpoint.C(step=step)))  # R: Checkpoint
        return dep(Checkpoint.C(step=step))


class Learn(ResumableTask):
    validation: Param[Validation]

    def execute(self) -> None:
        self.register_task_output(self.validation.checkpoint, step=1)
        reveal_type(self.remaining_time())  # R: float | None


def evaluate(checkpoint: Checkpoint) -> None: ...


validation = Validation.C()
learn = Learn.C(validation=validation)
reveal_type(learn.watch_output(validation.checkpoint, evaluate))  # R: Learn

"""The tasks that the tests run in real processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from xpm_config.config import Config
from xpm_config.errors import GracefulTimeout
from xpm_config.fields import Meta, Param, PathGenerator, field, partial
from xpm_config.prepare import Prepare
from xpm_config.submission import SubmitHook
from xpm_config.tasks import ResumableTask, Task


def log(path: Path, line: str) -> None:
    """Adds a line in one write: jobs write at the same time."""
    with path.open("a") as file:
        file.write(f"{line}\n")


class Step(Task):
    """Says in a log that it ran."""

    name: Param[str]
    after: Param[list[Task]] = field(default_factory=list)
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, self.name)


class Fail(Task):
    """Fails, after it said so."""

    name: Param[str]
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, self.name)
        raise ValueError("this one cannot work")


class FailUntil(Task):
    """Fails as long as a file is not there."""

    file: Meta[Path]
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, "tried")
        assert self.file.exists(), "the file is not there yet"


class Gate(Task):
    """Says that it started, then waits until it is let through: `started` and `gate` are FIFOs."""

    name: Param[str]
    started: Meta[Path]
    gate: Meta[Path]
    log: Meta[Path]

    def execute(self) -> None:
        with self.started.open("w") as file:
            file.write(f"{self.name}\n")
        self.gate.read_bytes()
        log(self.log, self.name)


class Die(Task):
    """Kills its own process."""

    number: Param[int]

    def execute(self) -> None:
        os.kill(os.getpid(), self.number)


class Leave(Task):
    """Ends its own process without a word."""

    code: Param[int]

    def execute(self) -> None:
        os._exit(self.code)


class Resume(ResumableTask):
    """Does one step per start, and asks for more time until all are done."""

    steps: Param[int]
    done: Meta[Path] = field(default_factory=PathGenerator("steps.txt"))

    def execute(self) -> None:
        log(self.done, "step")
        if len(self.done.read_text().splitlines()) < self.steps:
            raise GracefulTimeout("one step at a time")


class SetVariable(SubmitHook):
    """Sets a variable in the jobs of the tasks that use a class."""

    def spec(self) -> str:
        return "variable"

    def process(self, job: Any, launcher: Any) -> None:
        job.environ["FROM_HOOK"] = job.name


@SetVariable()
class Environment(Task):
    """Writes what it finds around it."""

    out: Meta[Path] = field(default_factory=PathGenerator("environment.txt"))

    def execute(self) -> None:
        lines = [f"{name}={value}" for name, value in os.environ.items()]
        self.out.write_text("\n".join([f"cwd={Path.cwd()}", *lines]))


class Model(Config):
    """What a training gives."""

    path: Param[Path]


class Train(Task):
    """Gives a model, that others may use."""

    model: Meta[Path] = field(default_factory=PathGenerator("model.txt"))

    def task_outputs(self, dep: Any) -> Any:
        return dep(Model.C(path=self.model))

    def execute(self) -> None:
        self.model.write_text("weights")


class Use(Task):
    """Reads the model of a training."""

    model: Param[Model]

    def execute(self) -> None:
        assert self.model.path.read_text() == "weights"


class Busy(Task):
    """Says when it begins and when it ends."""

    name: Param[str]
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, "begins")
        log(self.log, "ends")


class Checkpointed(Task):
    """Shares a folder with those that differ in their number of steps."""

    steps: Param[int] = field(groups=["budget"])
    checkpoints = partial(exclude_groups=["budget"])
    folder: Meta[Path] = field(default_factory=PathGenerator("steps", partial=checkpoints))
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, "begins")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        log(self.folder, str(self.steps))
        log(self.log, "ends")


class Checkpoint(Config):
    """What a training gives while it runs."""

    step: Param[int]


class Validation(Config):
    """Announces checkpoints."""

    def checkpoint(self, dep: Any, *, step: int) -> Any:
        return dep(Checkpoint.C(step=step))

    def compute(self, step: int) -> None:
        self.register_task_output(self.checkpoint, step=step)


class Learn(ResumableTask):
    """Announces a checkpoint, waits to be let through if it is asked to, announces more."""

    validation: Param[Validation]
    steps: Param[int]
    attempts: Param[int] = field(default=1)
    gate: Meta[Path | None] = field(default=None)
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, "learns")
        self.validation.compute(0)
        if self.gate is not None:
            self.gate.read_bytes()
        for step in range(1, self.steps):
            self.validation.compute(step)
        if self.log.read_text().splitlines().count("learns") < self.attempts:
            raise GracefulTimeout("again")


class Evaluate(Task):
    """Uses a checkpoint."""

    checkpoint: Param[Checkpoint]
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, f"evaluates {self.checkpoint.step}")


class Download(Prepare):
    """Says in a log in which process it ran."""

    name: Param[str]
    log: Meta[Path]

    def prepare(self) -> None:
        log(self.log, f"downloaded in {os.getpid()}")


class UsePrepared(Task):
    """Needs what was prepared."""

    name: Param[str]
    data: Param[Download]
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, self.name)


class Layer(Config):
    """A part of a model."""

    size: Param[int]


class Fit(Task):
    """Has parameters of several kinds."""

    lr: Param[float]
    layer: Param[Layer]
    seed: Param[int]
    log: Meta[Path]

    def execute(self) -> None:
        log(self.log, "fit")

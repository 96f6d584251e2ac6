"""Steps that count their executions, before and after a gate that a test opens."""

from pathlib import Path

from experimaestro import Meta, Param, Task, field, tag
from experimaestro.experiments import ConfigurationBase, ExperimentHelper, configuration


class Step(Task):
    """Leaves a line in its folder each time it is executed."""

    index: Param[int]
    needs: Param[list[Task]] = field(default_factory=list)

    def execute(self) -> None:
        with Path("executions").open("a") as file:
            file.write(f"{self.index}\n")


class Gate(Step):
    """Tells through a named pipe that it runs, and ends when another one says so."""

    arrived: Meta[Path]
    opened: Meta[Path]

    def execute(self) -> None:
        super().execute()
        self.arrived.write_text("here\n")
        self.opened.read_text()


class Broken(Step):
    """Says why, and fails."""

    def execute(self) -> None:
        super().execute()
        raise ValueError(f"step {self.index} is broken")


@configuration()
class Steps(ConfigurationBase):
    """How many steps there are, and where the pipes of the gate are, if there is one."""

    count: int
    gate: Path | None = None
    broken: bool = False


def run(helper: ExperimentHelper, cfg: Steps) -> None:
    """Submits `count` steps, the gate that needs them all, and `count` steps that need it."""
    before: list[Task] = [Step.C(index=index).submit() for index in range(cfg.count)]
    middle: Task = Step.C(index=100, needs=before)
    if cfg.gate is not None:
        pipes = {name: cfg.gate / name for name in ("arrived", "opened")}
        middle = Gate.C(index=100, needs=before, **pipes)
    elif cfg.broken:
        middle = Broken.C(index=100, needs=before)
    middle.submit()
    for index in range(cfg.count):
        Step.C(index=tag(200 + index), needs=[middle]).submit()

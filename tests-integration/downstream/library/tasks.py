"""What is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xpm_config import (
    Action,
    Config,
    DependentMarker,
    Interaction,
    Meta,
    Param,
    PathGenerator,
    ResumableTask,
    Task,
    field,
    tqdm,
)

from library.data import Assessments, Documents, Split
from library.models import Checkpoint, Scorer


class Optimizer(Config):
    """How weights are changed."""

    rate: Param[float] = field(default=1e-3)
    steps: Param[int]


class Index(Task):
    """Indexes documents."""

    documents: Param[Documents]
    folder: Meta[Path] = field(default_factory=PathGenerator("index"))

    def execute(self) -> None:
        self.folder.mkdir()
        for number, document in enumerate(tqdm(self.documents)):
            (self.folder / f"{number}.txt").write_text(document, encoding="utf-8")


class Train(ResumableTask):
    """Trains a scorer; gives its last checkpoint."""

    scorer: Param[Scorer]
    optimizer: Param[Optimizer]
    split: Param[Split[Assessments]]
    path: Meta[Path] = field(default_factory=PathGenerator("weights.bin"))

    def checkpoint(self, dep: DependentMarker, *, step: int) -> Checkpoint:
        return dep(Checkpoint.C(scorer=self.scorer, step=step, path=self.path))

    def task_outputs(self, dep: DependentMarker) -> Checkpoint:
        return self.checkpoint(dep, step=self.optimizer.steps)

    def execute(self) -> None:
        for step in tqdm(range(self.optimizer.steps)):
            self.path.write_bytes(bytes(step))


class Publish(Action):
    """Publishes a checkpoint, once the experiment has ended."""

    checkpoint: Param[Checkpoint]

    def describe(self) -> str:
        return f"publish step {self.checkpoint.step}"

    def execute(self, interaction: Interaction) -> None:
        interaction.checkbox("sure", "Publish?")


class Evaluate(Task):
    """Measures a checkpoint."""

    checkpoint: Param[Checkpoint]
    assessments: Param[Assessments]

    def __submit__(self, dep: DependentMarker, add_action: Any) -> Path:
        return Path("results.json")

    def execute(self) -> None: ...

"""Models, their parts, and how they are loaded."""

from __future__ import annotations

from pathlib import Path

from xpm_config import (
    Config,
    Constant,
    LightweightTask,
    Meta,
    Param,
    deprecate,
    field,
    initializer,
)


class Encoder(Config):
    """Turns a text into numbers."""

    dimension: Param[int]
    version: Constant[int] = 2

    def encode(self, text: str) -> list[float]:
        raise TypeError("an encoder defines encode()")


class Hashing(Encoder):
    """Counts words by their hash."""

    def encode(self, text: str) -> list[float]:
        counts = [0.0] * self.dimension
        for word in text.split():
            counts[hash(word) % self.dimension] += 1
        return counts


class Averaging(Encoder):
    """Averages what other encoders give."""

    encoders: Param[list[Encoder]]

    def encode(self, text: str) -> list[float]:
        columns = zip(*(encoder.encode(text) for encoder in self.encoders), strict=True)
        return [sum(column) / len(self.encoders) for column in columns]


class Scorer(Config):
    """Gives a score to a document for a question."""

    encoder: Param[Encoder]
    bias: Param[float | None]
    device: Meta[str] = field(default="cpu")

    @initializer
    def weights(self) -> list[float]:
        return [1.0] * self.encoder.dimension

    def score(self, question: str, document: str) -> float:
        both = zip(self.encoder.encode(question), self.encoder.encode(document), strict=True)
        return sum(w * a * b for w, (a, b) in zip(self.weights(), both, strict=True))


@Scorer.value_class()
class FastScorer(Scorer):
    """The scorer as it runs."""


@deprecate()
class DotProduct(Scorer):
    """The older name of the scorer."""


class Checkpoint(Config):
    """A scorer as it was at some step."""

    scorer: Param[Scorer]
    step: Param[int]
    path: Meta[Path]


class LoadCheckpoint(LightweightTask):
    """Loads a checkpoint, before a task that needs it."""

    checkpoint: Param[Checkpoint]

    def execute(self) -> None:
        self.checkpoint.path.read_bytes()

"""What only the mypy plugin knows: optional parameters without default, `@`, direct calls."""

from __future__ import annotations

from library.models import Checkpoint, Encoder, FastScorer, Hashing, Scorer
from library.tasks import Optimizer, Publish


def compose(encoder: Encoder) -> Scorer:
    return Scorer.C() @ Hashing.C(dimension=8) if encoder.dimension else Scorer.C() @ encoder


def value_class() -> type[FastScorer]:
    return FastScorer.C


def mistakes(checkpoint: Checkpoint, scorer: Scorer) -> None:
    Publish.C() @ checkpoint
    Publish.C() @ scorer  # error
    Hashing(dimension=8)  # error
    Optimizer.C(steps=1) @ checkpoint  # error
    Hashing.C(dimension=8, version=3)  # error

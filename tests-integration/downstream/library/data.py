"""Collections of documents, and what is drawn from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

from xpm_config import Config, DataPath, Meta, Param, Prepare, cache, field

T = TypeVar("T", bound=Config)


class Documents(Config):
    """A collection of documents."""

    path: DataPath
    language: Param[str] = field(default="en", ignore_default=True)

    def __iter__(self) -> Iterator[str]:
        yield from self.path.read_text(encoding="utf-8").splitlines()

    @cache("length.txt")
    def length(self, path: Path) -> int:
        """How many documents there are."""
        if not path.exists():
            path.write_text(str(sum(1 for _ in self)), encoding="utf-8")
        return int(path.read_text(encoding="utf-8"))


class Compressed(Documents):
    """A collection in a compressed file."""

    level: Param[int] = field(default=9)


class Sampled(Documents):
    """Some of the documents of a collection."""

    source: Param[Documents]
    fraction: Param[float] = field(default=0.1)


class Downloaded(Prepare):
    """A file that is downloaded before the jobs that need it."""

    url: Param[str]
    target: Meta[Path]

    def prepare(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)


class Topics(Config):
    """Questions."""

    texts: Param[list[str]]


class Split(Config, Generic[T]):
    """What is kept for training, and what for testing."""

    train: Param[T]
    test: Param[T]
    seed: Param[int] = field(default=1)


class Assessments(Config):
    """Which documents answer which questions."""

    documents: Param[Documents]
    topics: Param[Topics]
    grades: Param[dict[str, dict[str, int]]]

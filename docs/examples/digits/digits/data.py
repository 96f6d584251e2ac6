"""The data: the 1,797 handwritten digits that ship inside scikit-learn, and how they are split."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from experimaestro import Config, Param, field
from numpy.typing import NDArray


class Split(Config):
    """Which images a model learns from, and which ones it is judged on."""

    seed: Param[int]
    """Shuffles the images before they are split"""

    test_fraction: Param[float] = field(default=0.25, ignore_default=True)
    """The share of the images that is kept for the evaluation, between 0 and 1"""


@dataclass(frozen=True, slots=True)
class Samples:
    """Images as rows of 64 intensities between 0 and 1, and the digit that each one shows."""

    images: NDArray[np.float64]
    labels: NDArray[np.int64]

    def write(self, path: Path) -> None:
        """Writes the samples to a file that ends in `.npz`."""
        np.savez(path, images=self.images, labels=self.labels)

    @classmethod
    def read(cls, path: Path) -> "Samples":
        """Reads the samples that `write` wrote."""
        with np.load(path) as arrays:
            return cls(images=arrays["images"], labels=arrays["labels"])


def load_samples(split: Split) -> tuple[Samples, Samples]:
    """Returns the samples to learn from, and those to be judged on."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    train_images, test_images, train_labels, test_labels = train_test_split(
        images / 16,  # intensities are between 0 and 16
        labels,
        test_size=split.test_fraction,
        random_state=split.seed,
        stratify=labels,
    )
    return Samples(train_images, train_labels), Samples(test_images, test_labels)

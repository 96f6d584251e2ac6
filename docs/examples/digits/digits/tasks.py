"""The tasks: what is run, each one in its own process and its own folder.

A task runs once for given parameters: its results are found again by whoever needs them next.
"""

import csv
import json
import pickle
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from experimaestro import (
    GracefulTimeout,
    Meta,
    Param,
    PathGenerator,
    ResumableTask,
    Task,
    field,
    progress,
)

from digits.data import Samples, Split, load_samples
from digits.models import Classifier, Model


class Prepare(Task):
    """Splits the digits, and writes what models learn from and what they are judged on."""

    split: Param[Split]
    train: Meta[Path] = field(default_factory=PathGenerator("train.npz"))
    test: Meta[Path] = field(default_factory=PathGenerator("test.npz"))

    def execute(self) -> None:
        train, test = load_samples(self.split)
        train.write(self.train)
        test.write(self.test)


class Train(ResumableTask):
    """Trains a model, and keeps what it has learnt after every epoch.

    Stopped in the middle, by a time limit or by a crash, it goes on from its last epoch.
    """

    data: Param[Prepare]
    model: Param[Model]
    seed: Param[int]

    classifier: Meta[Path] = field(default_factory=PathGenerator("classifier.pickle"))
    """The trained classifier"""

    checkpoint: Meta[Path] = field(default_factory=PathGenerator("checkpoint.pickle"))
    """The classifier in training, and how many epochs it has seen"""

    def execute(self) -> None:
        samples = Samples.read(self.data.train)
        done, classifier = self._restore()
        for epoch in range(done, self.model.epoch_count):
            remaining_s = self.remaining_time()
            if remaining_s is not None and remaining_s < 10:
                raise GracefulTimeout(f"no time for another epoch than the first {epoch}")
            self.model.fit_epoch(classifier, samples)
            write_pickle(self.checkpoint, (epoch + 1, classifier))
            progress((epoch + 1) / self.model.epoch_count, desc="epochs")
        write_pickle(self.classifier, classifier)

    def _restore(self) -> tuple[int, Classifier]:
        """Returns how many epochs were done before, and the classifier they gave."""
        if not self.checkpoint.exists():
            return 0, self.model.build(self.seed)
        done, classifier = pickle.loads(self.checkpoint.read_bytes())
        print(f"resumed after {done} epochs")
        return done, classifier


class Evaluate(Task):
    """Measures the share of the test images that a trained model names rightly."""

    trained: Param[Train]
    metrics: Meta[Path] = field(default_factory=PathGenerator("metrics.json"))

    def execute(self) -> None:
        classifier: Classifier = pickle.loads(self.trained.classifier.read_bytes())
        samples = Samples.read(self.trained.data.test)
        right = classifier.predict(samples.images) == samples.labels
        self.metrics.write_text(json.dumps({"accuracy": float(right.mean())}))


@dataclass(frozen=True, slots=True)
class Summary:
    """The accuracy of a model at one strength of its regularisation, over all seeds."""

    model: str
    regularisation: float
    seeds: int
    accuracy_mean: float
    accuracy_std: float


class Report(Task):
    """Gathers what was measured in a table (CSV) and a plot (PNG)."""

    evaluations: Param[list[Evaluate]]
    table: Meta[Path] = field(default_factory=PathGenerator("accuracy.csv"))
    plot: Meta[Path] = field(default_factory=PathGenerator("accuracy.png"))

    def execute(self) -> None:
        summaries = self.summaries()
        self._write_table(summaries)
        self._draw_plot(summaries)

    def summaries(self) -> list[Summary]:
        """Returns mean and spread over the seeds, by model and regularisation."""
        accuracies = defaultdict[tuple[str, float], list[float]](list)
        for evaluation in self.evaluations:
            model = evaluation.trained.model
            accuracy = json.loads(evaluation.metrics.read_text())["accuracy"]
            accuracies[type(model).__name__, model.regularisation].append(accuracy)
        return [
            Summary(
                model=name,
                regularisation=regularisation,
                seeds=len(values),
                accuracy_mean=round(mean(values), 4),
                accuracy_std=round(stdev(values), 4) if len(values) > 1 else 0.0,
            )
            for (name, regularisation), values in sorted(accuracies.items())
        ]

    def _write_table(self, summaries: list[Summary]) -> None:
        columns = list(Summary.__dataclass_fields__)
        with self.table.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([getattr(row, name) for name in columns] for row in summaries)

    def _draw_plot(self, summaries: list[Summary]) -> None:
        from matplotlib.figure import Figure  # without pyplot: no display is looked for

        axes = (figure := Figure(figsize=(7, 4.5), layout="constrained")).add_subplot()
        for name in sorted({row.model for row in summaries}):
            rows = [row for row in summaries if row.model == name]
            axes.errorbar(
                [row.regularisation for row in rows],
                [row.accuracy_mean for row in rows],
                yerr=[row.accuracy_std for row in rows],
                label=name,
                marker="o",
                capsize=3,
            )
        axes.set(
            xscale="log", xlabel="regularisation", ylabel="accuracy (mean ± standard deviation)"
        )
        axes.set_title("Handwritten digits")
        axes.grid(alpha=0.3)
        axes.legend()
        figure.savefig(self.plot, dpi=150)


def write_pickle(path: Path, value: object) -> None:
    """Replaces a file at once: a crash leaves either the old content or the new one."""
    beside = path.with_suffix(".new")
    beside.write_bytes(pickle.dumps(value))
    beside.replace(path)

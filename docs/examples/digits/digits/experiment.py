"""The experiment: which tasks there are, and how they hang together."""

import shutil
from pathlib import Path

from experimaestro import stop_tags, tag
from experimaestro.experiments import ConfigurationBase, ExperimentHelper, configuration

from digits.data import Split
from digits.models import LogisticRegression, Model, Perceptron, SupportVectors
from digits.tasks import Evaluate, Prepare, Report, Train


@configuration()
class Study(ConfigurationBase):
    """What `experiment.yaml` says."""

    seeds: list[int]
    regularisation: list[float]
    test_fraction: float = 0.25
    hidden: int = 32
    epochs: int = 30


def models(study: Study) -> list[Model]:
    """Returns the three kinds of models, at each strength of regularisation."""
    return [
        model
        for strength in study.regularisation
        for model in (
            LogisticRegression.C(regularisation=tag(strength)).tag("model", "logistic"),
            SupportVectors.C(regularisation=tag(strength)).tag("model", "svm"),
            Perceptron.C(
                regularisation=tag(strength), hidden=study.hidden, epochs=study.epochs
            ).tag("model", "mlp"),
        )
    ]


def run(helper: ExperimentHelper, study: Study) -> None:
    """Trains every model on every split, judges each one, and reports."""
    evaluations = []
    for seed in study.seeds:
        data = Prepare.C(split=Split.C(seed=seed, test_fraction=study.test_fraction)).submit()
        for model in models(study):
            trained = Train.C(data=data, model=model, seed=tag(seed)).submit()
            evaluations.append(Evaluate.C(trained=trained).submit())

    report = Report.C(evaluations=stop_tags(evaluations))  # it has no model nor seed of its own
    report.on_completed(lambda: publish(report, helper.xp.resultspath))
    report.submit()


def publish(report: Report, results: Path) -> None:
    """Copies the table and the plot to the results of the run."""
    results.mkdir(parents=True, exist_ok=True)
    for path in (report.table, report.plot):
        shutil.copy(path, results)

"""The models: three kinds of classifiers, each with the strength of its regularisation.

scikit-learn is imported where a classifier is made, not at the top: the experiment, which only
describes models, then starts at once.
"""

from typing import Any, Protocol

from experimaestro import Config, Param, field

from digits.data import Samples


class Classifier(Protocol):
    """What is used of a scikit-learn classifier."""

    def fit(self, images: Any, labels: Any) -> Any: ...
    def predict(self, images: Any) -> Any: ...


class Model(Config):
    """A kind of classifier, trained epoch by epoch."""

    regularisation: Param[float]
    """How strongly large weights are punished: 0 is not at all"""

    @property
    def epoch_count(self) -> int:
        """The number of calls of `fit_epoch` that make a trained classifier."""
        return 1

    def build(self, seed: int) -> Classifier:
        """Returns a classifier that has learnt nothing; `seed` settles what is random in it."""
        raise TypeError(f"{type(self).__name__} does not say how it is built")

    def fit_epoch(self, classifier: Classifier, samples: Samples) -> None:
        """Learns from all samples once. Most classifiers then have nothing more to learn."""
        classifier.fit(samples.images, samples.labels)


class LogisticRegression(Model):
    """A linear classifier: one weight for each pixel and digit."""

    def build(self, seed: int) -> Classifier:
        from sklearn.linear_model import LogisticRegression

        classifier: Classifier = LogisticRegression(
            C=1 / self.regularisation, max_iter=1000, random_state=seed
        )
        return classifier


class SupportVectors(Model):
    """A support-vector machine with a radial kernel."""

    def build(self, seed: int) -> Classifier:
        from sklearn.svm import SVC

        classifier: Classifier = SVC(C=1 / self.regularisation, random_state=seed)
        return classifier


class Perceptron(Model):
    """A small neural network with one hidden layer, trained by gradient descent."""

    hidden: Param[int] = field(default=32, ignore_default=True)
    """The number of units in the hidden layer"""

    epochs: Param[int] = field(default=30, ignore_default=True)
    """How many times every image is seen"""

    @property
    def epoch_count(self) -> int:
        return self.epochs

    def build(self, seed: int) -> Classifier:
        from sklearn.neural_network import MLPClassifier

        classifier: Classifier = MLPClassifier(
            hidden_layer_sizes=(self.hidden,),
            alpha=self.regularisation,
            learning_rate_init=0.01,
            random_state=seed,
        )
        return classifier

    def fit_epoch(self, classifier: Any, samples: Samples) -> None:
        classifier.partial_fit(samples.images, samples.labels, classes=range(10))

"""A classifier for scikit-learn: numbers in, labels out, a network for the core in between."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from golden.integer.deep import classifier, deep_outputs
from golden.integer.forward import earliest
from golden.integer.layer import Int16, NetworkError
from golden.model.layer import Floats
from golden.tasks.classes.calibration import calibrated, nats_of
from golden.tasks.classes.card import card_of, read_card
from golden.tasks.classes.numbers import recipe_for, train_numbers
from golden.tasks.classes.progress import Progress
from golden.tasks.classes.quantiles import Quantiles
from golden.training.stop import StopRequest

from ..network import Network
from ..network import load as load_network
from ..system.progress import bar, shown

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data
except ImportError:
    raise ImportError("the estimators are scikit-learn's: pip install 'polychron[tasks]' (1.6 or newer)") from None


class LutClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network of one look-up-table layer, trained on numbers of any scale.

    Each input becomes the latency of a spike, its rank among the training part's in 240 steps; a missing one (NaN) spikes last. Tables
    compare inputs with one another and with quantiles. Rows are int4, summed as integers; the output that spikes first is the class.

    Parameters
    ----------
    tables : how many look-up tables, 1..1023.
    pairs : anchor pairs of each, 1..16: it has 2**pairs rows, of an entry a class.
    epochs : how often joint fitting looks at each sample; None: 10 to 100 times, so that it sees 200,000. Half as many follow with
        rounded tables.
    seconds : end the training after so long, and keep what is trained by then; None: no end.
    random_state : seed of the training, as scikit-learn takes it; the same seed and data make the same network.
    verbose : show progress, on a terminal.

    Attributes
    ----------
    network_ : the :class:`polychron.Network`: compile it for a board, save it, predict bit for bit what the core does.
    quantiles_ : the map from numbers to latencies.
    classes_, n_features_in_, feature_names_in_ : as in scikit-learn.
    stopped_ : whether ``seconds`` ended the training.
    """

    def __init__(
        self,
        *,
        tables: int = 64,
        pairs: int = 6,
        epochs: int | None = None,
        seconds: float | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.tables = tables
        self.pairs = pairs
        self.epochs = epochs
        self.seconds = seconds
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train on (samples, features) numbers, NaN where one is missing, and (samples,) labels of any type."""
        self._check_parameters()
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self.quantiles_ = Quantiles.fit(X)
        names = getattr(self, "feature_names_in_", None)
        card = card_of(self.quantiles_, self.classes_, names=names, parameters=self.get_params())
        seed = int(check_random_state(self.random_state).randint(1 << 31))
        recipe = recipe_for(len(X), tables=int(self.tables), pairs=int(self.pairs), epochs=self.epochs)
        minutes = None if self.seconds is None else min(self.seconds, 1e9) / 60
        with shown() if self.verbose else nullcontext(), bar(recipe.steps, unit="round") as line:
            tick = Progress(line, StopRequest(), minutes)  # not entered: Ctrl-C is the caller's
            trained = train_numbers(
                X, labels, recipe, quantiles=self.quantiles_, classes=len(self.classes_), seed=seed, card=card, tick=tick
            )
        self.stopped_ = trained.stopped
        self.network_ = Network(integer=trained.network, name="classifier")
        return self

    def latencies(self, X: Any) -> Int16:
        """(samples, features) numbers as the latencies that the network takes: ``network_.compile().classify(...)`` runs the gateware."""
        check_is_fitted(self)
        return self.quantiles_.latencies(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False))

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(samples,) labels: of the output that spikes first."""
        outputs = self._outputs(X)
        return self.classes_[earliest(outputs)]

    def decision_function(self, X: Any) -> Floats:
        """(samples, classes) nats, the larger the likelier, up to a sum for each sample; of two classes (samples,): of the second over the
        first."""
        nats = self._nats(X)
        return nats[:, 1] - nats[:, 0] if nats.shape[1] == 2 else nats

    def predict_proba(self, X: Any) -> Floats:
        """(samples, classes) probabilities: the softmax of the negative latencies of the outputs, at the temperature of a network that
        ``polychron train classify --calibrate`` has fitted one for."""
        nats = self._nats(X)
        return calibrated(nats, self.network_.integer.card)

    def save(self, path: Path | str) -> None:
        """Write a network file, which every command takes, with the map of the inputs, the labels and the parameters in its card."""
        check_is_fitted(self)
        if "labels" not in self.network_.integer.card:
            raise NetworkError(f"labels must be texts, truth values, or numbers of at most 64 bits to be saved, not {self.classes_.dtype}")
        self.network_.save(path)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """A classifier as :meth:`save` has left it. What else a file may be is a ``NetworkError`` of one sentence."""
        network = load_network(Path(path))
        try:
            integer = classifier(network.integer, name=network.name)
            fitted = read_card(integer.card, inputs=integer.n_in, outputs=integer.n_out)
        except NetworkError as error:
            raise NetworkError(f"{path}: {error}") from None
        known = cls().get_params()
        self = cls(**{name: value for name, value in fitted.parameters.items() if name in known})
        self.network_, self.quantiles_, self.classes_ = network, fitted.quantiles, fitted.labels
        self.n_features_in_, self.stopped_ = integer.n_in, False
        if fitted.names is not None:
            self.feature_names_in_ = np.array(fitted.names, object)
        return self

    def _check_parameters(self) -> None:
        for name, high in (("tables", 1023), ("pairs", 16), ("epochs", None), ("seconds", None)):
            value = getattr(self, name)
            if value is None and high is None:
                continue
            kind = (int, np.integer) if name != "seconds" else (int, float, np.integer, np.floating)
            if isinstance(value, bool) or not isinstance(value, kind) or not value >= (name != "seconds") or (high and value > high):
                limit = f"1..{high}" if high else "1 or more, or None" if name == "epochs" else "0 or more, or None"
                raise ValueError(f"{name} must be {limit}, not {value!r}")

    def _outputs(self, X: Any) -> Int16:
        x = self.latencies(X)
        return deep_outputs(classifier(self.network_.integer), x)

    def _nats(self, X: Any) -> Floats:
        outputs = self._outputs(X)
        return nats_of(classifier(self.network_.integer), outputs)

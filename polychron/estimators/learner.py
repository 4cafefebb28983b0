"""What the estimators share that learn what is known of samples: the parameters of their training."""

from typing import Any

from golden.tasks.fitting.learning import Learning
from golden.tasks.fitting.outputs.base import Answers, Learnt

from .base import LutEstimator
from .numbers import check_number


class LutLearner(LutEstimator):
    """A network of one look-up-table layer, fitted to what is known of samples: anchors by gain, then all tables together.

    Parameters
    ----------
    tables : how many look-up tables, 1..1023.
    pairs : anchor pairs of each, 1..16: it has 2**pairs rows, of an entry an output.
    epochs : how often joint fitting looks at each sample; None: of a classifier 10 to 100 times, so that it sees 200,000, of a regressor
        10 times. Half as many follow with rounded tables.
    seconds : end the training after so long, and keep what is trained by then; None: no end.
    random_state : seed of the training, as scikit-learn takes it; the same seed and data make the same network.
    verbose : show progress, on a terminal.

    Attributes
    ----------
    Those of :class:`polychron.estimators.base.LutEstimator`.
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

    def _learning(self, answers: Answers, outputs: Learnt) -> Learning:
        return Learning(answers=answers, outputs=outputs, tables=int(self.tables), pairs=int(self.pairs), epochs=self.epochs)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_number("epochs", self.epochs, low=1, high=None)

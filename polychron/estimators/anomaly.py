"""Novelty detection for scikit-learn: numbers in, how rare they are out, a network for the core in between."""

from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from golden.tasks.fitting.counting import Counting
from golden.tasks.fitting.outputs.base import Outputs
from golden.tasks.fitting.outputs.rarity import Rarity

from .base import LutEstimator
from .contract import OutlierMixin, validate_data

Scores = npt.NDArray[np.float64]


class LutAnomaly(OutlierMixin, LutEstimator):  # type: ignore[misc]
    """A detector of anomalies: one output, and the later it spikes, the rarer the sample.

    Random pairs of each table cut the space of samples into regions; a region's row says how seldom training samples fell into it. Fit it
    to normal samples (novelty detection), or to samples of which a few are anomalies (outlier detection).

    Parameters
    ----------
    tables : how many look-up tables, 1..1023.
    pairs : anchor pairs of each, 1..16: it has 2**pairs rows.
    contamination : the share of the training samples that are anomalies, up to 0.5; "auto": 5 % of new samples such as these are to be
        taken for anomalies, by the scores of the training samples with each left out of the tables.
    seconds : end the training after so long, and keep the tables counted by then; None: no end.
    random_state : seed of the training, as scikit-learn takes it; the same seed and data make the same network.
    verbose : show progress, on a terminal.

    Attributes
    ----------
    Those of :class:`polychron.estimators.base.LutEstimator`, and

    offset_ : the score below which a sample is an anomaly; in latencies, one that spikes after ``-offset_``.
    """

    _kind: ClassVar[type[Outputs]] = Rarity
    _name: ClassVar[str] = "anomaly"

    def __init__(
        self,
        *,
        tables: int = 128,
        pairs: int = 7,
        contamination: float | Literal["auto"] = "auto",
        seconds: float | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.tables = tables
        self.pairs = pairs
        self.contamination = contamination
        self.seconds = seconds
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on (samples, features) numbers, NaN where one is missing; ``y`` is not looked at."""
        self._check_parameters()
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        share = None if isinstance(self.contamination, str) else float(self.contamination)
        return self._train(X, Counting(tables=int(self.tables), pairs=int(self.pairs), contamination=share))

    def _told(self, outputs: Rarity) -> None:
        self.offset_ = outputs.offset

    def score_samples(self, X: Any) -> Scores:
        """(samples,): the larger, the more normal; the negative latency of the output."""
        outputs = self._outputs(X)
        return Rarity(offset=self.offset_).scores(outputs)

    def decision_function(self, X: Any) -> Scores:
        """(samples,): the score above the offset, negative of anomalies."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """(samples,): -1 of anomalies, 1 of what is normal."""
        return self.decode(self._outputs(X))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        value = self.contamination
        if isinstance(value, str) and value == "auto":
            return
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating) or not 0 < value <= 0.5:
            raise ValueError(f"contamination must be 'auto' or a share of more than 0 and at most 0.5, not {value!r}")

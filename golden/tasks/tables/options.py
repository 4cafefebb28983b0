"""The options of a training on a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from polychron.command.options import UNRECORDED, Options, option, word

from ..fitting.recipe import MAX_OUTPUTS
from ..readers.sizes import Size, size_word
from ..signals.steps import MOST_LAGS

LABELS = f"the column of the labels, at most {MAX_OUTPUTS} of them; left out: the last"
NUMBERS = f"the column of the numbers to learn, or several with commas between, at most {MAX_OUTPUTS}; left out: the last"
GROUP = "a column that is no input: samples with the same value in it are all trained on, or all held out"
DATA = "the samples: a file (CSV, TSV, Parquet, NPY, NPZ, IDX images), or a folder of IDX files{} (docs/user/own-data.md)"
SIGNALS = "the signals: a file of any of the kinds that classify reads, or a folder of IDX files (docs/user/own-data.md)"
SERIES = "a column that says which signal a row is a step of; left out: each row is a signal"
CONTINUED = "the signals: a file (CSV, TSV, Parquet, NPY, NPZ), a row a step (docs/user/own-data.md)"
SEVERAL = "a column that says which signal a row is a step of; left out: all rows are one signal, or an array has an axis of signals"
TOLD = f"the column that is told before it comes, or several with commas between, at most {MAX_OUTPUTS}; left out: all"
TIME = "a column that is no input, such as the date: rows are steps in the order of the file"
APART = "a column that is no input: instead of the ends, whole signals are held out, all or none of those with the same value in it"
TEST = "held-out samples, of any of these kinds; left out: the folder's t10k files, or a quarter of the data, drawn by --seed"
TEST_SIGNALS = "held-out signals, of any of these kinds; left out: the last quarter of each"
HORIZON = "samples ahead that are told after each step"
LAGS = "samples that a step is given, the newest and those before it"
SIZE = "height and width to which the images of a folder are brought; left out: those of the first"
GENTLE = "few and small steps: for classes that overlap, whose noise is learnt by heart otherwise"
CALIBRATE = "fit a temperature for its probabilities, too, by four trainings within the training part"
LOOKS = "looks at each sample"
COMPARE = "fit scikit-learn's {}, gradient boosting and 1-NN to the same samples, too"
LAGGED = "fit scikit-learn's ridge regression and gradient boosting to the last samples of each step, too"
KNOWN = "a column of labels; left out: every column is an input, and all samples are trained on"
NORMAL = "the label of normal samples, which alone are trained on; left out: the commonest"
CONTAMINATION = "the share of the samples trained on that are anomalies; left out: 5 % of new ones are to be called so"
DETECTORS = "fit scikit-learn's isolation forest and local outlier factor to the same samples, too"


@dataclass(frozen=True, kw_only=True)
class TableOptions(Options):
    """A network for the rows of a table."""

    data: Annotated[Path, option(DATA.format(""), metavar="PATH")]
    target: Annotated[str | None, option("what is to be learnt", metavar="COLUMN")] = None
    group: Annotated[str | None, option(GROUP, metavar="COLUMN")] = None
    test: Annotated[Path | None, option(TEST, metavar="PATH")] = None
    out: Annotated[Path | None, option("the network file"), UNRECORDED] = None
    tables: Annotated[int, option("tables", low=1, high=1023)] = 64
    pairs: Annotated[int, option("anchor pairs of a table", low=1, high=16)] = 6
    seed: Annotated[int, option("of the training, and of the quarter that is held out", low=0, high=(1 << 32) - 1)] = 0
    minutes: Annotated[float | None, option("stop after so long, and keep what is trained by then", low=0, high=1e6)] = None
    compare: Annotated[bool, option("fit others"), UNRECORDED] = False

    @property
    def images(self) -> Size | None:
        """Height and width to which images are brought."""
        return None

    @property
    def steps_of(self) -> str | None:
        """The column that says which signal a row is a step of."""
        return None

    @property
    def moments(self) -> str | None:
        """The column of the moments of steps, which is no input."""
        return None

    @property
    def calibrated(self) -> bool:
        """Whether the outputs are calibrated by networks of parts of the training part."""
        return False

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the training, as the estimators call them."""
        return {"tables": self.tables, "pairs": self.pairs}


@dataclass(frozen=True, kw_only=True)
class LearnOptions(TableOptions):
    """A network for the rows of a table, fitted to what is known of each."""

    epochs: Annotated[int | None, option(LOOKS, low=1, high=100_000)] = None

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | {"epochs": self.epochs}


@dataclass(frozen=True, kw_only=True)
class ClassifyOptions(LearnOptions):
    """A classifier of the rows of a table."""

    data: Annotated[Path, option(DATA.format(" or of images by class"), metavar="PATH")]
    target: Annotated[str | None, option(LABELS, metavar="COLUMN")] = None
    out: Annotated[Path | None, option("the network file; left out: classify.safetensors"), UNRECORDED] = None
    epochs: Annotated[int | None, option(f"{LOOKS}; left out: 10 to 100, with --gentle 10", low=1, high=100_000)] = None
    gentle: Annotated[bool, option(GENTLE)] = False
    compare: Annotated[bool, option(COMPARE.format("logistic regression")), UNRECORDED] = False
    size: Annotated[Size | None, word(SIZE, size_word, metavar="HxW")] = None
    calibrate: Annotated[bool, option(CALIBRATE)] = False

    @property
    def images(self) -> Size | None:
        return self.size

    @property
    def calibrated(self) -> bool:
        return self.calibrate

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | ({"gentle": True} if self.gentle else {})


@dataclass(frozen=True, kw_only=True)
class StreamOptions(TableOptions):
    """A classifier of signals, step by step."""

    data: Annotated[Path, option(SIGNALS, metavar="PATH")]
    series: Annotated[str | None, option(SERIES, metavar="COLUMN")] = None
    target: Annotated[str | None, option(LABELS, metavar="COLUMN")] = None
    group: Annotated[str | None, option(f"{GROUP}; the same all through a signal", metavar="COLUMN")] = None
    out: Annotated[Path | None, option("the network file; left out: stream.safetensors"), UNRECORDED] = None
    tables: Annotated[int, option("tables", low=4, high=1023)] = 128
    epochs: Annotated[int, option("looks at each signal, and half as many with rounded tables", low=1, high=100_000)] = 60
    lags: Annotated[int, option(LAGS, low=1, high=MOST_LAGS)] = 3
    untimed: Annotated[bool, option("a step isn't given its number: for signals that begin at any moment")] = False
    compare: Annotated[bool, option(f"{COMPARE.format('logistic regression')}, stretched to one length"), UNRECORDED] = False
    calibrate: Annotated[bool, option(CALIBRATE)] = False

    @property
    def steps_of(self) -> str | None:
        return self.series

    @property
    def calibrated(self) -> bool:
        return self.calibrate

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | {"epochs": self.epochs, "lags": self.lags, "timed": not self.untimed}


@dataclass(frozen=True, kw_only=True)
class ForecastOptions(TableOptions):
    """What comes next in signals, step by step."""

    data: Annotated[Path, option(CONTINUED, metavar="PATH")]
    series: Annotated[str | None, option(SEVERAL, metavar="COLUMN")] = None
    target: Annotated[str | None, option(TOLD, metavar="COLUMN[,COLUMN]")] = None
    time: Annotated[str | None, option(TIME, metavar="COLUMN")] = None
    group: Annotated[str | None, option(APART, metavar="COLUMN")] = None
    test: Annotated[Path | None, option(TEST_SIGNALS, metavar="PATH")] = None
    out: Annotated[Path | None, option("the network file; left out: forecast.safetensors"), UNRECORDED] = None
    horizon: Annotated[int, option(HORIZON, low=1, high=MAX_OUTPUTS)] = 1
    tables: Annotated[int, option("tables", low=4, high=1023)] = 128
    epochs: Annotated[int, option("looks at each step, and half as many with rounded tables", low=1, high=100_000)] = 30
    lags: Annotated[int, option(LAGS, low=1, high=MOST_LAGS)] = 3
    compare: Annotated[bool, option(LAGGED), UNRECORDED] = False

    @property
    def steps_of(self) -> str | None:
        return self.series

    @property
    def moments(self) -> str | None:
        return self.time

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | {"epochs": self.epochs, "lags": self.lags, "horizon": self.horizon}


@dataclass(frozen=True, kw_only=True)
class RegressOptions(LearnOptions):
    """Numbers for the rows of a table."""

    target: Annotated[str | None, option(NUMBERS, metavar="COLUMN[,COLUMN]")] = None
    out: Annotated[Path | None, option("the network file; left out: regress.safetensors"), UNRECORDED] = None
    epochs: Annotated[int | None, option(f"{LOOKS}; left out: 10", low=1, high=100_000)] = None
    compare: Annotated[bool, option(COMPARE.format("ridge regression")), UNRECORDED] = False


@dataclass(frozen=True, kw_only=True)
class AnomalyOptions(TableOptions):
    """Anomalies among the rows of a table."""

    data: Annotated[Path, option(DATA.format(" or of images by class"), metavar="PATH")]
    target: Annotated[str | None, option(KNOWN, metavar="COLUMN")] = None
    normal: Annotated[str | None, option(NORMAL, metavar="LABEL")] = None
    out: Annotated[Path | None, option("the network file; left out: anomaly.safetensors"), UNRECORDED] = None
    tables: Annotated[int, option("tables", low=1, high=1023)] = 128
    pairs: Annotated[int, option("anchor pairs of a table", low=1, high=16)] = 7
    contamination: Annotated[float | None, option(CONTAMINATION, low=0.001, high=0.5)] = None
    compare: Annotated[bool, option(DETECTORS), UNRECORDED] = False

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | ({} if self.contamination is None else {"contamination": self.contamination})

"""The options of a search: those of the training it is for, of the board, and of the search itself."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from boards import FlashMode
from golden.tasks.fitting.recipe import MAX_OUTPUTS
from golden.tasks.readers.sizes import Size, size_word
from golden.tasks.signals.steps import MOST_LAGS
from golden.tasks.tables.options import (
    APART,
    CONTINUED,
    DATA,
    GENTLE,
    GROUP,
    HORIZON,
    LABELS,
    LAGS,
    NUMBERS,
    SEVERAL,
    SIZE,
    TEST,
    TEST_SIGNALS,
    TOLD,
    ClassifyOptions,
    ForecastOptions,
    LearnOptions,
    RegressOptions,
)
from golden.tasks.tables.options import TIME as MOMENTS

from ..command.options import Options, option, word
from ..command.target import BOARD, FLASH
from .shapes import Shape

Trained = LearnOptions | ForecastOptions
"""The options of a training that is searched for."""

Pick = Literal["best", "smallest", "fastest"]

MINUTES = 10.0
"""A search takes so long where neither a time nor a number of shapes is given."""

TIME = "search for so long; left out: 10, or as long as --trials take"
TRIALS = "stop when the study has so many shapes, those that were refused among them"
STUDY = "where the search is kept, and goes on from; left out: {}.study"
SEED = "of the search, of the trainings, and of the quarter that is held out"
OUT = "train the shape that --pick names on the whole training part, and write the network"
PICK = "of the shapes that are not clearly worse than the best: that of the least error (if left out), the fewest bytes, the fewest clocks"


@dataclass(frozen=True, kw_only=True)
class TuneOptions(Options):
    """A search for the rows of a table. ``task``: that of the training."""

    task: ClassVar[str]

    data: Annotated[Path, option(DATA.format(""), metavar="PATH")]
    target: Annotated[str | None, option("what is to be learnt", metavar="COLUMN")] = None
    group: Annotated[str | None, option(GROUP, metavar="COLUMN")] = None
    test: Annotated[Path | None, option(TEST, metavar="PATH")] = None
    board: Annotated[str, BOARD] = "icebreaker"
    flash: Annotated[FlashMode | None, FLASH] = None
    minutes: Annotated[float | None, option(TIME, low=0, high=1e6)] = None
    trials: Annotated[int | None, option(TRIALS, low=1, high=100_000, metavar="N")] = None
    seed: Annotated[int, option(SEED, low=0, high=(1 << 32) - 1)] = 0
    study: Annotated[Path | None, option(STUDY.format("TASK"), metavar="FILE")] = None
    out: Annotated[Path | None, option(OUT, metavar="FILE")] = None
    pick: Annotated[Pick | None, option(PICK)] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pick is not None and self.out is None:
            raise ValueError("--pick goes with --out")

    @property
    def file(self) -> Path:
        """That of the study."""
        return self.study or Path(f"{self.task}.study")

    @property
    def limit(self) -> float | None:
        """Minutes that the search may take."""
        return MINUTES if self.minutes is None and self.trials is None else self.minutes

    @property
    def small_steps(self) -> bool:
        """Whether classes are fitted with small steps (--gentle)."""
        return False

    @property
    def more(self) -> dict[str, str]:
        """What else makes a search another one, by its options."""
        return {}

    def training(self, shape: Shape | None = None) -> Trained:
        """Those of the training of ``shape``; None: of the shape that a training has if nothing is said."""
        plain = self._training()
        return plain if shape is None else replace(plain, tables=shape.tables, pairs=shape.pairs, epochs=shape.epochs)

    @abstractmethod
    def _training(self) -> Trained: ...


@dataclass(frozen=True, kw_only=True)
class TuneClassify(TuneOptions):
    """A search for a classifier of the rows of a table."""

    task = "classify"

    data: Annotated[Path, option(DATA.format(" or of images by class"), metavar="PATH")]
    target: Annotated[str | None, option(LABELS, metavar="COLUMN")] = None
    study: Annotated[Path | None, option(STUDY.format("classify"), metavar="FILE")] = None
    gentle: Annotated[bool, option(GENTLE)] = False
    size: Annotated[Size | None, word(SIZE, size_word, metavar="HxW")] = None

    @property
    def small_steps(self) -> bool:
        return self.gentle

    def _training(self) -> ClassifyOptions:
        return ClassifyOptions(
            data=self.data, target=self.target, group=self.group, test=self.test, gentle=self.gentle, size=self.size, seed=self.seed
        )


@dataclass(frozen=True, kw_only=True)
class TuneRegress(TuneOptions):
    """A search for numbers for the rows of a table."""

    task = "regress"

    target: Annotated[str | None, option(NUMBERS, metavar="COLUMN[,COLUMN]")] = None
    study: Annotated[Path | None, option(STUDY.format("regress"), metavar="FILE")] = None

    def _training(self) -> RegressOptions:
        return RegressOptions(data=self.data, target=self.target, group=self.group, test=self.test, seed=self.seed)


@dataclass(frozen=True, kw_only=True)
class TuneForecast(TuneOptions):
    """A search for what comes next in signals."""

    task = "forecast"

    data: Annotated[Path, option(CONTINUED, metavar="PATH")]
    series: Annotated[str | None, option(SEVERAL, metavar="COLUMN")] = None
    target: Annotated[str | None, option(TOLD, metavar="COLUMN[,COLUMN]")] = None
    time: Annotated[str | None, option(MOMENTS, metavar="COLUMN")] = None
    group: Annotated[str | None, option(APART, metavar="COLUMN")] = None
    test: Annotated[Path | None, option(TEST_SIGNALS, metavar="PATH")] = None
    horizon: Annotated[int, option(HORIZON, low=1, high=MAX_OUTPUTS)] = 1
    lags: Annotated[int, option(LAGS, low=1, high=MOST_LAGS)] = 3
    study: Annotated[Path | None, option(STUDY.format("forecast"), metavar="FILE")] = None

    @property
    def more(self) -> dict[str, str]:
        words = {"--series": self.series, "--time": self.time, "--horizon": self.horizon, "--lags": self.lags}
        return {name: "none" if value is None else str(value) for name, value in words.items()}

    def _training(self) -> ForecastOptions:
        columns: dict[str, Any] = {"series": self.series, "target": self.target, "time": self.time, "group": self.group}
        return ForecastOptions(data=self.data, **columns, test=self.test, horizon=self.horizon, lags=self.lags, seed=self.seed)

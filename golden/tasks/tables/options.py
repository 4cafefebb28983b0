"""The options of a training on a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from polychron.command.options import UNRECORDED, Options, option, word

from ..classes.recipe import MAX_CLASSES
from ..readers.sizes import Size, size_word

TARGET = f"the column of the labels, at most {MAX_CLASSES} of them; left out: the last"
GROUP = "a column that is no input: samples with the same value in it are all trained on, or all held out"
DATA = "the samples: a file (CSV, TSV, NPZ, NPY, Parquet, IDX images), or a folder of IDX files or of images by class"
SIZE = "height and width to which the images of a folder are brought; left out: those of the first"
TEST = "held-out samples, of any of these kinds; left out: the folder's t10k files, or a quarter of the data, drawn by --seed"
CALIBRATE = "fit a temperature for its probabilities, too, by four trainings within the training part"
COMPARE = "fit scikit-learn's logistic regression, gradient boosting and 1-NN to the same samples, too"


@dataclass(frozen=True, kw_only=True)
class TableOptions(Options):
    """A classifier of the rows of a table."""

    data: Annotated[Path, option(f"{DATA} (docs/user/own-data.md)", metavar="PATH")]
    target: Annotated[str | None, option(TARGET, metavar="COLUMN")] = None
    group: Annotated[str | None, option(GROUP, metavar="COLUMN")] = None
    test: Annotated[Path | None, option(TEST, metavar="PATH")] = None
    size: Annotated[Size | None, word(SIZE, size_word, metavar="HxW")] = None
    out: Annotated[Path | None, option("the network file; left out: classify.safetensors"), UNRECORDED] = None
    tables: Annotated[int, option("tables", low=1, high=1023)] = 64
    pairs: Annotated[int, option("anchor pairs of a table", low=1, high=16)] = 6
    epochs: Annotated[int | None, option("looks at each sample; left out: 10 to 100", low=1, high=100_000)] = None
    seed: Annotated[int, option("of the training, and of the quarter that is held out", low=0, high=(1 << 32) - 1)] = 0
    minutes: Annotated[float | None, option("stop after so long, and keep what is trained by then", low=0, high=1e6)] = None
    calibrate: Annotated[bool, option(CALIBRATE)] = False
    compare: Annotated[bool, option(COMPARE), UNRECORDED] = False

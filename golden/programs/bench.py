"""``python -m golden.programs.bench``: programs written a second."""

import sys
import time
from functools import partial
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import option

app = make_app("programs", "Measure how many true programs are written a second.", examples=["polychron bench programs --seconds 5"])


@app.default
def bench(*, seconds: Annotated[float, option("how long to measure, at least", low=0.01, high=3600)] = 5.0, json: Json = False) -> None:
    from .generator import batches
    from .options import World

    with reported(json) as figures:
        made = batches(World(), "train")
        next(made)  # compiles
        count, start, cpu = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - start < seconds:
            count += len(next(made))
        wall, used = time.perf_counter() - start, time.process_time() - cpu
        print(f"{count / wall:,.0f} new training programs a second, {count / used:,.0f} a second of processor time")
        figures |= {"programs_per_second": count / wall, "programs_per_processor_second": count / used}


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())

"""What is kept of each network: a line of the log."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firmware.isa import Mode
from polychron.system.files import write_whole

from .check import Checked
from .draw import RING, Drawn


@dataclass(frozen=True, kw_only=True)
class Record:
    """``sizes``: neurons, outputs, bytes of tables and instructions of the network, ``clocks``: least and most of a step. ``what``: that it
    has."""

    number: int
    kind: str
    build: str
    steps: int
    latencies: int
    clocks: int
    least: int
    most: int
    neurons: int
    outputs: int
    table_bytes: int
    instructions: int
    refused: int
    what: tuple[str, ...]


def record(drawn: Drawn, checked: Checked) -> Record:
    clocks = [step.clocks for step in checked.steps]
    return Record(
        number=drawn.number,
        kind=drawn.kind,
        build=drawn.build.name,
        steps=len(clocks),
        latencies=checked.latencies,
        clocks=sum(clocks),
        least=min(clocks),
        most=max(clocks),
        neurons=drawn.network.n,
        outputs=drawn.network.n_out,
        table_bytes=drawn.network.table_bytes(),
        instructions=len(drawn.program.runs),
        refused=drawn.refused,
        what=tuple(name for name, there in _what(drawn).items() if there),
    )


def _what(drawn: Drawn) -> dict[str, bool]:
    sampling, runs = drawn.program.sampling, drawn.program.runs
    far = [run for run in runs if run.tier]
    forced = [isinstance(step.what, int) for step in drawn.steps]
    return {
        "drawn with a temperature, of all outputs": sampling.jittered and not sampling.k,
        "drawn with a temperature, of the k earliest": sampling.jittered and sampling.k > 0,
        "symbols given and symbols of its own": any(forced) and not all(forced),
        "latencies given": isinstance(drawn.steps[0].what, np.ndarray),
        "a rest before every step": drawn.rested,
        "steps back to back": not drawn.rested,
        "tables in both tiers": bool(far) and any(run.tier == 0 and run.mode in (Mode.ROWS, Mode.ATTEND) for run in runs),
        "all tables in the second tier": bool(far) and all(run.tier for run in runs if run.mode in (Mode.ROWS, Mode.ATTEND)),
        "int4 in the second tier": any(run.int4 for run in far),
        "attention in the second tier": any(run.mode == Mode.ATTEND for run in far),
        "anchors copied": any(run.mode == Mode.ANCHORS for run in runs),
        "past the end of the ring": drawn.kind == "transformer" and len(drawn.steps) > RING,
    }


class Log:
    """A file with a head, ``meant``, and a line for each network; ``records``: those that stand there already."""

    def __init__(self, path: Path, meant: dict[str, Any]) -> None:
        self.records: list[Record] = []
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith("\n")]
        if whole:
            if json.loads(whole[0]) != meant:
                raise ValueError(f"the log {path} is of {whole[0].strip()}, not of {json.dumps(meant)}")
            self.records = [Record(**{**json.loads(line), "what": tuple(json.loads(line)["what"])}) for line in whole[1:]]
        write_whole({path: ("".join(whole) or json.dumps(meant) + "\n").encode()})
        self._file = path.open("a", encoding="utf-8")

    def add(self, made: Record) -> None:
        self._file.write(json.dumps(asdict(made)) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

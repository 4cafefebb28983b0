"""A compiled network: what it costs, what it does on the simulated gateware, the files for a board."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boards import Board
from firmware import isa
from firmware.estimate import Estimate as Placement
from firmware.estimate import estimate
from firmware.image.files import export_files, write_atomic
from firmware.image.image import write_image
from firmware.program import Program as Code
from sim.cycles import Prediction, predict

from .command.terminal import printable
from .system.files import check_file, check_output, write_whole
from .system.progress import under_way
from .trained import Trained

if TYPE_CHECKING:
    from hdl.flow.report.figures import Speed
    from polychron.report.facts import Facts
    from sim.runs import ClassRun, SignalRun, Simulated, TextRun

Say = Callable[[str], None]


def _silent(text: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What is known before synthesis. ``placement``: where tables lie and what the memories cost; ``prediction``: the cycle model's."""

    placement: Placement
    prediction: Prediction
    attends: bool

    @property
    def clocks_per_step(self) -> int:
        """Of a step in steady state: a character, or a classification; of a transformer, with a full index cache."""
        return self.prediction.clocks_per_step

    @property
    def limit(self) -> int:
        """Clocks a step if the slowest memory delivered its rows without a gap."""
        return self.placement.limit

    @property
    def steps_per_second(self) -> int:
        """At the board's clock."""
        return self.speed.steps_per_second(clock_mhz=self.placement.board.clock_hz / 1e6)

    @property
    def bytes_per_step(self) -> int:
        """Read from the tables."""
        return self.placement.bytes_per_step

    @property
    def speed(self) -> "Speed":
        """The same for a build's report."""
        from hdl.flow.report.figures import Speed

        return Speed(clocks=self.clocks_per_step, limit=self.limit, bytes=self.prediction.bytes)

    @property
    def figures(self) -> dict[str, Any]:
        """The same for ``--json`` (docs/user/json.md)."""
        speed = self.speed
        return self.placement.figures | {
            "clocks_per_step": speed.clocks,
            "clocks_first_step": self.prediction.clocks if self.attends else speed.clocks,
            "efficiency": speed.efficiency,
            "bytes_per_step": speed.bytes,
            "steps_per_second": self.steps_per_second,
        }

    def __str__(self) -> str:
        clock_mhz = self.placement.board.clock_hz / 1e6
        text = (
            f"{self.placement.text()}\n  cycle model: {self.clocks_per_step} clocks a step, {self.speed.efficiency:.3f} of the limit's"
            f" speed, {self.steps_per_second:,} steps a second at {clock_mhz:g} MHz"
        )
        if self.attends:
            text += f"\n  (with a full index cache; the first step, with an empty one, takes {self.prediction.clocks} clocks)"
        return text


@dataclass(frozen=True, kw_only=True)
class Build:
    """What a build left. ``files``: those written; ``figures``: the content of report.json; ``report``: the text of report.txt."""

    files: tuple[Path, ...]
    figures: dict[str, Any]
    report: str

    def __str__(self) -> str:
        return "\n".join(printable(line, limit=1000) for line in self.report.split("\n"))


@dataclass(frozen=True, kw_only=True)
class Program:
    """``network`` compiled for ``board``. ``code``: what is loaded into the core (docs/reference/isa.md); it draws at ``temperature``."""

    network: Trained
    board: Board
    code: Code
    temperature: float = 0.0

    @property
    def image(self) -> bytes:
        """The memory image (docs/reference/image.md)."""
        return write_image(self.code)

    def estimate(self) -> Estimate:
        """Placement, memory, clocks and speed, before any synthesis."""
        with under_way("estimating"):
            return Estimate(
                placement=estimate(self.code, self.board),
                prediction=predict(self.code, self.board),
                attends=any(run.mode == isa.Mode.ATTEND for run in self.code.runs),
            )

    def simulate(
        self,
        *,
        prompt: str = "",
        length: int = 200,
        uart: bool = False,
        trace: Path | str | None = None,
        echo: Say = _silent,
        say: Say = _silent,
    ) -> "TextRun":
        """Read ``prompt`` and write ``length`` characters on the simulated gateware, every latency compared with the golden model.

        ``uart``: the whole board, by its UART pins; else the core alone. ``trace``: a VCD to write, 2 MB a character. ``echo`` is given
        the text as it comes, ``say`` what takes time. Needs a C++ compiler.
        """
        from sim.runs import simulate_text

        return simulate_text(self._simulated(uart, trace), prompt=prompt, length=length, echo=echo, say=say)

    def classify(self, x: npt.ArrayLike, *, uart: bool = False, trace: Path | str | None = None, say: Say = _silent) -> "ClassRun":
        """Classify ``x``, (batch, inputs) latencies, on the simulated gateware; otherwise as :meth:`simulate`."""
        from sim.runs import simulate_classes

        return simulate_classes(self._simulated(uart, trace), self.network.latencies(np.asarray(x)), say=say)

    def stream(
        self, signals: Sequence[npt.ArrayLike], *, uart: bool = False, trace: Path | str | None = None, say: Say = _silent
    ) -> "SignalRun":
        """Read ``signals``, each (steps, inputs) latencies from the state of the start, on the simulated gateware; otherwise as
        :meth:`simulate`."""
        from sim.runs import simulate_signals

        read = [self.network.latencies(np.asarray(signal)) for signal in signals]
        return simulate_signals(self._simulated(uart, trace), read, say=say)

    def trace(self, path: Path | str, *, prompt: str = "", length: int = 2) -> "TextRun":
        """A short simulation with every signal in a VCD, for GTKWave or Surfer."""
        return self.simulate(prompt=prompt, length=length, trace=path)

    def _simulated(self, uart: bool, trace: Path | str | None) -> "Simulated":
        from sim.runs import Simulated

        path = None if trace is None else Path(trace)
        return Simulated(network=self.network.integer, program=self.code, board=self.board, uart=uart, trace=path)

    def page(self, out: Path | str | None = None, *, prompt: str = "First Citizen:", length: int = 100, say: Say = _silent) -> Path:
        """Write one HTML page with the gateware and this program in it, NETWORK.html if no other file is named (docs/user/page.md).

        The page begins with ``prompt`` and the program's sampler, and has the model's latencies of it and the next ``length`` characters;
        that of a classifier, those of ten drawn digits. Needs the extra ``page``. A network that
        a page can't hold is a ``ValueError``.
        """
        from sim.compiled.build import telling
        from sim.web.make import First, make_page

        path = Path(f"{self.network.name}.html") if out is None else Path(out)
        check_file(path)
        first = First(prompt=prompt, length=length, temperature=self.temperature, k=self.code.sampling.k, seed=self.code.sampling.seed)
        about = {line.split(":")[0].strip(): line.partition(":")[2].strip() for line in self.network.summary.split("\n")}
        about |= {"board": self.board.title, "sha256": self.network.sha256()}
        with telling(say), under_way("making the page"):
            content = make_page(self.network.integer, self.code, self.board, first=first, about=about)
        write_whole({path: content})
        return path

    def report(self, out: Path | str | None = None) -> Path:
        """Write a page on what is known before a build, NETWORK-report.html if no other file is named (docs/user/report.md)."""
        from .report.page import Drawn, report_page

        path = Path(f"{self.network.name}-report.html") if out is None else Path(out)
        check_file(path)
        found = self.facts()
        with under_way("drawing the report"):
            page = report_page(found.figures, Drawn(raster=found.raster))
        write_whole({path: page})
        return path

    def facts(self) -> "Facts":
        """What such a page shows, as data (docs/user/report.md)."""
        from .report.facts import facts

        with under_way("running the model"):
            found = facts(self.network.integer, self.code, self.board)
        names = {"board": self.board.name, "network": self.network.name, "network_sha256": self.network.sha256()}
        speed = self.estimate().speed.figures(clock_mhz=self.board.clock_hz / 1e6)
        return replace(found, figures=names | speed | {"image_bytes": len(self.image)} | found.figures)

    def export(self, out: Path | str | None = None) -> dict[Path, bytes]:
        """Write the memory image in several formats (docs/user/export.md) to a folder, build/BOARD/NETWORK if none is given.

        Returns each file with its content.
        """
        folder = Path("build") / self.board.name / self.network.name if out is None else Path(out)
        with under_way("writing the memory image"):
            files = export_files(self.code, self.board, folder)
            write_atomic(files)
        return files

    def build(self, *, out: Path | str | None = None, seeds: int | None = None, say: Say = _silent) -> Build:
        """Synthesise, place and route, pack: bitstream, image and report in a folder, build/BOARD if none is given (docs/user/build.md).

        The fastest of ``seeds`` (1..100) is taken; left out, more are tried until one meets the clock, up to nine. Steps whose inputs have
        not changed since the last build there are not run again. Raises ``BuildError``, also where another build is under way in the
        folder, or ``TimingError`` where no seed meets the board's clock; nothing is written then.
        """
        from hdl.flow.job import PAGE, check_seeds, make_products, product_names
        from hdl.flow.report.figures import Job
        from hdl.flow.steps import only_build

        from .report.facts import facts
        from .report.page import Drawn, report_page
        from .system.together import with_list

        check_seeds(seeds)
        folder = Path("build") / self.board.name if out is None else Path(out)
        for product in product_names(self.board):
            check_output(folder / product)
        speed, image, name = self.estimate().speed, self.image, self.network.name
        say(f"{printable(name)} compiled for {self.board.title}: {speed.clocks} clocks a step, image of {len(image)} bytes")
        with under_way("running the model"):
            found = facts(self.network.integer, self.code, self.board)
        job = Job(board=self.board, name=name, sha256=self.network.sha256(), image=image, speed=speed, more=found.figures)
        with only_build(folder) as steps:
            made = make_products(job, seeds=seeds, steps=steps, say=say)
            with under_way("drawing the report"):
                page = report_page(made.figures, Drawn(cells=made.cells, blocks=made.blocks, raster=found.raster))
            files = with_list({**made.files, PAGE: page})
            write_atomic({folder / name: content for name, content in files.items()})
        say(f"products in {printable(folder)}: {', '.join(files)}")
        return Build(files=tuple(folder / name for name in files), figures=made.figures, report=made.report)

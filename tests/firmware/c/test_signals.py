"""A network of signals as C, at a core in plain Python: every latency of every step, the outputs' sums, and the class, as the golden model
has them."""

import re
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from firmware.c.network import main
from firmware.compiler import compile_network
from firmware.image.image import write_image
from golden.integer.file import save_network
from golden.integer.forward import earliest
from golden.integer.layer import Int16
from golden.integer.signal import SignalNetwork, outputs_of_signals
from golden.sound.front_end import features
from golden.tasks.fitting.card import Fitted
from golden.tasks.fitting.quantiles import MISSING, Numbers
from golden.tasks.signals.classes import SignalClasses
from golden.tasks.signals.recipe import SignalRecipe, start
from golden.tasks.signals.steps import Steps
from golden.tasks.signals.train import quantise_signal
from golden.tasks.signals.values import NextValues

from ...golden.sound.sounds import word
from ..host.core import FakeCore
from ..host.host_bench import ICEBREAKER
from .driver import COMPILERS, HERE, SANITIZERS, SOURCES, WARNINGS, CHost, compile_c, driver
from .mapped import GONE, TYPES

PAGE = Path(__file__).parents[3] / "docs" / "user" / "keywords.md"
LABELS = np.array(["go", "stop", "other"])


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Signals that a network reads, each (steps, channels) numbers, and the map of its inputs."""

    signals: list[Numbers]
    steps: Steps

    @classmethod
    def of(cls, signals: list[Numbers], *, lags: int, timed: bool) -> "Heard":
        return cls(signals=signals, steps=Steps.fit(signals, lags=lags, timed=timed))

    def network(self, seed: int = 0) -> SignalNetwork:
        """One that nobody has trained, of tables drawn by lot."""
        rng = np.random.default_rng(seed)
        recipe = SignalRecipe(tables=16, pairs=3)
        model = start(recipe, inputs=self.steps.count, outputs=len(LABELS), rng=rng)
        for tables in model.output.tables:
            tables[:] = rng.normal(size=tables.shape)
        network = quantise_signal(model, 2.0**-5, 2.0**-2)
        fitted = Fitted(inputs=self.steps, outputs=SignalClasses(labels=LABELS), names=None, parameters={})
        return replace(network, card=fitted.card())


def randomly(count: int, channels: int, seed: int = 0) -> list[Numbers]:
    """Signals that wander, some of whose numbers are missing."""
    rng = np.random.default_rng(seed)
    made = [np.cumsum(rng.normal(0, 9, (int(rng.integers(1, 12)), channels)), axis=0).round() for _ in range(count)]
    for signal in made:
        signal[rng.random(signal.shape) < 0.1] = np.nan
    return made


HEARD = {
    "one sample a step": Heard.of(randomly(6, 3), lags=1, timed=False),
    "lags": Heard.of(randomly(6, 2), lags=4, timed=False),
    "lags, and the step's number": Heard.of(randomly(6, 2), lags=3, timed=True),
    "words": Heard.of([features(word(seed, hertz=300 + 90 * seed)).astype(float) for seed in range(3)], lags=10, timed=True),
}


def child(compiler: str, network: SignalNetwork, folder: Path, *words: str) -> CHost:
    """The driver with the network, which it has loaded, at a core of its own."""
    folder.mkdir(exist_ok=True)
    save_network(network, folder / "network.safetensors")
    assert main(["--network", str(folder / "network.safetensors"), "--out", str(folder), *words]) == 0
    sources = [HERE / "harness.c", folder / "network.c", driver(compiler)]
    host = CHost(FakeCore(), compile_c(compiler, sources, folder / "harness", f"-I{folder}", *WARNINGS, *SANITIZERS))
    host.hello()
    host.call("o")
    return host


def readings(sample: Numbers, kind: str) -> bytes:
    gone = np.isnan(sample)
    return (np.where(gone, GONE, sample) if kind == "int" else sample).astype(TYPES[kind]).tobytes()


def due_latencies(heard: Heard, network: SignalNetwork) -> list[Int16]:
    """By the golden model; of channels that no table reads 0, which changes no output, or what is missing."""
    steps, anchors = heard.steps, np.concatenate([group.anchors.ravel() for group in network.hidden[0].groups]) - network.n_carried
    lagged = steps.columns * steps.lags
    read = {int(number) % steps.columns if number < lagged else steps.columns for number in anchors if 0 <= number < network.n_in}
    unread = [number for number in range(network.n_in) if (number % steps.columns if number < lagged else steps.columns) not in read]
    found = steps.latencies(heard.signals)
    for x in found:
        x[:, unread] = np.where(x[:, unread] == MISSING, MISSING, 0)
    return found


def compare(host: CHost, heard: Heard, network: SignalNetwork, kind: str) -> int:
    """Each latency and each sum of each step with the golden model's; the first that differs is named. How many there were."""
    compared, given = 0, due_latencies(heard, network)
    golden = outputs_of_signals(network, heard.steps.latencies(heard.signals))
    for number, (signal, inputs, outputs) in enumerate(zip(heard.signals, given, golden, strict=True)):
        host.call("B")
        sums = np.cumsum(outputs, axis=0, dtype=np.int64)
        for step, sample in enumerate(signal):
            told = host.call("N", readings(sample, kind))
            winner, *found = struct.unpack(f"<B{network.n_in}h{network.n_out}i", told)
            due = [*inputs[step].tolist(), *sums[step].tolist()]
            for place, (one, other) in enumerate(zip(found, due, strict=True)):
                name = f"input {place}" if place < network.n_in else f"output {place - network.n_in}"
                assert one == other, f"signal {number}, step {step}, {name}: {one} in C, {other} in Python"
            assert winner == earliest(sums[step : step + 1])[0]
            compared += len(due)
    return compared


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", HEARD)
def test_every_latency_and_sum_is_that_of_the_model(name: str, kind: str, tmp_path: Path) -> None:
    heard = HEARD[name]
    network = heard.network()
    host = child(COMPILERS[name == "words"], network, tmp_path, "--readings", kind)
    assert compare(host, heard, network, kind) == sum(map(len, heard.signals)) * (network.n_in + network.n_out)
    host.close()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_bound_that_is_off_is_found(compiler: str, tmp_path: Path) -> None:
    """The control: signal, step and input are named."""
    heard = HEARD["lags, and the step's number"]
    network = heard.network()
    edges = [bounds.copy() for bounds in heard.steps.edges]
    edges[-1][0] += 0.75  # of the step's number
    other = replace(heard, steps=replace(heard.steps, edges=tuple(edges)))
    host = child(compiler, other.network(), tmp_path)
    last = network.n_in - 1
    with pytest.raises(AssertionError, match=rf"^signal 0, step 1, input {last}: 0 in C, \d+ in Python"):
        compare(host, heard, network, "double")
    host.close()


def test_an_entry_that_is_off_is_found(tmp_path: Path) -> None:
    """The control of the outputs: those of one output, by 1."""
    heard = HEARD["lags"]
    network = heard.network()
    group = network.output.groups[0]
    tables = group.tables.copy()
    tables[:, :, 1] += np.where(tables[:, :, 1] > 0, -1, 1).astype(np.int8)
    output = replace(network.output, groups=(replace(group, tables=tables), *network.output.groups[1:]))
    host = child("gcc", replace(network, output=output), tmp_path)
    with pytest.raises(AssertionError, match=r"^signal 0, step 0, output 1: "):
        compare(host, heard, network, "double")
    host.close()


def test_a_signal_that_is_not_begun_goes_on(tmp_path: Path) -> None:
    """What a step leaves is there in the next one, and a new signal begins from nothing."""
    heard = HEARD["one sample a step"]
    host = child("gcc", heard.network(), tmp_path)
    host.call("B")
    sample = readings(heard.signals[0][0], "double")
    first, second = host.call("N", sample), host.call("N", sample)
    assert first != second
    host.call("B")
    assert [host.call("N", sample) for _ in range(2)] == [first, second]
    host.close()


def test_what_tells_what_comes_next_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heard = HEARD["lags"]
    outputs = NextValues(offset=np.zeros(3), scale=np.ones(3), horizon=3, channels=(0,), follows=np.zeros(3, bool))
    steps = Steps.moving(heard.signals, lags=4)
    card = Fitted(inputs=replace(steps, changes=(), wandering=(), edges=steps.edges[:2]), outputs=outputs, names=None, parameters={}).card()
    path = tmp_path / "forecast.safetensors"
    save_network(replace(heard.network(), card=card), path)
    assert main(["--network", str(path), "--out", str(tmp_path)]) == 2
    said = f"error: {path}: it tells what comes next, and numbers of signals can't be written as C yet, only their classes\n"
    assert capsys.readouterr().err == said
    assert list(tmp_path.iterdir()) == [path]


def test_an_image_of_a_signal_network_takes_latencies(tmp_path: Path) -> None:
    """Without the maps."""
    (tmp_path / "image.bin").write_bytes(write_image(compile_network(HEARD["lags"].network(), ICEBREAKER)))
    assert main(["--image", str(tmp_path / "image.bin"), "--out", str(tmp_path)]) == 0
    assert ".signals = 1," in (tmp_path / "network.c").read_text(encoding="utf-8")
    compile_c("gcc", [tmp_path / "network.c"], tmp_path / "out.o", *WARNINGS, "-c")


@contextmanager
def at_a_port(core: FakeCore) -> Iterator[str]:
    """The address of a TCP port with a core behind it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                while data := line.recv(4096):
                    core.write(data)
                    line.sendall(core.read(1 << 16, 0))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_example_tells_the_word_of_each_sound(compiler: str, tmp_path: Path) -> None:
    """From its samples, by a core that it loads."""
    heard = HEARD["words"]
    network = heard.network(seed=9)
    save_network(network, tmp_path / "network.safetensors")
    assert main(["--network", str(tmp_path / "network.safetensors"), "--out", str(tmp_path), "--readings", "int"]) == 0
    examples = SOURCES / "examples"
    sources = [examples / "keywords" / "keywords.c", examples / "posix_port.c", SOURCES / "polychron_sound.c", tmp_path / "network.c"]
    words = [f"-I{tmp_path}", f"-I{examples}", *WARNINGS, *SANITIZERS]
    program = compile_c(compiler, [*sources, SOURCES / "polychron.c"], tmp_path / "keywords", *words)
    told = []
    for seed in range(3):
        with at_a_port(FakeCore()) as address:
            samples = word(seed, hertz=300 + 90 * seed).astype("<i2").tobytes()
            done = subprocess.run([program, address], input=samples, capture_output=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, b"")
        told.append(done.stdout.decode().strip())
    outputs = outputs_of_signals(network, heard.steps.latencies(heard.signals))
    assert told == [str(LABELS[earliest(one.sum(axis=0, dtype=np.int64)[None])[0]]) for one in outputs]
    assert len(set(told)) > 1


def test_what_the_page_shows_is_in_the_example() -> None:
    example = (SOURCES / "examples" / "keywords" / "keywords.c").read_text(encoding="utf-8")
    shown = re.findall(r"^```c\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(shown) == 1
    assert shown[0] in example

"""The C driver as a host: compiled with sanitizers, in a child whose port is a transport of the tests."""

import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import firmware.c
from firmware import isa
from firmware.c.source import network_header, network_source
from firmware.host.host import Counters, Faults, LinkError
from firmware.host.transport import Transport
from firmware.image.image import read_image
from firmware.sampling import Sampling

HERE, SOURCES = Path(__file__).parent, Path(firmware.c.__file__).parent
WARNINGS = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-pedantic"]
SANITIZERS = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
COMPILERS = ["gcc", "clang"]
FAILED, TOO_MANY = 0xFFFF, 0xFFFE


class Result(IntEnum):
    """polychron_result of polychron.h."""

    OK, BAD_CALL, PORT_FAILED, NO_ANSWER, WRONG_VERSION, WRONG_CORE, REFUSED, NOT_LOADED, ABORTED, FAULT = range(10)
    NEEDS_IMAGE, IMAGE_REFUSED, IMAGE_CUT, STILL_READING, NO_FLASH, FLASH_DIFFERS, FLASH_DAMAGED = range(10, 17)


class CError(LinkError):
    """A call of the driver has not ended with POLYCHRON_OK. ``brought``: what it has brought nevertheless."""

    def __init__(self, result: Result, brought: bytes) -> None:
        self.result, self.brought = result, brought
        super().__init__(f"the C driver says {result.name}")


@dataclass(frozen=True)
class CHello:
    lanes: int
    comparators: int
    state: int
    error: int
    section: int
    capture: int
    dropped: int
    signature: int


def compiler(name: str) -> str:
    """Its path; a test that needs one that isn't there is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def compile_c(name: str, sources: Sequence[Path], out: Path, *options: str) -> Path:
    """``sources`` compiled and linked by the compiler called so; its findings fail the test."""
    words = [compiler(name), *options, f"-I{SOURCES}", *map(str, sources), "-o", str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="polychron-c-")


@cache
def driver(name: str) -> Path:
    return compile_c(name, [SOURCES / "polychron.c"], Path(_folder().name) / f"{name}.o", *WARNINGS, *SANITIZERS, "-c")


@cache
def harness(name: str, image: bytes, *, temperature: float = 0.0) -> Path:
    """The compiled child for the network of an image."""
    program = read_image(image)
    meta = program.meta
    sampling = Sampling.at(temperature, out_frac=meta.out_frac, outputs=meta.placement.output_range)
    folder = Path(_folder().name) / f"{name}-{harness.cache_info().misses}"  # type: ignore[attr-defined]
    folder.mkdir()
    (folder / "network.h").write_text(network_header("network"), encoding="utf-8")
    (folder / "network.c").write_text(network_source("network", program, sampling, image, with_image=True), encoding="utf-8")
    sources = [HERE / "harness.c", folder / "network.c", driver(name)]
    return compile_c(name, sources, folder / "harness", f"-I{folder}", *WARNINGS, *SANITIZERS)


class CHost:
    """The driver behind ``transport``; times in seconds, as firmware.host.host.Host has them. Of its methods those that tests call."""

    def __init__(
        self, transport: Transport, program: Path, *, timeout: float = 1.0, tries: int = 5, patience: float = 60.0, begin: int = 0
    ) -> None:
        self.transport = transport
        self._begin = begin  # milliseconds that the driver's clock begins with
        self.failing = 0  # what its receive() says instead of bringing bytes: FAILED or TOO_MANY
        self._child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._times = timeout, patience, tries
        self.timeout = timeout

    @property
    def timeout(self) -> float:
        return self._times[0]

    @timeout.setter
    def timeout(self, timeout: float) -> None:
        _, patience, tries = self._times = timeout, *self._times[1:]
        self.call("t", struct.pack("<IIB", round(1000 * timeout), round(1000 * patience), tries))

    def close(self) -> None:
        """Ends the child; what a sanitizer has found is raised here."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        code = self._child.wait(timeout=60)
        self._told(code)

    def _told(self, code: int) -> None:
        assert self._child.stderr is not None
        assert self._child.stdout is not None
        said = self._child.stderr.read().decode()
        self._child.stderr.close()
        self._child.stdout.close()
        assert (code, said) == (0, ""), said

    def _write(self, data: bytes) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(data)
        self._child.stdin.flush()

    def _read(self, size: int) -> bytes:
        assert self._child.stdout is not None
        data = self._child.stdout.read(size)
        if len(data) != size:
            self._told(self._child.wait(timeout=60))
        return data

    def _clock(self) -> bytes:
        return struct.pack("<I", (self._begin + int(1000 * self.transport.now())) & 0xFFFFFFFF)

    def call(self, what: str, arguments: bytes = b"") -> bytes:
        """Carries a call out, and serves its port meanwhile; what it brings."""
        self._write(what.encode() + self._clock() + arguments)
        while (kind := self._read(1)) != b"R":
            (size,) = struct.unpack("<H", self._read(2))
            if kind == b"T":
                self.transport.write(self._read(size))
                self._write(self._clock() + b"\0\0")
            else:
                data = self.transport.read(size, struct.unpack("<I", self._read(4))[0] / 1000)
                assert len(data) <= size
                told = struct.pack("<H", self.failing) if self.failing else struct.pack("<H", len(data)) + data
                self._write(self._clock() + told)
        result, size = struct.unpack("<BH", self._read(3))
        brought = self._read(size)
        if result:
            raise CError(Result(result), brought)
        return brought

    def hello(self, what: str = "h") -> CHello:
        return CHello(*struct.unpack("<7BI", self.call(what)))

    def load(self, image: bytes, *, piece: int = 1000) -> None:
        self.call("b")
        for at in range(0, len(image), piece):
            part = image[at : at + piece]
            self.call("m", struct.pack("<H", len(part)) + part)
        self.call("e")

    def feed(self, symbols: Sequence[int]) -> list[int]:
        return list(self.call("f", bytes([len(symbols), *symbols])))

    def step(self, count: int = 1) -> list[int]:
        return list(self.call("g", bytes([count])))

    def classify(self, latencies: Sequence[int]) -> int:
        return self.call("c", struct.pack(f"<{len(latencies)}h", *latencies))[0]

    def step_of_signal(self, latencies: Sequence[int]) -> int:
        return self.call("i", struct.pack(f"<{len(latencies)}h", *latencies))[0]

    def set_sampler(self, *, seed: int, k: int = 0, jittered: bool = True) -> None:
        self.call("S", struct.pack("<IBB", seed, k, jittered))

    def store(self, address: int, count: int) -> list[int]:
        return list(struct.unpack(f"<{count}h", self.call("l", struct.pack("<HH", address, count))))

    def results(self) -> list[tuple[int, int]]:
        return list(struct.iter_unpack("<Hh", self.call("s")))

    def counters(self) -> Counters:
        clocks, rows, beats, saturations, steps, flash = struct.unpack("<6I", self.call("k"))
        return Counters(clocks=clocks, rows=rows, beats=beats, saturations=saturations, steps=steps, flash=flash)

    @property
    def faults(self) -> Faults:
        names = [field.name for field in fields(Faults)]
        return Faults(**dict(zip(names, struct.unpack("<6I", self.call("F")[:24]), strict=True)))

    @property
    def load_error(self) -> isa.LoadError:
        return isa.LoadError(self.call("F")[24])

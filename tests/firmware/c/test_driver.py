"""The C driver against a core in plain Python, compiled by gcc and clang, with address and undefined-behaviour sanitizers."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from firmware import isa
from firmware.compiler import compile_network
from firmware.host.link import Frame
from firmware.host.transport import Transport
from firmware.image.image import write_image
from firmware.jitter import jitter_table
from golden.integer.deep import deep_forward
from golden.integer.sampling import Jitter, Sampler
from golden.integer.signal import SignalNetwork, signal_outputs

from ..host.core import FakeCore
from ..host.host_bench import ICEBREAKER, golden_run, text_network
from ..host.lines import BABBLE, Babble, Script, answer
from ..networks import random_network
from .driver import COMPILERS, FAILED, TOO_MANY, CError, CHost, Result, harness

NETWORK = text_network()
PROGRAM = compile_network(NETWORK, ICEBREAKER)
IMAGE = write_image(PROGRAM)

Open = Callable[..., CHost]


@pytest.fixture(params=COMPILERS)
def connect(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Makes a driver for a transport; at the end its child must have nothing to say."""
    hosts: list[CHost] = []

    def made(core: Transport, image: bytes = IMAGE, *, temperature: float = 0.7, **rest: float) -> CHost:
        hosts.append(CHost(core, harness(request.param, image, temperature=temperature), **rest))  # type: ignore[arg-type]
        return hosts[-1]

    yield made
    for host in hosts:
        host.close()


def refused(result: Result, call: Callable[[], object]) -> CError:
    with pytest.raises(CError) as caught:
        call()
    assert caught.value.result == result
    return caught.value


@pytest.mark.parametrize("cores", [1, 2])
def test_greeting_load_steps_and_counters_equal_golden(connect: Open, cores: int) -> None:
    """Of several cores the driver runs the first."""
    core = FakeCore(cores=cores)
    host = connect(core)
    hello = host.hello()
    assert (hello.lanes, hello.comparators, hello.state, hello.signature) == (8, 2, 0, 0)
    refused(Result.NOT_LOADED, lambda: host.step(1))
    refused(Result.NEEDS_IMAGE, lambda: host.call("p"))
    host.load(IMAGE, piece=777)
    hello = host.hello()
    assert hello.state == isa.State.LOADED
    assert hello.signature == core.signature != 0
    before = host.counters()
    prompt = [1, 2, 3, 0, 7]
    assert host.feed(prompt) + host.step(255) == golden_run(NETWORK, [*prompt, *[None] * 255], Sampler())
    used = host.counters() - before
    assert (used.rows, used.beats) == (260 * (8 + 6 + 1), core.machine.beats)  # type: ignore[union-attr]
    assert host.store(0, 300) == core.machine.store[:300]  # type: ignore[union-attr]
    assert host.results() == core.machine.sampler.spikes  # type: ignore[union-attr]
    assert host.step(9) != golden_run(NETWORK, [*[None] * 9], Sampler())  # the control: another state
    assert list(vars(host.faults).values()) == [0] * 6


def test_a_board_that_has_the_image_is_loaded_nothing(connect: Open) -> None:
    core = FakeCore(flash=IMAGE, starting=3)
    host = connect(core)
    host.call("w")
    host.call("L")
    host.step(5)
    host.call("p")
    table, mask = jitter_table(temperature=0.7, out_frac=3, outputs=PROGRAM.meta.placement.output_range)
    drawn = host.step(40)
    assert drawn == golden_run(NETWORK, [None] * 40, Sampler(seed=1, jitter=Jitter(table=table, mask=mask)))
    assert core.executed == 2
    refused(Result.NEEDS_IMAGE, lambda: connect(core, write_image(compile_network(text_network(seed=3), ICEBREAKER))).call("p"))
    host.call("p")
    assert host.step(40) == drawn


def test_start_loads_what_is_not_there(connect: Open) -> None:
    empty, full = FakeCore(), FakeCore(flash=IMAGE)
    drawn = []
    for core in (empty, full):
        host = connect(core)
        host.call("o")
        drawn.append(host.step(40))
    table, mask = jitter_table(temperature=0.7, out_frac=3, outputs=PROGRAM.meta.placement.output_range)
    assert drawn == 2 * [golden_run(NETWORK, [None] * 40, Sampler(seed=1, jitter=Jitter(table=table, mask=mask)))]
    assert empty.signature == full.signature != 0
    refused(Result.WRONG_CORE, lambda: connect(FakeCore(comparators=1)).call("o"))


@pytest.mark.parametrize("k", [0, 3])
def test_sampler_and_reset(connect: Open, k: int) -> None:
    host = connect(FakeCore())
    refused(Result.BAD_CALL, lambda: host.set_sampler(seed=99))  # its width isn't known before a greeting
    host.hello()
    host.load(IMAGE)
    table, mask = jitter_table(temperature=0.7, out_frac=3, outputs=PROGRAM.meta.placement.output_range)
    host.set_sampler(seed=0x12345678, k=k)
    drawn = host.step(60)
    assert drawn == golden_run(NETWORK, [None] * 60, Sampler(seed=0x12345678, jitter=Jitter(table=table, mask=mask), k=k))
    host.call("r")
    host.set_sampler(seed=1, jittered=False)
    assert host.step(60) == golden_run(NETWORK, [None] * 60, Sampler()) != drawn
    for seed, few in ((0, 0), (1, 9)):
        refused(Result.BAD_CALL, lambda seed=seed, few=few: host.set_sampler(seed=seed, k=few))  # type: ignore[misc]
    refused(Result.BAD_CALL, lambda: host.step(0))
    refused(Result.BAD_CALL, lambda: host.classify([]))


def test_symbols(connect: Open) -> None:
    host = connect(FakeCore())
    told = [struct.unpack("<hB", host.call("y", bytes([byte]))) for byte in b"\x00\x01ag!"]
    assert told == [(0, ord("?")), (0, ord("a")), (1, ord("?")), (7, ord("?")), (0, ord("?"))]
    strict = connect(FakeCore(), write_image(compile_network(text_network(tuple(b"abcdefgh")), ICEBREAKER)))
    assert struct.unpack("<hB", strict.call("y", b"!")) == (-1, ord("?"))


@pytest.mark.parametrize("seed", range(3))
def test_classes(connect: Open, seed: int) -> None:
    network = random_network(seed, kind="deep")
    host = connect(FakeCore(), write_image(compile_network(network, ICEBREAKER)), temperature=0.0)
    host.hello()
    host.call("L")
    rng = np.random.default_rng(seed)
    for _ in range(3):
        x = rng.integers(-300, 300, network.n - network.n_ref).astype(np.int16)
        outputs = deep_forward(network, x[None]).states[-1][0]
        assert host.classify(x.tolist()) == outputs.argmin()
        order = sorted(range(network.n_out), key=lambda o: (outputs[o], o))[:8]
        assert host.results() == [(o, int(outputs[o])) for o in order]


@pytest.mark.parametrize("seed", range(4))
def test_signals(connect: Open, seed: int) -> None:
    """A step keeps the state, and a reset begins another signal."""
    network = random_network(seed, kind="signal")
    assert isinstance(network, SignalNetwork)
    x = np.random.default_rng(seed).integers(-300, 300, (2, 4, network.n_in)).astype(np.int16)
    host = connect(FakeCore(), write_image(compile_network(network, ICEBREAKER)), temperature=0.0)
    host.hello()
    host.call("L")
    for one, outputs in zip(x, signal_outputs(network, x), strict=True):
        host.call("r")
        for step, due in zip(one, outputs, strict=True):
            assert host.step_of_signal(step.tolist()) == due.argmin()
            order = sorted(range(network.n_out), key=lambda o: (due[o], o))[:8]
            assert host.results() == [(o, int(due[o])) for o in order]
    refused(Result.BAD_CALL, lambda: host.classify(x[0, 0].tolist()))


def test_a_network_of_samples_has_no_steps(connect: Open) -> None:
    network = random_network(0, kind="deep")
    host = connect(FakeCore(), write_image(compile_network(network, ICEBREAKER)), temperature=0.0)
    host.hello()
    host.call("L")
    refused(Result.BAD_CALL, lambda: host.step_of_signal([0] * (network.n - network.n_ref)))


def test_a_damaged_image_is_refused(connect: Open) -> None:
    host = connect(FakeCore())
    broken = bytearray(IMAGE)
    broken[100] ^= 1
    refused(Result.IMAGE_REFUSED, lambda: host.load(bytes(broken)))
    assert host.load_error == isa.LoadError.SECTION_CRC
    refused(Result.IMAGE_CUT, lambda: host.load(IMAGE[:-1]))
    host.load(IMAGE)
    host.failing = FAILED
    refused(Result.PORT_FAILED, lambda: host.call("b"))
    host.failing = 0
    refused(Result.IMAGE_CUT, lambda: host.call("e"))
    host.load(bytes(IMAGE))
    refused(Result.IMAGE_REFUSED, lambda: host.load(bytes(broken)))
    host.hello()
    refused(Result.NEEDS_IMAGE, lambda: host.call("p"))


def test_image_for_another_core(connect: Open) -> None:
    refused(Result.WRONG_CORE, lambda: connect(FakeCore(comparators=1)).call("p"))
    wide = bytes([isa.LINK_VERSION, 2, 16, *bytes(9)])
    refused(Result.WRONG_CORE, lambda: connect(Script([answer(isa.Status.OK, wide)])).call("p"))


def test_tables_in_flash(connect: Open) -> None:
    """Loaded without them, and not before a scrub has found them; a flash that holds others, a damaged one, and none."""
    small = replace(ICEBREAKER, tiers=(replace(ICEBREAKER.tiers[0], size=64), ICEBREAKER.tiers[1]))
    image = write_image(compile_network(NETWORK, small))
    core = FakeCore(flash=image, starting=4, size=64)
    host = connect(core, image)
    refused(Result.NEEDS_IMAGE, lambda: host.call("p"))
    host.call("L")
    host.call("p")
    assert core.scrubs == 1
    host.set_sampler(seed=1, jittered=False)
    assert host.step(20) == golden_run(NETWORK, [None] * 20, Sampler())
    host.call("p")
    assert core.scrubs == 1
    state = host.hello("x").state
    assert state == isa.State.LOADED | isa.State.FLASH_READY | isa.State.FLASH_SAME
    other = write_image(compile_network(text_network(seed=3), small))
    core.flash, core.same = other, False
    refused(Result.FLASH_DIFFERS, lambda: host.call("p"))
    damaged = bytearray(image)
    damaged[-30] ^= 1
    core.flash = bytes(damaged)
    error = refused(Result.FLASH_DAMAGED, lambda: host.call("x"))
    assert error.brought[3] == isa.LoadError.SECTION_CRC
    assert error.brought[4] > 0
    refused(Result.NO_FLASH, lambda: connect(FakeCore(), image).call("p"))


def test_a_flash_that_never_ends_is_given_up(connect: Open) -> None:
    core = FakeCore(flash=b"", starting=1 << 30)
    clock = iter(range(1 << 30))
    core.now = lambda: float(next(clock))  # type: ignore[method-assign]
    host = connect(core, timeout=5.0, patience=60.0)
    refused(Result.STILL_READING, lambda: host.call("w"))
    assert next(clock) < 400


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (isa.Status.NOT_LOADED, Result.NOT_LOADED),
        (isa.Status.BAD_COMMAND, Result.REFUSED),
        (isa.Status.FAULT, Result.FAULT),
        (isa.Status.BUSY, Result.NO_ANSWER),
    ],
)
def test_refused(connect: Open, status: isa.Status, result: Result) -> None:
    core = FakeCore()
    core.refuse = status
    refused(result, lambda: connect(core).step(1))


def test_busy_waits_for_the_first_answer(connect: Open) -> None:
    line = Script([], [answer(isa.Status.BUSY), answer(isa.Status.OK, b"\x07")])
    host = connect(line)
    assert host.step(1) == [7]
    assert line.requests[0] == line.requests[1]
    assert (host.faults.busy, host.faults.resent, host.faults.unanswered) == (1, 1, 1)


def test_late_answers_and_those_of_a_wrong_length_are_passed_over(connect: Open) -> None:
    first = [answer(isa.Status.OK, b"\x01"), answer(isa.Status.OK, b"\x01")]
    host = connect(Script(first, [answer(isa.Status.OK, bytes(255)), answer(isa.Status.OK, b""), answer(isa.Status.OK, b"\x02")]))
    assert host.step(1) + host.step(1) == [1, 2]
    assert host.faults.passed == 3


def test_abort(connect: Open) -> None:
    line = Script([answer(isa.Status.ABORTED, b"\x03\x04")], [answer(isa.Status.ABORTED, b"\x05", seq=1)], [answer(isa.Status.OK)])
    host = connect(line)
    assert refused(Result.ABORTED, lambda: host.step(9)).brought == b"\x03\x04"
    host.call("a")
    host.call("a")
    assert [request[2] for request in line.requests] == [isa.Command.STEP, isa.Command.ABORT, isa.Command.ABORT]


@pytest.mark.parametrize(
    "greeting", [bytes([1, 2, 8, 0, 0, 0, 0]), b"", bytes([2, 2, 8, *bytes(9)]), bytes(13)], ids=["short", "none", "version", "long"]
)
def test_another_version_of_the_link(connect: Open, greeting: bytes) -> None:
    refused(Result.WRONG_VERSION, lambda: connect(Script([answer(isa.Status.OK, greeting)])).hello())


def test_a_dead_line(connect: Open) -> None:
    host = connect(Script())
    refused(Result.NO_ANSWER, host.hello)
    assert (host.faults.resent, host.faults.unanswered) == (4, 5)


class Late(Script):
    """A byte that comes shortly before the deadline, and nothing more."""

    clock = 0.0

    def now(self) -> float:
        return self.clock

    def read(self, size: int, timeout: float) -> bytes:
        first = self.clock < 0.9
        self.clock = 0.9 if first else self.clock + timeout
        return b"\x5a" if first else b""


def test_a_late_byte_does_not_move_the_deadline(connect: Open) -> None:
    line = Late()
    refused(Result.NO_ANSWER, lambda: connect(line, timeout=1.0, tries=1).step(1))
    assert line.now() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", BABBLE)
@pytest.mark.parametrize("begin", [0, (1 << 32) - 700], ids=["", "the clock wraps"])
def test_a_port_that_keeps_sending_is_not_waited_for_without_end(connect: Open, kind: str, begin: int) -> None:
    line = Babble(lambda number: BABBLE[kind](number)[:1])
    host = connect(line, timeout=1.0, tries=3, begin=begin)
    refused(Result.NO_ANSWER, lambda: host.step(1))
    assert 2.9 <= line.now() <= 3.1
    assert host.faults.unanswered == 3


def test_a_reply_behind_a_false_start_is_found(connect: Open) -> None:
    first = answer(isa.Status.OK, b"\x07")

    class Hidden(Script):
        """The reply stands behind what begins like a longer one, which never ends."""

        def write(self, data: bytes) -> None:
            super().write(data)
            self.ready = b"\x00\x5a\x01\x00\xff" + self.ready

    host = connect(Hidden([first]))
    assert host.step(1) == [7]
    assert host.faults.skipped == 5
    assert (host.faults.resent, host.faults.unanswered) == (0, 0)


def test_frames_are_those_of_the_host(connect: Open) -> None:
    line = Script([answer(isa.Status.OK, bytes(3))])
    connect(line).feed([1, 2, 255])
    assert line.requests == [Frame.request(isa.Command.FEED, b"\x01\x02\xff", seq=1).encode()]


@pytest.mark.parametrize("failing", [FAILED, TOO_MANY])
def test_a_port_that_fails_gives_up_or_lies(connect: Open, failing: int) -> None:
    line = Script([answer(isa.Status.OK, b"\x07")], [answer(isa.Status.ABORTED, b"\x05", seq=1)], [answer(isa.Status.OK, b"\x08")])
    host = connect(line)
    host.failing = failing
    refused(Result.PORT_FAILED, lambda: host.step(1))
    host.failing, line.ready = 0, b""
    host.call("a")
    assert host.step(1) == [8]


def test_what_had_come_of_a_long_reply_before_the_port_failed_is_forgotten(connect: Open) -> None:
    """Here it holds what looks like the reply to the next request."""
    hidden = Frame.answer(isa.Status.OK, b"\x63", seq=2).encode()
    whole = answer(isa.Status.OK, bytes(20) + hidden + bytes(180 - len(hidden)))

    class Cut(Script):
        def read(self, size: int, timeout: float) -> bytes:
            host.failing = FAILED if len(self.requests) == 1 and len(self.ready) < 100 else 0
            return super().read(min(size, 50), timeout)

    line = Cut([whole], [answer(isa.Status.OK, b"\x08")])
    host = connect(line)
    refused(Result.PORT_FAILED, lambda: host.step(200))
    held = 206 - len(line.ready) - 50
    host.failing, line.ready = 0, b""
    assert host.step(1) == [8]
    assert host.faults.skipped == held > 50


def test_sequence_numbers_go_round_without_0(connect: Open) -> None:
    line = Script(*([[answer(isa.Status.OK, b"\x01")]] * 300))
    host = connect(line)
    for _ in range(300):
        host.step(1)
    assert [request[1] for request in line.requests] == [number % 255 + 1 for number in range(300)]


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_a_disturbed_line_never_steps_twice(connect: Open, noise: float) -> None:
    core = FakeCore(noise=noise, seed=5)
    host = connect(core, tries=40)
    host.hello()
    host.load(IMAGE)
    chosen = host.feed([1, 2, 3, 0])
    for _ in range(30):
        chosen += host.step(3)
    assert chosen == golden_run(NETWORK, [1, 2, 3, 0, *[None] * 90], Sampler())
    assert core.executed == 31
    assert (host.faults.resent > 0) == (noise > 0)


def test_without_replay_it_would(connect: Open) -> None:
    core = FakeCore(seed=5, replay=False)
    host = connect(core, tries=40)
    host.hello()
    host.load(IMAGE)
    core.noise = 0.3
    for _ in range(30):
        host.step(3)
    assert core.executed > 30

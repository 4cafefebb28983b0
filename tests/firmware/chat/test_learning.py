"""A board that learns what is typed: its bits, its tables and the network that is saved are the rule's."""

import threading
from pathlib import Path

import numpy as np
import pytest

import boards
from firmware.chat import learning
from firmware.chat.learning import Learner
from firmware.chat.start import start
from firmware.chat.usage import Usage
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.image.image import write_image
from golden.integer.file import load
from golden.integer.stream import surprise
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates
from golden.learning.text import TextLearner
from polychron.command.target import Sampler
from sim.machines.board import BoardSimulation

from ...golden.learning.learners import SYMBOLS, make_network

BOARD = boards.get("icebreaker_learns")
SAMPLER = Sampler(seed=7, temperature=0.5, k=2)


def rule_bits(rule: TextLearner, symbols: list[int]) -> list[float]:
    """What each of ``symbols`` takes, each learned before the next."""
    network = rule.network
    turn = rule.turn(Rates(output=network.out_frac - network.output.shift), steps=1, draws=1, everything=False)
    found = []
    for symbol in symbols:
        state = rule.now().start()
        state.latencies[:] = rule.latencies[0]
        one = np.array([symbol])
        found.append(float(surprise(one, state.outputs()[None], out_frac=network.out_frac)[0]))
        rule.learn(one[None].astype(np.int32), turn, engine=learn_reference)
    return found


def test_a_line_is_learned_as_the_rule_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "ENDS", 20)
    network = make_network(np.random.default_rng(4))
    rule = TextLearner.start(network, below=0, seed=SAMPLER.seed)
    program = compile_network(network, BOARD)
    board = BoardSimulation(BOARD, program=program, image=write_image(program))
    device = Device(Host(board.transport()), write_image(program))
    start(device, SAMPLER, keep=True)
    learner, usage = Learner(device, network), Usage(device.host)
    assert learner.stats == "nothing yet"
    line = np.random.default_rng(5).integers(len(SYMBOLS), size=20).tolist()
    bits = learner.read(line, sampler=SAMPLER, usage=usage, stop=threading.Event())
    assert bits is not None
    assert bits == pytest.approx(np.mean(rule_bits(rule, line)), abs=1e-12)
    assert learner.told(bits) == f"learned: {bits:.2f} bits a character"
    writes, held = rule.output.rows.counts.tolist()
    assert writes > 0
    assert learner.stats == f"{writes:,} entries written, {held:,} of them held at a limit"
    before = device.tables()
    device.host.step(30)  # an answer is not learned
    assert device.tables() == before
    path = tmp_path / "saved.safetensors"
    learner.save(path)
    saved = load(path)
    assert [group.tables.tolist() for group in saved.output.groups] == [group.tables.tolist() for group in rule.now().output.groups]
    assert saved.card["learned"] == {"from": "network", "characters": 20, "step": 1}
    stopped = threading.Event()
    stopped.set()
    assert learner.read(line, sampler=SAMPLER, usage=usage, stop=stopped) is None
    again = learner.read(line, sampler=SAMPLER, usage=usage, stop=threading.Event())
    assert again is not None
    assert learner.told(again) == f"learned: {again:.2f} bits a character; the first 20 took {bits:.2f}, the last {again:.2f}"

    def lost(address: int, count: int) -> list[int]:
        raise LinkError("a word is lost")

    monkeypatch.setattr(device.host, "store", lost)
    with pytest.raises(LinkError, match="a word is lost"):
        learner.read(line, sampler=SAMPLER, usage=usage, stop=threading.Event())
    before = device.tables()
    device.host.feed(line)  # nothing is learned after a failure
    assert device.tables() == before
    board.close()

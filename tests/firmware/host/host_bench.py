"""A text network, a device with it on a core in plain Python, and what the golden model has it choose."""

from dataclasses import replace

import numpy as np

import boards
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.image.image import write_image
from golden.integer.network import Network
from golden.integer.sampling import Sampler

from ...golden.helpers import rnn_outputs, rnn_update
from ..compiler.test_compiler import shaped
from .core import FakeCore

ICEBREAKER = boards.get("icebreaker")
LETTERS = (-1, *b"abcdefg")


def text_network(symbols: tuple[int, ...] = LETTERS, *, seed: int = 2) -> Network:
    network = shaped(seed, n=24, n_t=6, n_c=4, out_t=8, out_c=3, n_out=len(symbols))
    return replace(network, symbols=symbols, out_frac=3)


def device(network: Network, core: FakeCore, *, tries: int = 5) -> Device:
    return Device(Host(core, tries=tries), write_image(compile_network(network, ICEBREAKER)))


def golden_run(network: Network, forced: list[int | None], sampler: Sampler) -> list[int]:
    h = np.zeros((1, network.n), np.int16)
    chosen = []
    for symbol in forced:
        chosen.append(sampler.choose(rnn_outputs(network, h)[0][0]))
        h, _ = rnn_update(network, h, np.array([chosen[-1] if symbol is None else symbol]))
    return chosen

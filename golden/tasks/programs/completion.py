"""Completions of prompts: by a network, by n-grams, by a table of what was trained on."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ...integer.forward import earliest
from ...integer.layer import NetworkError
from ...integer.network import TextNetwork
from ...integer.sampling import Sampler, jitter_table
from ...integer.symbols import UNKNOWN, encode
from ...programs.answers import PRIMER
from ...programs.generator import Programs
from ...programs.planted.lines import Lines
from ...programs.tokens import END, MOST_TOKENS
from .streams import streams

AT_ONCE = 512  # prompts
NO_TOKEN = 0  # what the unknown symbol is to the machine
Ints = npt.NDArray[np.int64]


def complete(network: TextNetwork, names: tuple[int, ...], prompts: Sequence[bytes], *, temperature: float = 0.0) -> list[bytes]:
    """What ``network``, whose symbols are ``names``, writes after the primer and each prompt, up to the end mark or so far as a program may
    be long; as a core does. ``temperature`` 0: the earliest spike; else drawn, the generator of prompt i beginning with i + 1.
    """
    if END not in names:
        raise NetworkError(f"the network has no symbol for the end mark {chr(END)}: it was not trained on programs")
    found = []
    for low in range(0, len(prompts), AT_ONCE):
        found += _complete(network, names, prompts[low : low + AT_ONCE], temperature, low)
    return found


def _complete(network: TextNetwork, names: tuple[int, ...], prompts: Sequence[bytes], temperature: float, first: int) -> list[bytes]:
    read = [encode(names, PRIMER + prompt) for prompt in prompts]
    longest = len(PRIMER) + MOST_TOKENS
    given = np.full((len(prompts), longest), -1, np.int32)
    for row, symbols in zip(given, read, strict=True):
        row[: len(symbols)] = symbols
    jitter = jitter_table(temperature=temperature, out_frac=network.out_frac) if temperature else None
    samplers = [Sampler(seed=first + number + 1, jitter=jitter) for number in range(len(prompts))]
    state = streams(network, len(prompts))
    end = names.index(END)
    running = np.ones(len(prompts), np.bool_)
    for at in range(longest):
        free = np.flatnonzero(running & (given[:, at] < 0))
        if len(free):
            outputs = state.outputs()
            given[free, at] = [samplers[i].choose(outputs[i]) for i in free] if temperature else earliest(outputs[free])
            running[free[given[free, at] == end]] = False
        if not running.any():
            break
        state.update(np.maximum(given[:, at], 0))
    bytes_of = np.array([NO_TOKEN if byte == UNKNOWN else byte for byte in names], np.uint8)
    return [bytes_of[row[len(symbols) :][row[len(symbols) :] >= 0]].tobytes() for row, symbols in zip(given, read, strict=True)]


class Table:
    """The completions of the training set by their prompts; the first one where a prompt is there several times."""

    def __init__(self, trained: Programs | Lines) -> None:
        self._answers: dict[bytes, bytes] = {}
        for number in range(len(trained)):
            self._answers.setdefault(trained.written.prompt(number), trained.written.completion(number))

    def complete(self, prompts: Sequence[bytes]) -> list[bytes]:
        """Nothing for a prompt that isn't there."""
        return [self._answers.get(prompt, b"") for prompt in prompts]


class NGrams:
    """The commonest token after the longest context of at most ``order`` - 1 tokens that the training set has, ties to the smaller one."""

    def __init__(self, data: bytes, order: int) -> None:
        text = np.frombuffer(data, np.uint8).astype(np.int64)
        self._best: list[dict[int, int]] = []
        for length in range(order):
            context = np.zeros(len(text) - length, np.int64)
            for back in range(length):
                context = context << 7 | text[back : len(text) - length + back]
            grams, counts = np.unique(context << 7 | text[length:], return_counts=True)
            rank = np.lexsort((grams, -counts, grams >> 7))
            owners, first = np.unique((grams >> 7)[rank], return_index=True)
            self._best.append(dict(zip(owners.tolist(), (grams[rank][first] & 127).tolist(), strict=True)))

    def next(self, text: bytes) -> int:
        """The token after ``text``."""
        for length in range(min(len(self._best) - 1, len(text)), 0, -1):
            context = 0
            for token in text[len(text) - length :]:
                context = context << 7 | token
            if context in self._best[length]:
                return self._best[length][context]
        return self._best[0][0]

    def complete(self, prompts: Sequence[bytes]) -> list[bytes]:
        """As a network does: after the primer, up to the end mark."""
        found = []
        for prompt in prompts:
            text = PRIMER + prompt
            while text[-1] != END and len(text) < len(PRIMER) + MOST_TOKENS:
                text += bytes([self.next(text)])
            found.append(text[len(PRIMER) + len(prompt) :])
        return found


Completer = Callable[[Sequence[bytes]], list[bytes]]

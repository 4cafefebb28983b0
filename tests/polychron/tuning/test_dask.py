"""Trials on the workers of Dask: two processes give what this one would, and what ends the workers doesn't end the search."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster, Worker, WorkerPlugin

import polychron
from golden.tasks.tables.task import TASKS, parts
from polychron.tuning import trial
from polychron.tuning.options import TuneClassify
from polychron.tuning.search import DIED
from polychron.tuning.trial import try_shape
from polychron.tuning.tried import trained

from .samples import ROOT, finished, made, wait_for

SCRIPT = """
import polychron

if __name__ == "__main__":
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        found = polychron.tune("classify", data="classify.csv", trials=1000, client=client)
        print(found.stopped, len(found.tried))
"""


class Deadly(WorkerPlugin):
    """Ends the process that trains 64 tables, as the system does with one that takes too much memory."""

    def setup(self, worker: Worker) -> None:
        def fatal(task: str, train: Any, options: Any, *rest: Any) -> Any:
            return os._exit(1) if options.tables == 64 else try_shape(task, train, options, *rest)

        trial.try_shape = fatal


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made().to_csv("classify.csv", index=False)


@pytest.fixture
def client(workers: int) -> Iterator[Client]:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize("workers", [2])
def test_the_results_do_not_depend_on_who_finds_them(client: Client) -> None:
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setattr("polychron.tuning.trial.fit_numbers", None)  # of this process, which trains nothing
        found = polychron.tune("classify", data="classify.csv", trials=5, seed=2, client=client)
    more = polychron.tune("classify", data="classify.csv", trials=6, seed=2, client=client)
    assert (len(found.tried), len(more.tried)) == (5, 6)
    assert len(finished(Path("classify.study"))) == 6
    options = TuneClassify(data=Path("classify.csv"), seed=2)
    train, _ = parts(TASKS["classify"], options.training())
    results = trained(more.tried)
    assert len(results) > 3
    for one in results:
        alone = try_shape("classify", train, options.training(one.shape), (), None)
        assert alone is not None
        assert alone.errors == one.errors


@pytest.mark.parametrize("workers", [1])
def test_a_shape_that_ends_its_worker_is_given_up(client: Client) -> None:
    client.register_plugin(Deadly())
    found = polychron.tune("classify", data="classify.csv", trials=3, client=client)
    assert [one.reason for one in found.tried if one.shape == found.default] == [DIED]
    assert trained(found.tried)
    assert f"the default, 64 tables of 6 pairs, {found.default.epochs} epochs: {DIED}" in str(found)
    assert polychron.tune("classify", data="classify.csv", trials=3).tried == found.tried


@pytest.mark.parametrize("workers", [0])
def test_a_client_without_workers_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match=r"^the client of Dask has no workers$"):
        polychron.tune("classify", data="classify.csv", trials=3, client=client)


def test_ctrl_c_of_a_terminal_reaches_the_workers_too() -> None:
    """They end at once; what is done is kept."""
    Path("script.py").write_text(SCRIPT, encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "script.py"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, text=True, start_new_session=True, **streams) as running:
        wait_for(Path("classify.study"), 3)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert out == f"True {len(finished(Path('classify.study')))}\n"

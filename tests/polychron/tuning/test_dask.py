"""Trials on the workers of Dask: two processes give what this one would."""

from pathlib import Path

import pytest
from distributed import Client, LocalCluster

import polychron
from golden.tasks.tables.task import TASKS, parts
from polychron.tuning.options import TuneClassify
from polychron.tuning.trial import try_shape
from polychron.tuning.tried import trained

from .samples import finished, made


def test_the_results_do_not_depend_on_who_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made().to_csv("classify.csv", index=False)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
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

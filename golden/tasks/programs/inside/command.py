"""``python -m golden.tasks.programs.inside.command``: why a network completes a program as it does, and what it has read in training."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import option
from polychron.command.terminal import printable

if TYPE_CHECKING:
    from .explain import Explained
    from .visits import Studied, Visits

app = make_app("inside", "Look inside a network that completes programs.", examples=['polychron programs explain NETWORK --prompt "3 4+"'])

Network = Annotated[str, option("a network of programs", metavar="NAME or FILE")]
VISITS = "visits that were counted before; left out: NETWORK.visits, or counted now"
VisitsFile = Annotated[Path | None, option(VISITS, name="--visits", metavar="FILE")]
Family = Literal["arithmetic", "comparison", "equality", "sequence", "unknown", "shuffle", "steps", "instruction"]
Prompts = Annotated[int, option("prompts of each family and split", low=2, high=10_000)]


@app.command
def visits(
    network: Network,
    /,
    *,
    examples: Annotated[int, option("training programs kept of each row", low=1, high=1000)] = 8,
    seed: Annotated[int, option("of the draw of examples", low=0, high=1 << 62)] = 0,
    out: Annotated[Path | None, option("left out: NETWORK.visits", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    """Count which training programs read which rows of a network, by family, and keep examples of each row."""
    from golden.integer.shipped import find_network
    from golden.tasks.products import check_spared
    from polychron.system.files import check_file

    from .visits import save_visits, study, visits_of, visits_path

    with reported(json) as figures:
        path = out or visits_path(network)
        check_file(path)
        check_spared(path, "--out", find_network(network), of="the network")
        studied = study(network)
        found = visits_of(studied, examples=examples, seed=seed)
        save_visits(found, studied, path)
        layers = [
            {"layer": layer, "rows": len(total), "visits": int(total.sum()), "never_visited": int((total == 0).sum())}
            for layer, total in found.totals.items()
        ]
        for one in layers:
            print(f"{one['layer']}: {one['visits']:,} visits; {one['never_visited']:,} of {one['rows']:,} rows never visited")
        print(f"written: {printable(path)}")
        figures |= {"file": path, "programs": len(studied.training.lines), "layers": layers}


@app.command
def explain(
    network: Network,
    /,
    *,
    prompt: Annotated[str, option("what the network completes", metavar="TEXT")],
    completion: Annotated[str | None, option("explain this instead of what the network writes", metavar="TEXT")] = None,
    most: Annotated[int, option("tables, and of the ten training programs, told of each symbol", low=1, high=10_000)] = 5,
    counted: VisitsFile = None,
    page: Annotated[Path | None, option("write a page too", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    """Explain a completion: the votes of all tables, the comparisons behind them, and the training programs that share most rows."""
    from golden.integer.shipped import find_network
    from golden.integer.symbols import typed_bytes
    from golden.tasks.products import check_spared
    from polychron.system.files import check_file, write_whole

    from .explain import explain as explained_by
    from .telling import figures as told_figures
    from .telling import lines
    from .visits import study, visits_path

    with reported(json) as figures:
        if page is not None:
            check_file(page)
            check_spared(page, "--page", find_network(network), of="the network")
            check_spared(page, "--page", counted or visits_path(network), of="the visits")
        studied = study(network)
        typed = None if completion is None else typed_bytes(completion)
        found = explained_by(studied, _visits(studied, network, counted), typed_bytes(prompt), typed)
        print("\n".join(map(printable_line, lines(found, most=most))))
        if page is not None:
            write_whole({page: _page(found)})
            print(f"written: {printable(page)}")
        figures |= told_figures(found) | {"file": page}


def printable_line(line: str) -> str:
    return printable(line, limit=1000)


def _page(found: "Explained") -> bytes:
    from polychron.report.page import Part, Table, render

    from .telling import sections, title

    parts = [
        Part(
            title=one.title,
            text=one.text,
            tables=[Table(head=one.tables[0][1], rows=one.tables[0][2])],
            folded=[(name, Table(head=head, rows=rows)) for name, head, rows in one.tables[1:]],
        )
        for one in sections(found)
    ]
    return render(title=title(found), columns=[("", parts)])


def _visits(studied: "Studied", network: str, path: Path | None) -> "Visits":
    """Of the file named, else of the one beside the network, else counted now."""
    from .visits import load_visits, visits_of, visits_path

    beside = visits_path(network)
    if path is None and not beside.exists():
        return visits_of(studied)
    return load_visits(path or beside, studied)


def told_area(row: Mapping[str, Any]) -> str:
    ends = f"{row['roc_auc_low']:.3f}-{row['roc_auc_high']:.3f}"
    never, held = ("-" if row[name] is None else f"{100 * row[name]:.1f}" for name in ("never_visited", "never_visited_held"))
    return f"{row['part']:15} {row['split']:13} {row['programs']:9}  {row['roc_auc']:.3f}  {ends}  {never:>16}  {held:>10}"


@app.command
def novelty(
    network: Network,
    /,
    *,
    prompt: Annotated[str | None, option("tell of this prompt alone", metavar="TEXT")] = None,
    programs: Prompts = 60,
    counted: VisitsFile = None,
    json: Json = False,
) -> None:
    """How well rows that training seldom visited tell prompts outside of its distribution; of one prompt, its rarest rows."""
    from golden.integer.symbols import typed_bytes

    from .novelty import novelty as measured
    from .novelty import rarest
    from .telling import told_rarest
    from .visits import study

    with reported(json) as figures:
        studied = study(network)
        found = _visits(studied, network, counted)
        if prompt is not None:
            read = rarest(studied, found, typed_bytes(prompt))
            print("\n".join(map(told_rarest, read)))
            figures |= {"rarest": [vars(one) for one in read], "areas": None, "plain_areas": None}
            return
        areas = measured(studied, found, count=programs)
        for title, rows in (("rarest row of", areas.parts), ("without network", areas.plain)):
            print(f"{title:15} split          programs  AUROC  interval     never visited, %  of held, %")
            for row in (row for row in rows if row["family"] == "all"):
                print(told_area(row))
        figures |= {"rarest": None, "areas": areas.parts, "plain_areas": areas.plain}


@app.command
def trace(network: Network, /, *, json: Json = False) -> None:
    """Trace what a network has learnt from planted programs back to their lines, exactly, through the whole training set."""
    from golden.programs.options import WorldError

    from .trace import planting
    from .visits import study

    with reported(json) as figures:
        studied = study(network)
        if not studied.training.planted:
            raise WorldError("the training set has no planted programs: train with --contradictions or --duplicates")
        for kind in ("contradictions", "duplicates"):
            told = planting(studied, kind=kind)
            figures[kind] = told
            print(f"{kind}: {told['planted']} planted, {told['learnt']} completed as planted")
            if told["learnt"]:
                low, high = (100 * end for end in told["traced_interval"])
                print(
                    f"  traced to the planted lines: {100 * told['traced']:.1f} % ({low:.1f}-{high:.1f}) among the ten programs named first"
                )
                print(f"  named first of all: {100 * told['traced_first']:.1f} %")


def told_share(row: Mapping[str, Any], name: str) -> str:
    """In per cent, with its interval."""
    low, high = (100 * end for end in row[f"{name}_interval"])
    return f"{100 * row[name]:5.1f} ({low:4.1f}-{high:5.1f})"


@app.command
def forget(
    network: Network,
    /,
    *,
    family: Annotated[Family, option("what is forgotten")],
    programs: Prompts = 60,
    out: Annotated[Path | None, option("write the network that has forgotten", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    """Learn the output rows anew without a family's programs, and tell what the network can no longer do."""
    from golden.integer.file import save_network
    from golden.integer.shipped import find_network
    from golden.tasks.products import check_spared
    from polychron.system.files import check_file

    from .forget import compared, learnt_anew
    from .visits import study

    with reported(json) as figures:
        if out is not None:
            check_file(out)
            check_spared(out, "--out", find_network(network), of="the network")
        studied = study(network)
        without = learnt_anew(studied, without=family)
        found = compared(studied, {"as_it_is": studied.network, "learnt_anew": learnt_anew(studied), "without": without}, count=programs)
        print("accepted, %   programs  as it is            learnt anew         without " + family)
        for row in found:
            shares = "  ".join(told_share(row, name) for name in ("as_it_is", "learnt_anew", "without"))
            print(f"{row['family']:13} {row['programs']:8}  {shares}")
        if out is not None:
            save_network(without, out)
            print(f"written: {printable(out)}")
        figures |= {"file": out, "forgotten": family, "families_accepted": found}


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())

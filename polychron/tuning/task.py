"""``polychron tune``: the samples, the search, and the training of what was picked."""

import hashlib
from pathlib import Path
from typing import Any

import boards
from boards import Board
from golden.tasks.products import check_out, check_spared
from golden.tasks.readers.content import named
from golden.tasks.readers.sizes import shown
from golden.tasks.tables.read import Samples
from golden.tasks.tables.task import TASKS, inputs_of, parts
from golden.tasks.tables.task import run as train_table

from ..clocks import tell_clocks
from ..command.options import command_line
from ..command.terminal import printable
from ..system.files import check_file
from ..system.version import project_version
from .costs import cost_of_shape
from .journal import Words, opened
from .options import TuneOptions
from .result import Tuning
from .search import Search, Task
from .shapes import Shape
from .subjects import SUBJECTS


def tuned(options: TuneOptions, *, client: Any = None) -> Tuning:
    """Search as ``options`` say, from where their study is; ``client``: of Dask, for its workers. ``ValueError`` of one sentence where the
    samples, the board or the study don't allow it."""
    board = boards.flash_mode(boards.get(options.board), options.flash)
    check_file(options.file)
    if options.out is not None:
        check_out(options.out)
    kind, plain = TASKS[options.task], options.training()
    train, test = parts(kind, plain)
    for option, file in (("--study", options.file), ("--out", options.out)):
        if file is not None:
            check_spared(file, option, *train.files, *test.files, of="the samples")
    if options.out is not None and options.out.absolute() == options.file.absolute():
        raise ValueError("--out and --study must be different files")
    count = _folds(train, options)
    task = task_of(train, options, board)
    with opened(options.file, _about(options, train, test)) as study:
        search = Search(study=study, task=task, options=options, client=client)
        stopped = search.run()
    return Tuning(
        options=options,
        board=board,
        tried=tuple(search.tried),
        default=task.space.default,
        samples=SUBJECTS[options.task].count(train),
        folds=count,
        held_out=SUBJECTS[options.task].count(test),
        stopped=stopped,
    )


def _folds(train: Samples, options: TuneOptions) -> int:
    """How many there are."""
    with named(options.data):
        count = len(SUBJECTS[options.task].parts(train, options.training()))
    if not count:
        needed = "four samples to train on" if train.groups is None else "two groups to train on"
        raise ValueError(f"{printable(options.data)}: cross-validation needs at least {needed}")
    return count


def task_of(train: Samples, options: TuneOptions, board: Board) -> Task:
    """Refused where not even the smallest network fits the board."""
    plain, subject = options.training(), SUBJECTS[options.task]
    training = TASKS[options.task].training(train, plain)
    inputs = subject.draft(train, training, inputs_of(training, train, plain), seed=options.seed)
    space = subject.space(train, training, plain, gentle=options.small_steps)
    cost_of_shape(Shape(space.least, 1, 1), inputs, board)
    return Task(train=train, space=space, inputs=inputs, board=board)


def _about(options: TuneOptions, train: Samples, test: Samples) -> Words:
    """What makes this search another one than that of a study."""

    def file(path: Path, digest: str) -> tuple[str, str]:
        return f"{path.name} (SHA-256 {digest[:12]})", digest

    size = "none" if train.size is None else shown(train.size)
    targets = ",".join(train.targets)
    return {
        "the task": (options.task, options.task),
        "--data": file(options.data, train.sha256),
        "--test": ("none", "") if options.test is None else file(options.test, test.sha256),
        "--target": (targets, hashlib.sha256(repr(train.targets).encode()).hexdigest()),
        "--group": (options.group or "none", options.group or ""),
        "--size": (size, size),
        "--gentle": ("yes" if options.small_steps else "no", options.small_steps),
        "--seed": (str(options.seed), options.seed),
        **{name: (value, value) for name, value in options.more.items()},
        "--board": (options.board, options.board),
        "--flash": (options.flash or "left out", options.flash or ""),
        "the version of polychron": (project_version(), project_version()),
    }


def train_picked(found: Tuning) -> dict[str, Any]:
    """Train what was picked on the whole training part, as ``polychron train`` does, print the figures of the held-out part, and give them
    for ``--json``: none where nothing was trained, or the search was interrupted."""
    options, pick = found.options, found.picked
    if options.out is None:
        return {}
    if pick is None or found.stopped:
        print("note: no network was made: " + ("the search was interrupted" if found.stopped else "no shape was trained"))
        return {}
    plain = options.training(pick.shape)
    print(f"picked, the {options.pick or 'best'}: {pick.shape}")
    command = command_line(f"python -m golden.train {options.task}", plain, defaults=type(plain)(data=Path()))
    figures = train_table(options.task, plain, out=options.out, command=command)
    return figures | tell_clocks(options.out, board=options.board, flash=options.flash)

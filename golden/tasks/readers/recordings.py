"""A folder of recordings by class, FOLDER/LABEL/*.wav: each is a signal, whose steps are what the front end hears of its frames."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from polychron.command.terminal import printable
from polychron.system.progress import under_way

from ...integer.layer import NetworkError
from ...sound.front_end import CHANNELS, NAME, features
from ..fitting.recipe import MAX_OUTPUTS
from .content import check_size, named, read_content
from .table import Table, Wanted, plain_frame
from .wav import samples_of

SUFFIX = ".wav"
BETWEEN = "_"
"""In the name of a file, behind that of the speaker."""


def is_folder_of_recordings(folder: Path) -> bool:
    """Whether there is one in one of its folders."""
    return any(next(_recordings(one), None) is not None for one in _classes(folder))


def read(path: Path, wanted: Wanted) -> Table:
    """A row for each step, in the order of the names of folders and files. Where all files are called SPEAKER_MORE.wav, as those of Speech
    Commands are, the speakers are groups."""
    if wanted.numbers:
        raise NetworkError(f"{printable(path)}: recordings are read by train stream, which learns classes")
    places = [(one.name, file) for one in _classes(path) for file in _recordings(one)]
    if (count := len({label for label, _ in places})) > MAX_OUTPUTS:
        raise NetworkError(f"{printable(path)}: there must be at most {MAX_OUTPUTS} folders of recordings, one a class, not {count}")
    digest, size, heard = hashlib.sha256(NAME.encode()), 0, []
    with under_way("hearing recordings") as phase:
        for number, (label, file) in enumerate(places):
            with named(file):
                content = read_content(file)
                check_size(size := size + len(content))
                heard.append(features(samples_of(content)))
            digest.update(hashlib.sha256(content).digest() + os.fsencode(f"{label}/{file.name}") + b"\0")
            phase(f"{number + 1} of {len(places)}")
    frame = plain_frame(np.concatenate(heard))
    frame.columns = list(CHANNELS)
    steps = [len(one) for one in heard]
    by_speaker = all(BETWEEN in file.stem for _, file in places)
    columns = {"recording": [f"{label}/{file.name}" for label, file in places]}
    if by_speaker:
        columns["speaker"] = [file.stem.split(BETWEEN)[0] for _, file in places]
    columns["label"] = [label for label, _ in places]
    for name, values in columns.items():
        frame[name] = np.repeat(np.array(values, object), steps)
    group = "speaker" if by_speaker else None
    files = tuple(file for _, file in places)
    return Table(frame=frame, sha256=digest.hexdigest(), files=files, apart=True, series="recording", group=group, heard=NAME)


def _classes(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))


def _recordings(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.iterdir()) if file.suffix.lower() == SUFFIX and not file.name.startswith("."))

"""``python -m golden.data tinyshakespeare [--out FILE]``: download the text that the project's figures are measured on."""

import hashlib
import http.client
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.terminal import printable
from polychron.system.files import check_output, read_input, write_whole
from polychron.system.progress import bar

app = make_app(
    "data",
    "Download the text that the project's figures are measured on.",
    examples=["polychron data tinyshakespeare", "polychron data tinyshakespeare --out texts/shakespeare.txt"],
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file of the net that never changes: its ``name``, where it is, its bytes and their hash."""

    name: str
    url: str
    size: int
    sha256: str


TINYSHAKESPEARE = Source(
    name="tinyshakespeare",
    url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    size=1_115_394,
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)


def fetch(source: Source, out: Path, *, timeout: float = 120) -> bool:
    """Download ``source`` to the file ``out``, whole or not at all; False where it is there already. ``ValueError`` in one sentence: there
    is another file, what came is not ``source``, or nothing came within ``timeout`` seconds.
    """
    if _there(source, out):
        return False
    by_hand = f"get it by hand from {source.url} and put it at {printable(out)}"
    try:
        data = _download(source, timeout)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        why = f"HTTP {error.code} {reason}" if isinstance(error, urllib.error.HTTPError) else str(reason) or type(error).__name__
        raise ValueError(f"{source.name} can't be downloaded ({printable(why)}): {by_hand}") from None
    if not _is(source, data):
        count = f"more than {source.size:,}" if len(data) > source.size else f"{len(data):,}"
        raise ValueError(
            f"what was downloaded is not {source.name} ({count} bytes, not {source.size:,} with SHA-256 {source.sha256}): {by_hand}"
        )
    if not _there(source, out):  # meanwhile
        write_whole({out: data}, folders=True)
    return True


def _is(source: Source, data: bytes) -> bool:
    return len(data) == source.size and hashlib.sha256(data).hexdigest() == source.sha256


def _there(source: Source, out: Path) -> bool:
    """Whether ``out`` is ``source`` already; another file there is a ``ValueError``."""
    check_output(out)
    if not out.exists():
        return False
    if out.stat().st_size != source.size or not _is(source, read_input(out)):
        raise ValueError(f"{printable(out)} is there already and is not {source.name}: name another file with --out")
    return True


def _download(source: Source, timeout: float) -> bytes:
    """What the address gives, at most a byte more than there should be."""
    end, data = time.monotonic() + timeout, b""
    with (
        bar(source.size, desc=source.name, unit="B", unit_scale=True) as line,
        urllib.request.urlopen(source.url, timeout=min(timeout, 20)) as answer,
    ):
        while len(data) <= source.size and (part := answer.read1(source.size + 1 - len(data))):
            data += part
            line.update(len(part))
            if time.monotonic() > end:
                raise TimeoutError(f"{len(data):,} bytes came in {timeout:g} seconds")
    return data


@app.command
def tinyshakespeare(*, out: Annotated[Path, option("where it goes", metavar="FILE")] = Path("tinyshakespeare.txt")) -> None:
    """Shakespeare, public domain: 1,115,394 bytes, by HTTPS, checked by their hash."""
    new = fetch(TINYSHAKESPEARE, out)
    print(f"{printable(out)}: {TINYSHAKESPEARE.size:,} bytes, {'downloaded' if new else 'there already'}, SHA-256 {TINYSHAKESPEARE.sha256}")


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())

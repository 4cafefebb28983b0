"""The text that figures are measured on, downloaded from a server on loopback: whole and right, or one sentence and nothing."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from golden import data
from golden.data import TINYSHAKESPEARE, Source, fetch, main

TEXT = b"First Citizen:\nBefore we proceed any further, hear me speak.\n" * 500


class Server(ThreadingHTTPServer):
    """Gives ``answer`` for /text; ``declared``: another Content-Length; ``asked``: how often; ``pause``: seconds between pieces."""

    answer = TEXT
    declared: int | None = None
    asked = 0
    pause = 0.0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.path == "/garbage":
            self.wfile.write(b"no HTTP\r\n")
            return
        if self.path != "/text":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(self.server.declared or len(self.server.answer)))
        self.end_headers()
        for at in range(0, len(self.server.answer), 1000) if self.server.pause else [None]:
            try:
                self.wfile.write(self.server.answer if at is None else self.server.answer[at : at + 1000])
            except OSError:  # the client has gone
                return
            time.sleep(self.server.pause)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def source(server: Server, monkeypatch: pytest.MonkeyPatch) -> Source:
    """What the command downloads, in this test from the server."""
    made = Source(
        name="tinyshakespeare",
        url=f"http://127.0.0.1:{server.server_port}/text",
        size=len(TEXT),
        sha256=hashlib.sha256(TEXT).hexdigest(),
    )
    monkeypatch.setattr(data, "TINYSHAKESPEARE", made)
    return made


def test_it_is_downloaded_once(server: Server, source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "text.txt"
    for new in ("downloaded", "there already"):
        assert main(["tinyshakespeare", "--out", str(out)]) == 0
        assert capsys.readouterr().out == f"{out}: {len(TEXT):,} bytes, {new}, SHA-256 {source.sha256}\n"
        assert out.read_bytes() == TEXT
    assert server.asked == 1
    assert list(out.parent.iterdir()) == [out]


def refused(out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence of the command; nothing is written."""
    assert main(["tinyshakespeare", "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert list(out.parent.iterdir()) == []
    return captured.err


WRONG = {
    "another": (TEXT[:-1] + b"!", None, f"({len(TEXT):,} bytes, not {len(TEXT):,} with SHA-256 "),
    "too long": (TEXT + TEXT, None, f"(more than {len(TEXT):,} bytes, not "),
    "truncated": (TEXT[:-1000], None, f"({len(TEXT) - 1000:,} bytes, not "),
    "cut off": (TEXT[:-1000], len(TEXT), ""),
}


@pytest.mark.parametrize(("answer", "declared", "message"), WRONG.values(), ids=WRONG)
def test_what_is_not_the_text(
    answer: bytes,
    declared: int | None,
    message: str,
    server: Server,
    source: Source,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.answer, server.declared = answer, declared
    line = refused(tmp_path / "text.txt", capsys)
    assert message in line
    assert f"get it by hand from {source.url} and put it at {tmp_path / 'text.txt'}" in line


def test_without_an_answer(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A page that is gone, a port that nobody listens at, a server of something else: where to get it, where to put it."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        for url, why in (
            (source.url + "s", "HTTP 404 Not Found"),
            (f"http://127.0.0.1:{port}/text", "Connection refused"),
            (source.url.replace("text", "garbage"), "no HTTP"),
        ):
            monkeypatch.setattr(data, "TINYSHAKESPEARE", replace(source, url=url))
            line = refused(tmp_path / "text.txt", capsys)
            assert line.startswith("error: tinyshakespeare can't be downloaded (")
            assert why in line
            assert line.endswith(f"): get it by hand from {url} and put it at {tmp_path / 'text.txt'}\n")


def test_a_slow_drip_ends(server: Server, source: Source, tmp_path: Path) -> None:
    server.pause = 0.1
    with pytest.raises(ValueError, match=r"can't be downloaded \([\d,]+ bytes came in 0\.5 seconds\): get it by hand"):
        fetch(source, tmp_path / "text.txt", timeout=0.5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"mine", TEXT[:-1] + b"?"])
def test_another_file_is_kept(content: bytes, server: Server, source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "text.txt"
    out.write_bytes(content)
    assert main(["tinyshakespeare", "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"error: {out} is there already and is not tinyshakespeare: name another file with --out\n"
    assert out.read_bytes() == content
    assert server.asked == 0


def test_a_folder_that_cannot_be_written(source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(b"")
    for out in (tmp_path, tmp_path / "file" / "text.txt"):
        assert main(["tinyshakespeare", "--out", str(out)]) == 2
        assert capsys.readouterr().err.startswith(f"error: {out} can't be read or written: ")


def test_the_shipped_networks_were_trained_on_it() -> None:
    from golden.integer.file import load
    from golden.integer.shipped import find_network

    assert load(find_network("shakespeare")).card["data"]["sha256"] == TINYSHAKESPEARE.sha256
    assert TINYSHAKESPEARE.url.startswith("https://")

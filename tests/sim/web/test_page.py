"""A page without a browser: what it carries is what the core and the model have, what it holds can't run, and what is refused."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

import boards
import polychron
import sim.page
from firmware.image.image import write_image
from golden.integer.deep import deep_forward
from golden.integer.layer import NetworkError
from sim.compare.expected import Golden
from sim.compare.summands import summands
from sim.machines.preload import memory_words
from sim.web import assemble, wasm
from sim.web.images import examples, image_format
from sim.web.make import First, make_page
from sim.web.pack import pack
from sim.web.vectors import class_vectors, text_vectors

FIRST = First(prompt="To be", length=3, temperature=0.7, k=0, seed=1)
HOSTILE = "</title></script><script>document.title='run'</script><img src=x onerror=alert(1)>&\u2028"


@cache
def compiled(name, board="icebreaker"):
    network = polychron.load(name)
    return network.compile(board=board, temperature=0.0 if name in ("digits", "mnist") else 0.7)


def unpacked(data):
    """The header of a pack and its arrays, read as the page's script reads them."""
    raw = gzip.decompress(data)
    end = 4 + int.from_bytes(raw[:4], "little")
    header = json.loads(raw[4:end])
    types = {"int16": "<i2", "uint32": "<u4", "uint8": "u1"}
    return header, {name: np.frombuffer(raw, types[kind], size, end + at) for name, (kind, at, size) in header["arrays"].items()}


def packed(name, board="icebreaker", **more):
    program = compiled(name, board)
    network, code = program.network.integer, program.code
    if network.byte_symbols() is None:
        vectors = class_vectors(network, code, examples(image_format(network)))
    else:
        vectors = text_vectors(network, code, prompt="To be", length=3)
    return network, code, vectors, pack(network, code, program.board, vectors=vectors, more=more)


@pytest.mark.parametrize("name", ["shakespeare", "transformer", "digits", "best-5m"])
def test_the_pack_is_the_program(name):
    _, code, vectors, data = packed(name)
    header, arrays = unpacked(data)
    for memory, words in memory_words(code).items():
        chunks = arrays[f"memory.{memory.replace('.', ' ')}"].reshape(len(words), -1)
        assert [sum(int(part) << 32 * i for i, part in enumerate(word)) for word in chunks] == words
    assert np.array_equal(arrays["vectors.latencies"], vectors.latencies)
    assert header["vectors"]["symbols"] == list(vectors.symbols)
    assert len(header["runs"]) == len(code.runs)
    assert (header["flash"] is not None) == ("flash" in arrays) == (name == "best-5m")
    assert packed(name)[3] == data


def addresses(header, arrays, last, source, symbol):
    """The bytes at which the page looks for the rows of a write-back, as sim/web/assets/tables.js finds them."""
    runs = header["runs"]
    mine = [number for number in range(last + 1) if runs[number]["base"] == runs[last]["base"]]
    first = max(number for number in mine if runs[number]["first"])
    for number in mine[mine.index(first) :]:
        run = runs[number]
        for position in range(len(run["tables"])) if run["plain"] or run["token"] else ():
            row = symbol
            if run["plain"]:
                pairs = arrays[f"anchors.{number}"].reshape(len(run["tables"]), -1, 2)[position]
                row = int("".join(str(int(source[a] > source[b])) for a, b in pairs), 2)
            yield header["lanes"] * (run["table_base"] + (position << run["table_log2"]) + (row << run["row_log2"]))


@pytest.mark.parametrize(
    ("name", "board"),
    [*((name, "icebreaker") for name in ("shakespeare", "transformer", "digits", "best-5m")), ("shakespeare", "ulx3s_85f")],
)
def test_the_rows_that_the_page_finds_are_those_that_are_added(name, board):
    """On the ULX3S part of S goes before U."""
    network, code, vectors, data = packed(name, board)
    header, arrays = unpacked(data)
    golden = Golden(network, code)
    image, offset = write_image(code), compiled(name, board).board.image_offset
    found = 0
    for step in range(vectors.steps):
        given = vectors.x[step] if len(vectors.x) else None if vectors.given[step] < 0 else vectors.given[step]
        for write in golden.step(given):
            added = [row for row in summands(network, code, write) if not row.distance]
            rows = [row.address for row in added]
            for row in added:
                if row.tier:
                    at = row.address - header["flash"]["first"]
                    assert arrays["flash"][at : at + row.size].tobytes() == image[row.address - offset :][: row.size]
            there = list(addresses(header, arrays, write.run, write.made.source, write.made.index))
            assert there == rows
            found += len(rows)
            if header["runs"][write.run]["plain"] and write.made.source.any():
                late = np.argsort(-write.made.source)
                swapped = write.made.source.copy()
                swapped[late] = write.made.source[late[::-1]]
                assert list(addresses(header, arrays, write.run, swapped, write.made.index)) != rows  # other spikes, other rows
    assert found >= 26 * vectors.steps


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_names_from_files_are_text():
    calm = assemble.assemble(core=b"core", pack=packed("digits", about={"a": "b"})[3], title="digits").decode()
    page = assemble.assemble(core=b"core", pack=packed("digits", about={HOSTILE: HOSTILE})[3], title=HOSTILE).decode()
    assert "<img" not in page
    assert "&lt;/title&gt;" in page
    assert [tag for tag, _ in Tags(page).found] == [tag for tag, _ in Tags(calm).found]
    broken = page.replace("&lt;", "<").replace("&gt;", ">")
    assert [tag for tag, _ in Tags(broken).found] != [tag for tag, _ in Tags(calm).found]


def test_the_policy_lets_the_page_run_itself_alone():
    page = assemble.assemble(core=b"core", pack=b"pack", title="x").decode()
    [policy] = [attrs["content"] for tag, attrs in Tags(page).found if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    for kind, text in (
        ("script", page.split("<script>")[1].split("</script>")[0]),
        ("style", page.split("<style>")[1].split("</style>")[0]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert not re.search(r" on\w+=| style=", page.split("<script")[0])


def test_the_page_keeps_its_parts():
    page = assemble.assemble(core=b"the core", pack=b"the pack", title="x").decode()
    core = page.split('id="core">')[1].split("<")[0]
    assert gzip.decompress(base64.b64decode(core)) == b"the core"
    assert base64.b64decode(page.split('id="pack">')[1].split("<")[0]) == b"the pack"


def test_a_page_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match=r"the page would have [\d,]+ bytes, the limit is 6,000,000"):
        assemble.assemble(core=b"", pack=bytes(assemble.LIMIT), title="x")


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_the_drawn_digits_are_read(name):
    network = polychron.load(name).integer
    assert deep_forward(network, examples(image_format(network))).states[-1].argmin(axis=1).tolist() == list(range(10))


def refused(capsys, *words):
    assert sim.page.main(list(words)) == 2
    return capsys.readouterr().err.strip()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--temperature", "0.75"], "temperature must be 0, 0.1, 0.2 .. 1.5 on a page, not 0.75"),
        (["--prompt", "", "--length", "0"], "--prompt and --length leave nothing to read or write"),
        (["--length", "1001"], "must be 0..1000"),
        (["--out", "/dev/full"], "it is a device, not a regular file"),
    ],
)
def test_bad_input_is_one_sentence(capsys, words, said):
    assert said in refused(capsys, *words).splitlines()[-1]


def test_a_classifier_of_no_images_is_refused():
    program = compiled("digits")
    network = replace(program.network.integer, card={})
    with pytest.raises(NetworkError, match="digits: its card names no images of 64 pixels"):
        make_page(network, program.code, program.board, first=replace(FIRST, temperature=0.0), about={})


def test_a_board_with_an_sdram_and_tables_on_chip():
    """The page is that of the same board without one, but for its title and its clock."""
    assert wasm.core_rtlil(boards.get("ulx3s_25f_sdram"), flash=False) == wasm.core_rtlil(boards.get("ulx3s_25f"), flash=False)
    (header, arrays), (other, same) = (unpacked(packed("digits", board)[3]) for board in ("ulx3s_25f_sdram", "ulx3s_25f"))
    assert header | {name: other[name] for name in ("board", "hertz")} == other
    assert all(np.array_equal(array, same[name]) for name, array in arrays.items())
    assert arrays.keys() == same.keys()


def test_tables_in_an_sdram_are_refused():
    program = compiled("best-5m", "ulx3s_25f_sdram")
    said = "best-5m has tables in the SDRAM of ulx3s_25f_sdram, which no page has: name a board with tables in flash"
    with pytest.raises(NetworkError, match=said):
        make_page(program.network.integer, program.code, program.board, first=FIRST, about={})


def test_a_missing_compiler_is_named(monkeypatch):
    monkeypatch.setattr(wasm.importlib.util, "find_spec", lambda name: None)
    program = compiled("digits")
    with pytest.raises(ValueError, match="pip install ziglang"):
        make_page(program.network.integer, program.code, program.board, first=replace(FIRST, temperature=0.0), about={})

"""One HTML file of the assets beside this module, a core and a pack; it loads nothing, and its policy lets it load nothing."""

import base64
import gzip
import hashlib
import html
from importlib.resources import files

STYLES = ("page.css",)
WORKER = ("pack.js", "core.js", "tables.js", "check.js", "worker.js")
SCRIPTS = ("pack.js", "raster.js", "memory.js", "votes.js", "text.js", "draw.js", "page.js")
LIMIT = 6_000_000


def _asset(name: str) -> str:
    return (files("sim.web") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def assemble(*, core: bytes, pack: bytes, title: str) -> bytes:
    """The page. ``core``: a module of :func:`sim.web.wasm.core_module`; ``pack``: of :func:`sim.web.pack.pack`; ``title``: plain text.

    A page above :data:`LIMIT` bytes is a ``ValueError``.
    """
    worker = "".join(_asset(name) for name in WORKER)
    script, style = ('"use strict";\n' + "".join(_asset(name) for name in SCRIPTS)), "".join(_asset(name) for name in STYLES)
    policy = f"default-src 'none'; script-src {_hash(script)} 'wasm-unsafe-eval'; style-src {_hash(style)}; worker-src blob:; img-src data:"
    parts = {
        "TITLE": html.escape(title),
        "POLICY": policy,
        "STYLE": style,
        "CORE": base64.b64encode(gzip.compress(core, 9, mtime=0)).decode(),
        "PACK": base64.b64encode(pack).decode(),
        "WORKER": worker,
        "SCRIPT": script,
    }
    pieces = _asset("page.html").split("%%")
    page = "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces)).encode()
    if len(page) > LIMIT:
        raise ValueError(f"the page would have {len(page):,} bytes, the limit is {LIMIT:,}: its network is too large")
    return page

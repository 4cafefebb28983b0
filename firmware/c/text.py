"""Values as the text of a C program: arrays, strings, and remarks with names from a file in them."""

from collections.abc import Iterable
from textwrap import wrap

from polychron.command.terminal import printable

SIZES = {"uint8_t": 1, "int8_t": 1, "uint16_t": 2, "int16_t": 2, "int32_t": 4, "float": 4, "double": 8}
"""Bytes of the types that constants have."""

LONGEST = 4095
"""Bytes of a string that every compiler of C99 takes."""


def array(kind: str, name: str, values: Iterable[object], *, shared: bool = False) -> str:
    """A constant array, of this file's own unless it is ``shared``."""
    lines = "\n".join(wrap(", ".join(map(str, values)), 96, initial_indent="    ", subsequent_indent="    "))
    return f"{'' if shared else 'static '}const {kind} {name}[] = {{\n{lines},\n}};\n"


def encoded(text: str) -> bytes:
    """The bytes of ``text`` in a string: UTF-8, what has none there escaped."""
    return text.encode(errors="backslashreplace")


def string(text: str) -> str:
    """``text`` as a literal, all but plain ASCII as octal escapes; ``ValueError`` where C has no such string."""
    data = encoded(text)
    if 0 in data:
        raise ValueError(f"{printable(text, limit=60)!r} has a NUL, which ends a string of C")
    if len(data) > LONGEST:
        raise ValueError(f"{printable(text, limit=60)!r} has {len(data)} bytes, a string of C99 has at most {LONGEST}")
    return '"' + "".join(map(_sign, data)) + '"'


def _sign(byte: int) -> str:
    sign = chr(byte)
    if sign in '"\\?':  # a question mark may begin a trigraph
        return "\\" + sign
    return sign if " " <= sign <= "~" else f"\\{byte:03o}"


def remark(text: str) -> str:
    """A remark of one line or more, as the driver has them."""
    return "\n".join(wrap(f"/* {text} */", 96, subsequent_indent=" * ")) + "\n"


def quoted(name: str) -> str:
    """``name`` within a remark, which it does not end, and cut where it is long."""
    return '"' + printable(name, limit=80).replace("*/", "* /").replace("/*", "/ *") + '"'

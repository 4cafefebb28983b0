"""What ``firmware.talk scrub`` does: a core checks its flash, and the user is told where it is damaged."""

import sys

from polychron.system.progress import under_way

from ..image.contents import Content, contents
from ..image.sections import signature, unpack, unsigned
from .host import Hello, Host, ScrubError
from .transport import Transport


def scrub(transport: Transport, image: bytes | None) -> int:
    """Check the flash of the core at ``transport``: 0 if it is sound, else 1.

    ``image``: what should be in the flash. With it progress is told in percent of its bytes, and a damaged section by what it holds.
    """
    sections = [] if image is None else contents(image)
    host = Host(transport)
    print(host.hello(), file=sys.stderr)
    try:
        with under_way("scrubbing") as phase:
            end = host.scrub(progress=lambda number: phase(_place(number, sections)))
    except ScrubError as error:
        print(f"damaged: {error}", file=sys.stderr)
        if error.in_section and error.section < len(sections):
            print(f"in the file, {sections[error.section]}", file=sys.stderr)
        return 1
    if sections and end.section != (len(sections) - 1) % 256:
        print(f"the flash holds another image: it ends with section {end.section}, the file with {len(sections) - 1}", file=sys.stderr)
        return 1
    print(f"the flash is sound, sections 0 to {end.section}" + ("" if end.loaded else "; no image is loaded"), file=sys.stderr)
    if image is not None:
        return held_against(end, None if unsigned(image) else signature(unpack(image)[1]))
    return 0


def held_against(end: Hello, due: int | None) -> int:
    """Whether the flash that was just found sound holds the image of a file with the signature ``due``, or with none: 0, or 1 if it holds
    another."""
    why = ""
    if not end.loaded:
        why = "no image is loaded"
    elif due is None:
        why = "an image of version 1 has no signature"
    elif end.signature != due and not end.flash_same:
        why = "the core runs another image"
    if why:
        print(f"of the file only the number of sections was compared, for {why}", file=sys.stderr)
        return 0
    if end.signature == due and end.flash_same:
        return 0
    print("the flash holds another image than the file", file=sys.stderr)
    return 1


def _place(number: int, sections: list[Content]) -> str:
    if number < len(sections):
        return f"{100 * sections[number].start // sections[-1].end} %"
    return f"section {number}"

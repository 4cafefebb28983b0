"""A scrub by the whole FPGA of an iCEBreaker after place and route: it reads all of the flash, also what a boot leaves there."""

import pytest

from firmware import isa
from firmware.image.image import write_image
from firmware.image.sections import signature, unpack
from sim.compare.expected import Golden
from sim.netlist.conversation import Setting, converse

from ..icarus.two_tiers import small_network, two_tiers
from .builds import BYTE, NIBBLE, label, netlist_of

pytestmark = pytest.mark.slow

NETWORK = small_network()
FAR_AT = 0x800  # a scrub reads what lies before it, too


def scrubbed(board, image, afterwards, folder):
    """The core's replies to HELLO, a scrub, and what comes ``afterwards``."""
    heard = converse(netlist_of("route", board), board, Setting(image=image), [("hello",), ("scrubbed",), afterwards], folder=folder)
    assert (heard.resent, heard.unknown, heard.violations) == (0, 0, [])
    return heard.replies


@pytest.mark.parametrize("board", [BYTE, NIBBLE], ids=label)
def test_a_sound_flash(board, tmp_path):
    """It is said to hold the image, and the core goes on where it was."""
    program = two_tiers(NETWORK, 24 * board.lanes, board, far_at=FAR_AT)
    golden, due = Golden(NETWORK, program), []
    for _ in range(3):
        golden.step()
        due.append(golden.symbol)
    before, after, symbols = scrubbed(board, write_image(program), ("step", 3), tmp_path)
    for said in (before, after):
        assert (said["loaded"], said["error"], said["flash_same"]) == (True, False, True)
        assert said["signature"] == signature(unpack(write_image(program))[1])
    assert symbols == due


def test_a_flipped_bit_that_no_boot_reads(tmp_path):
    """The negative control, in a table that stays in flash: the core boots, and the scrub names the section."""
    program = two_tiers(NETWORK, 24 * BYTE.lanes, BYTE, far_at=FAR_AT)
    whole = write_image(program)
    _, sections = unpack(whole)
    number = next(place for place, section in enumerate(sections) if section.kind is isa.Kind.FLASH)
    image = bytearray(whole)
    image[whole.index(sections[number].payload)] ^= 1
    before, found, said = scrubbed(BYTE, bytes(image), ("refused",), tmp_path)
    assert before["loaded"]
    assert found == {"code": isa.LoadError.SECTION_CRC, "section": number}
    assert said == "STEP is refused: the core has no image, or the last one failed to load"

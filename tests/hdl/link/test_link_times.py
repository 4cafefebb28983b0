# amaranth: UnusedElaboratable=no
"""How long silences and answers may be that a link is made for."""

import pytest

from firmware.isa import Width
from hdl.link.link import Link


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ({"gap_bits": 5}, "gap_bits must be 6..24, not 5"),
        ({"gap_bits": 25}, "gap_bits must be 6..24, not 25"),
        ({"gap_bits": 20, "watchdog_bits": 19}, "watchdog_bits must be 20..32, not 19"),
        ({"watchdog_bits": 33}, "watchdog_bits must be 16..32, not 33"),
    ],
)
def test_limits_of_its_times(bits, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Link(width=Width(), **bits)

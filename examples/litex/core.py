"""The core of Polychron as a LiteX module: an image and symbols by streams or by a processor's registers.

Needs LiteX and Migen, which are no dependencies of Polychron. docs/user/verilog.md says how it is used.
"""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from litex.soc.interconnect.csr import CSRField, CSRStatus, CSRStorage
from migen import ClockSignal, Constant, Instance, ResetSignal, Signal


class PolychronCore(LiteXModule):
    """The core in ``verilog``, the file of ``polychron verilog`` without flash.

    ``image``: bytes of a memory image, after a write to ``control.start``. ``step``: one step a word, with ``forced`` its symbol is taken.
    ``symbol``: what the steps choose. ``control`` and ``status`` are registers of the SoC.
    """

    def __init__(self, platform=None, verilog="core.v"):
        self.image = image = stream.Endpoint([("data", 8)])
        self.step = step = stream.Endpoint([("symbol", 8), ("forced", 1)])
        self.symbol = symbol = stream.Endpoint([("data", 8)])
        self.control = control = CSRStorage(
            fields=[
                CSRField("start", pulse=True, description="An image begins."),
                CSRField("abort", pulse=True, description="Ends a step."),
            ]
        )
        self.status = status = CSRStatus(
            fields=[
                CSRField("done", description="An image is loaded."),
                CSRField("error", description="The last one was refused."),
                CSRField("code", size=3, description="Why."),
                CSRField("section", size=8, description="Where."),
            ]
        )
        self.specials += Instance(
            "polychron_core",
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_image_payload=image.data,
            i_image_valid=image.valid,
            o_image_ready=image.ready,
            i_image_start=control.fields.start,
            o_load_done=status.fields.done,
            o_load_error=status.fields.error,
            o_load_code=status.fields.code,
            o_load_section=status.fields.section,
            o_load_image_signature=Signal(32),
            o_load_same=Signal(),
            i_step_forced=step.forced,
            i_step_symbol=step.symbol,
            i_step_valid=step.valid,
            o_step_ready=step.ready,
            o_symbol_payload=symbol.data,
            o_symbol_valid=symbol.valid,
            i_symbol_ready=symbol.ready,
            i_abort=control.fields.abort,
            i_read_request_space=Constant(0, 2),
            i_read_request_address=Constant(0, 16),
            i_read_request_valid=Constant(0, 1),
            o_read_request_ready=Signal(),
            o_read_data_payload=Signal(16),
            o_read_data_valid=Signal(),
            i_read_data_ready=Constant(0, 1),
        )
        if platform is not None:
            platform.add_source(verilog)

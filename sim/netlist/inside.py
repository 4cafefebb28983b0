"""What happens in Icarus Verilog with a whole FPGA: a cocotb test module. FPGA (JSON) in the environment: what to do, and where the results
go (sim/netlist/conversation.py).
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from firmware import isa
from firmware.host.device import Device
from firmware.host.host import Host, LinkError, ScrubError
from firmware.host.link import Frame, FrameReader
from firmware.learning import Learning
from sim.flash import FlashChip, FlashTiming, Found, Pads, Power
from sim.netlist.pins import FlashPins, UartPins

BOOT_TIME = 200_000_000_000  # ps
ABORT_TIME = 0.1  # s that the reply to a request that is ended may take


def _found(fields: dict[str, Any]) -> Found:
    return Found(**{**fields, "power": Power(fields["power"]), "timing": FlashTiming(**fields["timing"])})


def _refused(host: Host) -> str:
    """What the driver says of a step that the core refuses; nothing if it takes the step."""
    try:
        host.step(1)
    except LinkError as error:
        return str(error)
    return ""


def _scrubbed(host: Host) -> dict[str, Any]:
    """What the core says after a scrub: of itself if the flash is sound, else which section of the image is not, and why."""
    try:
        return asdict(host.scrub())
    except ScrubError as error:
        return {"code": error.code, "section": error.section}


def _aborted(host: Host, count: int) -> dict[str, Any]:
    """A STEP of ``count`` steps with an ABORT right behind it: the status of the one reply, and the symbols finished."""
    requests = Frame.request(isa.Command.STEP, bytes([count]), seq=201), Frame.request(isa.Command.ABORT, seq=202)
    host.transport.write(b"".join(frame.encode() for frame in requests))
    reader, end = FrameReader(reply=True), host.transport.now() + ABORT_TIME
    while host.transport.now() < end:
        if frames := reader.push(host.transport.read(1, ABORT_TIME)):
            return {"status": frames[0].code, "symbols": list(frames[0].payload)}
    return {"status": None, "symbols": []}


ACTIONS: dict[str, Callable[..., Any]] = {
    "hello": lambda host, image: asdict(host.hello()),
    "feed": lambda host, image, symbols: host.feed(symbols),
    "step": lambda host, image, count: host.step(count),
    "store": lambda host, image, first, count: host.store(first, count),
    "counters": lambda host, image: asdict(host.counters()),
    "refused": lambda host, image: _refused(host),
    "aborted": lambda host, image, count: _aborted(host, count),
    "reset": lambda host, image: Device(host, image).reset(),
    "scrubbed": lambda host, image: _scrubbed(host),
    "learning": lambda host, image, step: Device(host, image).learn(Learning(step=step)),
    "tables": lambda host, image, address, count: host.tables(address, count),
    "writes": lambda host, image: asdict(host.writes()),
}


def _test() -> Any:
    """The conversation as a cocotb test. cocotb comes with the extra ``test``; only a simulator imports this module."""
    import cocotb
    from cocotb.task import bridge
    from cocotb.triggers import First, RisingEdge, Timer, with_timeout
    from cocotbext.uart import UartSink, UartSource

    @cocotb.test(name="talk")
    async def talk(dut: Any) -> None:
        job = json.loads(os.environ["FPGA"])
        source, sink = (UartSource(dut.uart_rx, baud=job["baud"], bits=8), UartSink(dut.uart_tx, baud=job["baud"], bits=8))
        image = Path(job["image"]).read_bytes()
        chip = FlashChip(image, _found(job["found"]), offset=job["offset"], strict=False)
        cocotb.start_soon(FlashPins(dut, chip, Pads(**job["pads"])).run())
        await with_timeout(First(RisingEdge(dut.led_g), RisingEdge(dut.led_r)), BOOT_TIME, "ps")
        await Timer(1, unit="us")
        result: dict[str, Any] = {"green": int(dut.led_g.value), "red": int(dut.led_r.value)}

        def carry_out() -> tuple[list[Any], int]:
            host = Host(UartPins(source, sink))
            return [ACTIONS[name](host, image, *arguments) for name, *arguments in job["actions"]], host.faults.resent

        result["replies"], result["resent"] = await bridge(carry_out)()
        dut.fpga.dump.value = 1
        await Timer(1, unit="ns")
        result |= {name: int(dut[name].value) for name in ("collisions", "unknown")}
        result["violations"] = [violation.name for violation in chip.violations]
        Path(job["result"]).write_text(json.dumps(result))

    return talk


talk = _test()

"""Which port to talk to, where none was named."""

import sys

from serial.tools.list_ports import comports

from polychron.command.terminal import printable

SIMULATED = "simulated"


def choose_port() -> str:
    """The port that is chosen at the terminal, out of a list of this machine's; ``ValueError`` with the list where nobody can be asked."""
    found = [(port.device, _told(port.device, port.description, port.hwid)) for port in sorted(comports())]
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        there = "; ".join(line for _, line in found) or "this machine has none"
        raise ValueError(f"--port must name a serial port ({there}), or be {SIMULATED}")
    choices = [*found, (SIMULATED, "a simulated board")]
    for number, (_, line) in enumerate(choices, start=1):
        print(f"{number}  {line}")
    while True:
        try:
            word = input(f"port [1..{len(choices)}, Enter: 1]: ").strip() or "1"
        except EOFError:
            raise ValueError("no port was chosen") from None
        if word.isdecimal() and 1 <= int(word) <= len(choices):
            return choices[int(word) - 1][0]


def _told(device: str, description: str, hardware: str) -> str:
    what = [part for part in (description, hardware) if part and part != "n/a" and part != device]
    return printable(f"{device}  {', '.join(what)}" if what else device)

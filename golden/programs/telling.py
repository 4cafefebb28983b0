"""Programs judged while a network writes them."""

from collections.abc import Callable

from .machine import Machine, ProgramError
from .tokens import END


class Judge:
    """Is given tokens as they come, and tells each program on a line of its own with what the machine says of it. ``prompt`` is read first;
    ``verdicts``: of each program that came to its end or to a fault, whether it was accepted.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._begin()
        self.verdicts: list[bool] = []

    def _begin(self) -> None:
        self._machine = Machine()
        self._fault: ProgramError | None = None

    def take(self, text: str) -> None:
        """The next tokens, told as they are; at the end of a program the verdict follows."""
        for sign in text:
            self._tell(sign)
            if self._fault is None:
                try:
                    self._machine.take(ord(sign) if sign.isascii() else 255)
                except ProgramError as error:
                    self._fault = error
            if sign == chr(END):
                self._tell("  accepted\n" if self._fault is None else f"  not accepted: a token {self._fault}\n")
                self.verdicts.append(self._fault is None)
                self._begin()

"""The words of an SDRAM."""

from boards.sdram import SdramPart

MASK = 0xFFFFFFFF


def unwritten(number: int, seed: int) -> int:
    """32 bits that stand in the word of that number before it is written: random, and always the same.

    The mixing function is the "lowbias32" of Chris Wellons' hash-prospector.
    """
    x = (number + seed * 0x9E3779B9) & MASK
    x = (x ^ x >> 16) * 0x7FEB352D & MASK
    x = (x ^ x >> 15) * 0x846CA68B & MASK
    return x ^ x >> 16


class Content:
    """Words by number: bank, row and column, the column in the low bits."""

    def __init__(self, part: SdramPart, seed: int) -> None:
        self._part, self._seed = part, seed
        self._mask = (1 << part.bits) - 1
        self._words: dict[int, int] = {}

    def number(self, bank: int, row: int, column: int) -> int:
        return (bank << self._part.row_bits | row) << self._part.column_bits | column

    def __getitem__(self, number: int) -> int:
        word = self._words.get(number)
        return unwritten(number, self._seed) & self._mask if word is None else word

    def __setitem__(self, number: int, word: int) -> None:
        self._words[number] = word

    def fill(self, data: bytes, *, bank: int, row: int, column: int) -> None:
        """Writes ``data``, whole words, the low byte first, from a column of a row on."""
        check_place(self._part, bank, row, column=column, size=len(data))
        size, first = self._part.bits // 8, self.number(bank, row, column)
        for at in range(0, len(data), size):
            self[first + at // size] = int.from_bytes(data[at : at + size], "little")

    def row(self, bank: int, row: int) -> bytes:
        """All bytes of a row."""
        check_place(self._part, bank, row)
        size, first = self._part.bits // 8, self.number(bank, row, 0)
        return b"".join(self[first + column].to_bytes(size, "little") for column in range(1 << self._part.column_bits))


def check_place(part: SdramPart, bank: int, row: int, *, column: int = 0, size: int = 0) -> None:
    """Refuses a place that the chip hasn't, and ``size`` bytes that are no whole words or don't fit the row."""
    columns, word = 1 << part.column_bits, part.bits // 8
    for name, value, count in (("bank", bank, 4), ("row", row, 1 << part.row_bits), ("column", column, columns)):
        if not 0 <= value < count:
            raise ValueError(f"{name} must be 0..{count - 1}, not {value}")
    if size % word or size > (columns - column) * word:
        raise ValueError(f"data must be whole words of {word} bytes and at most {(columns - column) * word} bytes, not {size}")

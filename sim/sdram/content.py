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

    def fill(self, data: bytes, *, bank: int, row: int) -> None:
        """Writes ``data``, whole words, the low byte first, from column 0 of a row on."""
        check_fill(self._part, data, bank, row)
        size, first = self._part.bits // 8, self.number(bank, row, 0)
        for at in range(0, len(data), size):
            self[first + at // size] = int.from_bytes(data[at : at + size], "little")

    def row(self, bank: int, row: int) -> bytes:
        """All bytes of a row."""
        check_fill(self._part, b"", bank, row)
        size, first = self._part.bits // 8, self.number(bank, row, 0)
        return b"".join(self[first + column].to_bytes(size, "little") for column in range(1 << self._part.column_bits))


def check_fill(part: SdramPart, data: bytes, bank: int, row: int) -> None:
    """Refuses a place that the chip hasn't, or more than a row."""
    word, row_size = part.bits // 8, part.bits // 8 << part.column_bits
    if not 0 <= bank < 4 or not 0 <= row < 1 << part.row_bits:
        raise ValueError(f"bank and row must be below 4 and {1 << part.row_bits}, not {bank} and {row}")
    if len(data) % word or len(data) > row_size:
        raise ValueError(f"data must be whole words of {word} bytes and at most a row of {row_size}, not {len(data)} bytes")

"""What an SDRAM stores and shows: bursts word by word, when a word stands at the lines, and the words that nobody wrote."""

from dataclasses import replace

import pytest

from boards.sdram import EM638325_6
from sim.sdram import Command, SdramChip
from sim.violations import ChipError

from .sdram_master import A10, PART, Master

ACT, READ, WRITE, PRE, STOP = Command.ACTIVATE, Command.READ, Command.WRITE, Command.PRECHARGE, Command.BURST_TERMINATE
ROW = 0x1234 & 0x1FFF
WORDS = [0x1000 + column for column in range(512)]
FAR = 100_000


def opened(length=1, *, single=False, part=PART):
    """Row ROW of bank 2, filled with WORDS, is open."""
    master = Master(part, length=length, single=single, strict=True)
    master.chip.fill(b"".join(word.to_bytes(2, "little") for word in WORDS), bank=2, row=ROW)
    master.rise(FAR, ACT, bank=2, address=ROW)
    master.rise(20_000)
    return master


def stored(master, row=ROW):
    data = master.chip.row(2, row)
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


def play(master, commands, clocks):
    """What the chip drives before the clock after each of the next ``clocks``, None where it does not; ``commands``: (command, bank,
    address) by the clock's number."""
    got = []
    for number in range(clocks):
        command, bank, address = commands.get(number, (Command.NOP, 0, 0))
        master.rise(10_000, command, bank=bank, address=address)
        levels, mask = master.chip.out(master.now + 9_999)
        got.append(levels if mask else None)
    return got


@pytest.mark.parametrize("length", [1, 2, 4, 8])
@pytest.mark.parametrize("first", [8, 13])
def test_a_burst_stays_in_its_block(length, first):
    master = opened(length)
    block = first // length * length
    columns = [block + (first + word) % length for word in range(length)]
    shown = play(master, {0: (READ, 2, first)}, length + 4)
    assert shown == [None, None, *(WORDS[column] for column in columns), None, None]


@pytest.mark.parametrize("length", [1, 2, 4, 8])
@pytest.mark.parametrize("single", [False, True])
def test_a_write_too(length, single):
    master = opened(length, single=single)
    for word in range(length):
        command = WRITE if word == 0 else Command.NOP
        master.rise(10_000, command, bank=2, address=0 if word else 21, dq=0x8000 + word)
    master.rise(10_000, dq=0x9000)
    expected, block = list(WORDS), 21 // length * length
    for word in range(1 if single else length):
        expected[block + (21 + word) % length] = 0x8000 + word
    assert stored(master) == expected


def test_a_word_stands_from_t_ac_to_t_oh():
    master = opened()
    master.rise(10_000, READ, bank=2, address=7)
    master.rise(10_000)
    master.rise(10_000)
    for since in (PART.t_ac, 9_999):
        assert master.read_at(since) == WORDS[7]
    early = {master.read_at(PART.t_ac - 1) for _ in range(20)}
    assert len(early) == 20
    master.rise(10_000)
    assert master.read_at(PART.t_oh - 1) == WORDS[7]
    assert master.chip.out(master.now + PART.t_hz - 1)[1] == 0xFFFF
    assert master.chip.out(master.now + PART.t_hz) == (0, 0)
    assert len({master.read_at(PART.t_oh) for _ in range(20)} | {master.read_at(9_999) for _ in range(20)}) == 40


def test_between_two_words_the_lines_are_driven_but_unknown():
    part = replace(PART, t_lz=1_000)
    master = opened(2, part=part)
    master.rise(10_000, READ, bank=2, address=4)
    master.rise(10_000)
    master.rise(10_000)
    assert [master.chip.out(master.now + since)[1] for since in (0, part.t_lz - 1, part.t_lz)] == [0, 0, 0xFFFF]
    master.rise(10_000)
    assert master.read_at(part.t_oh - 1) == WORDS[4]
    assert [master.chip.out(master.now + since)[1] for since in (part.t_oh, part.t_ac - 1)] == [0xFFFF] * 2
    assert len({master.read_at(since) for since in range(part.t_oh, part.t_ac, 100)}) == (part.t_ac - part.t_oh) // 100
    assert master.read_at(part.t_ac) == WORDS[5]


def test_reads_without_a_gap():
    """From two banks by turns, each READ at the end of the burst before it."""
    master = opened(4)
    master.chip.fill(b"".join((word ^ 0x4000).to_bytes(2, "little") for word in WORDS), bank=1, row=5)
    master.rise(10_000, ACT, bank=1, address=5)
    master.rise(20_000)
    shown = play(master, {4 * number: (READ, 2 - number % 2, 4 * number) for number in range(4)}, 18)
    assert shown == [None, None, *(WORDS[column] ^ (0x4000 if column & 4 else 0) for column in range(16))]


@pytest.mark.parametrize("command", [READ, PRE, STOP])
@pytest.mark.parametrize("clocks", [1, 3, 7])
def test_a_burst_is_cut(command, clocks):
    """What the clocks before the command have fetched still comes."""
    master = opened(8)
    master.rise(20_000)
    after = WORDS[32:40] if command is READ else [None] * 8
    shown = play(master, {0: (READ, 2, 16), clocks: (command, 2, 32)}, clocks + 10)
    assert shown == [None, None, *WORDS[16 : 16 + clocks], *after]


@pytest.mark.parametrize("command", [PRE, STOP, READ])
def test_a_write_is_cut(command):
    """The word at the clock of the command isn't written."""
    master = opened(4, part=replace(PART, t_wr=5_000))
    master.rise(20_000, WRITE, bank=2, address=0, dq=0xA000)
    master.rise(10_000, dq=0xA001)
    master.rise(10_000, command, bank=2, address=8)
    assert stored(master)[:4] == [0xA000, 0xA001, *WORDS[2:4]]


def test_a_read_that_a_write_ends_comes_too_close():
    """The chip drives when the command comes."""
    master = opened(4)
    master.rise(10_000, READ, bank=2, address=0)
    master.rise(10_000)
    with pytest.raises(ChipError, match="contention is broken"):
        master.rise(10_000, WRITE, bank=2, address=0, dq=1)


def test_what_is_written_is_read_at_once():
    master = opened()
    master.rise(10_000, WRITE, bank=2, address=9, dq=0x5A5A)
    assert play(master, {0: (READ, 2, 9)}, 3)[2] == 0x5A5A


def test_a_row_is_its_own():
    """After a precharge, by command or by itself, another row of the bank."""
    master = opened()
    master.rise(10_000, READ, bank=2, address=A10)
    master.rise(10_000)
    master.rise(FAR, ACT, bank=2, address=ROW - 1)
    master.rise(10_000)
    master.rise(50_000, WRITE, bank=2, address=3 | A10, dq=0x7777)
    master.rise(20_000)
    master.rise(FAR, ACT, bank=2, address=ROW)
    assert play(master, {2: (READ, 2, 3)}, 5)[4] == WORDS[3]
    assert (stored(master, ROW - 1)[3], stored(master)) == (0x7777, WORDS)


def test_lines_that_nobody_drives_are_written_at_random():
    chip = SdramChip(PART)
    master = Master(chip=chip)
    master.rise(FAR, ACT, bank=2, address=ROW)
    for column in range(32):
        master.rise(20_000, WRITE, bank=2, address=column)
    assert len(set(stored(master)[:32])) == 32
    pins = {"command": Command.WRITE, "bank": 2, "address": 40, "dq": 0xFF, "drive": 0xFF}
    chip.set(master.now + 20_000, clk=0, **pins)
    chip.set(master.now + 30_000, clk=1, **pins)
    assert stored(master)[40] & 0xFF == 0xFF


def test_the_fpga_sees_what_it_drives():
    chip = SdramChip(PART)
    chip.set(0, clk=0, command=7, bank=0, address=0, dq=0xAB, drive=0xFF)
    seen = [chip.read(time) for time in range(20)]
    assert {value & 0xFF for value in seen} == {0xAB}
    assert len(set(seen)) > 10


@pytest.mark.parametrize("part", [PART, EM638325_6], ids=lambda part: part.name)
def test_words_never_written(part):
    """Random, the same at every reading, others in another chip."""
    one, same, other = SdramChip(part, seed=5), SdramChip(part, seed=5), SdramChip(part, seed=6)
    row = one.row(3, 100)
    assert len(row) == part.bits // 8 << part.column_bits
    assert row == same.row(3, 100) == one.row(3, 100)
    assert row not in (one.row(2, 100), one.row(3, 101), other.row(3, 100))
    ones = sum(byte.bit_count() for byte in row)
    assert abs(ones / len(row) / 8 - 0.5) < 0.03


def test_fill_takes_whole_words_of_a_row():
    chip = SdramChip(PART)
    before = chip.row(1, 8)
    chip.fill(b"abcd", bank=1, row=8)
    chip.fill(b"efgh", bank=1, row=8, column=510)
    assert chip.row(1, 8) == b"abcd" + before[4:1020] + b"efgh"
    for place, message in (
        ({"bank": 4, "row": 0}, r"bank must be 0\.\.3, not 4"),
        ({"bank": 0, "row": 8192}, r"row must be 0\.\.8191, not 8192"),
        ({"bank": 0, "row": 0, "column": 512}, r"column must be 0\.\.511, not 512"),
    ):
        with pytest.raises(ValueError, match=message):
            chip.fill(b"", **place)
    with pytest.raises(ValueError, match=r"bank must be 0\.\.3, not -1"):
        chip.row(-1, 0)
    for data, column, room in ((b"abc", 0, 1024), (bytes(1026), 0, 1024), (bytes(6), 510, 4)):
        with pytest.raises(ValueError, match=f"whole words of 2 bytes and at most {room} bytes, not {len(data)}"):
            chip.fill(data, bank=0, row=0, column=column)

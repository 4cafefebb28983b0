"""Programming: what is told before, the words of each programmer, and what is refused. The programmers here record how they are called;
where the real ones are installed, they are called for a device that isn't there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import boards
import hdl.program
from firmware.compiler import compile_network
from firmware.image.image import write_image
from hdl.flow import programming
from hdl.flow.errors import BuildError
from hdl.flow.job import product_names
from hdl.flow.products import flash_image
from hdl.flow.programming import VerifyError, plan
from polychron.system.together import with_list
from tests.firmware.networks import random_network

ROOT = Path(__file__).parents[3]


@pytest.fixture
def devices(tmp_path):
    """The folder of USB devices; ``devices(bus, number, usb)`` plugs one in."""
    folder = tmp_path / "usb"
    folder.mkdir()

    def plug(bus, number, usb, product="Dual RS232\x1b[2J"):
        device = folder / f"{bus}-{number}"
        device.mkdir()
        vendor, kind = usb.split(":")
        for name, value in (("idVendor", vendor), ("idProduct", kind), ("busnum", bus), ("devnum", number), ("product", product)):
            (device / name).write_text(f"{value}\n")

    plug.folder = folder
    plug(1, 2, "1d6b:0002")
    (folder / "1-2:1.0").mkdir()  # an interface has none of these files
    return plug


def products(folder, name, image, **more):
    """``folder`` with what a build for the board ``name`` leaves, the bitstream ten bytes."""
    folder.mkdir(exist_ok=True)
    board = boards.get(name)
    bitstream, *_ = (file for file in product_names(board) if file.startswith("bitstream"))
    flash = flash_image(bitstream=b"b" * 10, image=image, offset=board.image_offset, size=board.flash_size)
    for file, data in with_list({bitstream: b"b" * 10, "image.bin": image, "flash.bin": flash, **more}).items():
        (folder / file).write_bytes(data)
    return folder


@pytest.fixture
def build(tmp_path):
    return products(tmp_path / "build", "icebreaker", b"i" * 7)


@pytest.fixture
def whole(tmp_path):
    """A build with a real memory image; ``whole(board)`` says which board its report names."""

    def fill(name, *, of="icebreaker"):
        image = write_image(compile_network(random_network(1), boards.get(of)))
        return products(tmp_path / "whole", name, image, **{"report.json": f'{{"board": "{name}"}}'.encode()})

    return fill


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """``tools(name, code)`` installs a programmer that records its words, runs ``body`` and ends with ``code``; no other is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name, code=0, body=":"):
        path = folder / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n{body}\nexit {code}\n')
        path.chmod(0o755)

    return install


def loader(chip, *, writes=True, spoils=":", reads=True):
    """What openFPGALoader does with an iCE40's flash, ``chip``, whatever its exit code: it writes, or reads the whole of it."""
    write = f'/bin/cp "$last" {chip}; {spoils}' if writes else ":"
    read = f'/bin/cp {chip} "$last"' if reads else ":"
    return f'for last; do :; done\ncase "$*" in *--dump-flash*) {read};; *) {write};; esac'


def words(tmp_path):
    return (tmp_path / "words").read_text().splitlines()


def test_iceprog(tmp_path, devices, build, tools):
    tools("iceprog")
    tools("openFPGALoader")
    devices(3, 14, "0403:6010")
    writing = plan(boards.get("icebreaker"), build, image_only=False, place=None, devices=devices.folder)
    assert str(writing) == (
        f"{build}/flash.bin, 1,048,583 bytes, to 0x0..0x100006 of the flash of the 1BitSquared iCEBreaker"
        " at USB 3/14 (Dual RS232\\x1b[2J), by iceprog"
    )
    writing.run()
    assert words(tmp_path) == ["-d", "d:003/014", "-o", "0", f"{build}/flash.bin"]
    writing = plan(boards.get("icebreaker"), build, image_only=True, place="3/14", devices=devices.folder)
    assert "7 bytes, to 0x100000..0x100006" in str(writing)
    writing.run()
    assert words(tmp_path) == ["-d", "d:003/014", "-o", str(0x100000), f"{build}/image.bin"]


def test_openfpgaloader(tmp_path, devices, build, tools):
    tools("openFPGALoader")
    devices(3, 14, "0403:6010")
    write, read = plan(boards.get("icebreaker"), build, image_only=True, place=None, devices=devices.folder).commands()
    start = "openFPGALoader -b ice40_generic --busdev-num 3:14"
    assert write == f"{start} --write-flash -o {0x100000} {build}/image.bin".split()
    assert read == f"{start} --dump-flash --file-size 7 -o {0x100000} read-back.bin".split()


@pytest.mark.parametrize(
    ("name", "words_of_it", "offset"), [("ulx3s_85f", "-b ulx3s", 0x200000), ("icepi_zero", "-c ft231X --pins 7:3:5:6", 0x100000)]
)
def test_openfpgaloader_and_an_ecp5(name, words_of_it, offset, tmp_path, devices, tools):
    """Bitstream and image in one file, written as it is, or the image alone; the bitstream in it is the one beside it."""
    tools("openFPGALoader")
    devices(1, 5, "0403:6015")
    build, board = products(tmp_path / "build", name, b"i" * 7), boards.get(name)
    start = f"{words_of_it} --busdev-num 1:5 --write-flash --verify -o"
    for image_only, written in ((False, f"0 {build}/flash.bin"), (True, f"{offset} {build}/image.bin")):
        plan(board, build, image_only=image_only, place=None, devices=devices.folder).run()
        assert words(tmp_path) == f"{start} {written}".split()
    (build / "files.sha256").unlink()
    (build / "bitstream.bit").write_bytes(b"c" * 10)
    assert refused(devices, build, name) == f"{build}/bitstream.bit is not the one in flash.bin beside it: build again"


@pytest.mark.parametrize(
    ("chip", "error", "message"),
    [
        ({}, None, ""),
        ({"writes": False}, VerifyError, "is not what was to be written, from 0x0 on"),
        ({"spoils": "printf x | dd of=$chip bs=1 seek=12 conv=notrunc 2> $chip.log"}, VerifyError, "from 0xc on"),
        ({"reads": False}, BuildError, "has read back 0 of 1048583 bytes"),
        ({"spoils": 'printf bbbb > "$chip"'}, BuildError, "has read back 4 of 1048583 bytes"),
    ],
)
def test_what_openfpgaloader_has_written_is_read_back(chip, error, message, tmp_path, devices, build, tools):
    """For an iCE40 its exit code is 0 whatever it has found."""
    path = tmp_path / "chip"
    path.write_bytes(b"old" * 100)
    tools("openFPGALoader", 0, f"PATH=/usr/bin:/bin chip={path}\n{loader(path, **chip)}")
    devices(3, 14, "0403:6010")
    writing = plan(boards.get("icebreaker"), build, image_only=False, place=None, devices=devices.folder)
    if error is None:
        writing.run()
        assert path.read_bytes() == (build / "flash.bin").read_bytes()
        return
    with pytest.raises(error) as caught:
        writing.run()
    assert type(caught.value) is error
    assert message in str(caught.value)


def refused(devices, build, name="icebreaker", *, image_only=False, place=None):
    with pytest.raises((ValueError, OSError)) as caught:
        plan(boards.get(name), build, image_only=image_only, place=place, devices=devices.folder)
    return str(caught.value)


def test_what_is_refused(tmp_path, devices, build, tools):
    icebreaker = "the 1BitSquared iCEBreaker"
    assert refused(devices, build) == (
        f"{icebreaker} is written by iceprog (apt-get install fpga-icestorm) or openFPGALoader (apt-get install openfpgaloader),"
        " which was not found: install it"
    )
    tools("iceprog")
    assert refused(devices, build) == f"{icebreaker} shows as USB device 0403:6010, and there is none; of that kind there are: none"
    devices(3, 14, "0403:6010", "A")
    assert refused(devices, build, place="3/15").endswith("and there is none at 3/15; of that kind there are: 3/14 (A)")
    assert plan(boards.get("icebreaker"), build, image_only=False, place="003/014", devices=devices.folder).device.place == "3/14"
    for place in ("", "3:14", "3/14/1", "\u0663/14"):
        assert refused(devices, build, place=place).startswith("--usb must be BUS/NUMBER as lsusb counts, such as 003/014, not ")
    devices(3, 9, "0403:6010", "B")
    assert refused(devices, build) == ("there are several USB devices 0403:6010, 3/9 (B), 3/14 (A): name the board's with --usb BUS/NUMBER")
    assert refused(devices, build, "icesugar").startswith("no tool is known that writes the flash of the MuseLab iCESugar from here")
    assert refused(devices, build, "upduino_v3", image_only=True).startswith("the tinyVision.ai UPduino v3 reads no image from its flash")
    flash = (build / "flash.bin").read_bytes()
    (build / "image.bin").write_bytes(b"other")
    assert "don't belong together" in refused(devices, build, place="3/14")
    (build / "files.sha256").unlink()
    for size in ((16 << 20) + 1, 1 << 42):
        os.truncate(build / "flash.bin", size)
        assert "more bytes than the 16777216 that are left in the flash from 0x0 on" in refused(devices, build, place="3/14")
    (build / "flash.bin").write_bytes(flash)
    assert refused(devices, build, place="3/14") == f"{build}/image.bin is not the one in flash.bin beside it: build again"
    (build / "image.bin").unlink()
    (build / "bitstream.bin").write_bytes(b"c" * 10)
    assert refused(devices, build, place="3/14") == f"{build}/bitstream.bin is not the one in flash.bin beside it: build again"
    (build / "flash.bin").write_bytes(b"")
    assert refused(devices, build, place="3/14") == f"{build}/flash.bin is empty"
    (build / "flash.bin").unlink()
    os.mkfifo(build / "flash.bin")
    assert "it is a FIFO" in refused(devices, build, place="3/14")
    assert not (tmp_path / "words").exists()


@pytest.mark.parametrize(
    ("code", "body", "due", "message"),
    [
        (3, ":", 1, "what iceprog has read back from the flash is not what it has written"),
        (2, ":", 2, "iceprog failed with exit code 2, for what it says above; the flash may be written in part"),
        (0, "kill -SEGV $$", 2, "iceprog was ended by signal 11; the flash may be written in part"),
    ],
)
def test_a_programmer_that_fails(code, body, due, message, devices, build, tools):
    tools("iceprog", code, body)
    devices(3, 14, "0403:6010")
    with pytest.raises(ValueError, match="iceprog") as caught:
        plan(boards.get("icebreaker"), build, image_only=False, place=None, devices=devices.folder).run()
    assert str(caught.value) == message
    assert caught.value.exit_code == due
    assert isinstance(caught.value, VerifyError) == (due == 1)


def test_command(tmp_path, devices, whole, tools, capfd, monkeypatch):
    monkeypatch.setattr(programming.plan, "__kwdefaults__", {"devices": devices.folder})
    build = whole("icebreaker")
    size = (build / "flash.bin").stat().st_size
    tools("iceprog")
    devices(3, 14, "0403:6010")
    assert hdl.program.main(["--build", str(build), "--dry-run"]) == 0
    told = capfd.readouterr().out.splitlines()
    assert told[0].startswith(f"would write {build}/flash.bin, {size:,} bytes, to 0x0..{size - 1:#x} ")
    assert told[1] == f"iceprog -d d:003/014 -o 0 {build}/flash.bin"
    assert not (tmp_path / "words").exists()
    assert hdl.program.main(["--build", str(build)]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "written and verified"
    assert words(tmp_path)[-1] == f"{build}/flash.bin"
    assert hdl.program.main(["--build", str(tmp_path / "none")]) == 2
    assert "No such file or directory" in capfd.readouterr().err


def test_only_what_is_for_the_board(tmp_path, devices, whole, tools, capfd, monkeypatch):
    """Builds for other boards, and files that hold no whole image of the board's, are refused before the programmer is called."""
    monkeypatch.setattr(programming.plan, "__kwdefaults__", {"devices": devices.folder})
    tools("iceprog")
    devices(3, 14, "0403:6010")
    devices(3, 15, "0403:6014")

    def said(*words):
        assert hdl.program.main(["--build", str(tmp_path / "whole"), *words]) == 2
        return capfd.readouterr().err

    for name, other in (("icesugar", "icebreaker"), ("upduino_v3", "icebreaker"), ("icebreaker", "upduino_v3")):
        build = whole(name)
        assert f"{build} holds a build for the board {name}, not for {other}\n" in said("--board", other)
    whole("icebreaker", of="ulx3s_85f")
    different = "the memory image is for 16 lanes and 2 comparators, the core of icebreaker has 8 lanes and 2 comparators\n"
    assert said() == f"error: {build}/flash.bin: {different}"
    assert said("--image-only") == f"error: {build}/image.bin: {different}"

    whole("icebreaker")
    (build / "files.sha256").unlink()
    image, flash = (build / "image.bin").read_bytes(), (build / "flash.bin").read_bytes()
    (build / "image.bin").unlink()
    for length in (100, 0x100000, len(flash) - 1):
        (build / "flash.bin").write_bytes(flash[:length])
        assert f"{build}/flash.bin: there is no memory image for 0x100000 of the flash in it: the " in said()
    (build / "image.bin").write_bytes(image[:60] + bytes([image[60] ^ 1]) + image[61:])
    assert "the CRC of section 0 (META) at byte 16 is wrong" in said("--image-only")
    (build / "flash.bin").write_bytes(flash)
    for report in ("{", "[]", "{}", "\xff"):
        (build / "report.json").write_text(report, encoding="latin-1")
        assert "report.json names no board" in said()
    assert not (tmp_path / "words").exists()
    (build / "report.json").unlink()
    (build / "image.bin").write_bytes(image)
    assert hdl.program.main(["--build", str(build)]) == 0


def test_an_interrupted_programmer(tmp_path, devices, whole, tools):
    """It is ended, and it is said that the flash may be written in part."""
    tools("iceprog", 0, f"echo $$ > {tmp_path}/pid; kill -INT $PPID; exec /bin/sleep 60")
    devices(3, 14, "0403:6010")
    folder = repr(str(devices.folder))
    script = f"import sys, hdl.program, hdl.flow.programming as p; p.plan.__kwdefaults__['devices'] = p.Path({folder})"
    script += "; sys.exit(hdl.program.main())"
    words = [sys.executable, "-c", script, "--build", str(whole("icebreaker"))]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 130
    assert done.stderr == "iceprog was ended; the flash may be written in part\nstopped\n"
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


@pytest.mark.parametrize(("name", "tool"), [("icebreaker", "iceprog"), ("ulx3s_85f", "openFPGALoader"), ("icepi_zero", "openFPGALoader")])
def test_the_real_programmer_without_its_device(name, tool, tmp_path, devices):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    board = boards.get(name)
    build = products(tmp_path / "build", name, b"i" * 7)
    devices(120, 99, board.usb)
    with pytest.raises(ValueError, match=f"^{tool} failed with exit code "):
        plan(board, build, image_only=False, place=None, devices=devices.folder).run()

"""Programming: what is told before, the words of each programmer, and what is refused. The programmers here record how they are called;
where the real ones are installed, they are called for a device that isn't there."""

import os
import shutil
from pathlib import Path

import pytest

import boards
import hdl.program
from hdl.flow import programming
from hdl.flow.programming import VerifyError, plan
from polychron.system.together import with_list

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


@pytest.fixture
def build(tmp_path):
    folder = tmp_path / "build"
    folder.mkdir()
    files = {"bitstream.bin": b"b" * 10, "bitstream.bit": b"b" * 10, "image.bin": b"i" * 7, "flash.bin": b"b" * 10 + b"i" * 7}
    for name, data in with_list(files).items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """``tools(name, code)`` installs a programmer that records its words and ends with ``code``; no other is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name, code=0):
        path = folder / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\nexit {code}\n')
        path.chmod(0o755)

    return install


def words(tmp_path):
    return (tmp_path / "words").read_text().splitlines()


def test_iceprog(tmp_path, devices, build, tools):
    tools("iceprog")
    tools("openFPGALoader")
    devices(3, 14, "0403:6010")
    writing = plan(boards.get("icebreaker"), build, image_only=False, place=None, devices=devices.folder)
    assert str(writing) == (
        f"{build}/flash.bin, 17 bytes, to 0x0..0x10 of the flash of the 1BitSquared iCEBreaker at USB 3/14 (Dual RS232\\x1b[2J), by iceprog"
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
    devices(1, 5, "0403:6015")
    plan(boards.get("icebreaker"), build, image_only=False, place=None, devices=devices.folder).run()
    assert words(tmp_path) == f"-b ice40_generic --busdev-num 3:14 --write-flash --verify -o 0 {build}/flash.bin".split()
    plan(boards.get("ulx3s_85f"), build, image_only=False, place=None, devices=devices.folder).run()
    assert words(tmp_path) == f"-b ulx3s --busdev-num 1:5 --write-flash --verify -o 0 {build}/bitstream.bit".split()


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
    devices(3, 9, "0403:6010", "B")
    assert refused(devices, build) == ("there are several USB devices 0403:6010, 3/9 (B), 3/14 (A): name the board's with --usb BUS/NUMBER")
    assert refused(devices, build, "icesugar").startswith("no tool is known that writes the flash of the MuseLab iCESugar from here")
    assert refused(devices, build, "upduino_v3", image_only=True).startswith("the tinyVision.ai UPduino v3 reads no image from its flash")
    (build / "image.bin").write_bytes(b"other")
    assert "don't belong together" in refused(devices, build, place="3/14")
    (build / "files.sha256").unlink()
    with open(build / "flash.bin", "r+b") as file:
        file.truncate((16 << 20) + 1)
    assert "16777216 are left in the flash from 0x0 on" in refused(devices, build, place="3/14")
    (build / "flash.bin").unlink()
    os.mkfifo(build / "flash.bin")
    assert "it is a FIFO" in refused(devices, build, place="3/14")
    assert not (tmp_path / "words").exists()


@pytest.mark.parametrize(("code", "due"), [(3, 1), (2, 2)])
def test_a_programmer_that_fails(code, due, devices, build, tools):
    tools("iceprog", code)
    devices(3, 14, "0403:6010")
    with pytest.raises(ValueError, match="iceprog") as caught:
        plan(boards.get("icebreaker"), build, image_only=False, place=None, devices=devices.folder).run()
    assert caught.value.exit_code == due
    assert isinstance(caught.value, VerifyError) == (due == 1)


def test_command(tmp_path, devices, build, tools, capfd, monkeypatch):
    monkeypatch.setattr(programming.plan, "__kwdefaults__", {"devices": devices.folder})
    tools("iceprog")
    devices(3, 14, "0403:6010")
    assert hdl.program.main(["--build", str(build), "--dry-run"]) == 0
    told = capfd.readouterr().out.splitlines()
    assert told[0].startswith(f"would write {build}/flash.bin, 17 bytes, to 0x0..0x10 ")
    assert told[1] == f"iceprog -d d:003/014 -o 0 {build}/flash.bin"
    assert not (tmp_path / "words").exists()
    assert hdl.program.main(["--build", str(build)]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "written and verified"
    assert words(tmp_path)[-1] == f"{build}/flash.bin"
    assert hdl.program.main(["--build", str(tmp_path / "none")]) == 2
    assert "No such file or directory" in capfd.readouterr().err


@pytest.mark.parametrize(("name", "tool"), [("icebreaker", "iceprog"), ("ulx3s_85f", "openFPGALoader")])
def test_the_real_programmer_without_its_device(name, tool, devices, build):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    board = boards.get(name)
    devices(120, 99, board.usb)
    with pytest.raises(ValueError, match=f"^{tool} failed with exit code "):
        plan(board, build, image_only=False, place=None, devices=devices.folder).run()

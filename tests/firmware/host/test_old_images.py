"""Images of version 1 at a core in plain Python: loaded with their signature, and in a flash that has none."""

from pathlib import Path

import pytest

from firmware.c.network import main as as_c
from firmware.chat.writing import write
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.host.scrub import scrub
from firmware.image.contents import contents
from firmware.image.image import write_image
from firmware.image.sections import until_rest
from golden.integer.sampling import Sampler
from polychron.command.target import EARLIEST

from ..flashed import small_board
from ..old_images import write_old_image
from .core import FakeCore
from .host_bench import ICEBREAKER, golden_run, text_network

SIZE = 256
PROGRAM = compile_network(text_network(), ICEBREAKER)
SPREAD = compile_network(text_network(), small_board(SIZE))
OTHER = compile_network(text_network(seed=1), small_board(SIZE))
ANOTHER = r"^the flash holds the tables of another image: write build/BOARD/flash\.bin with the board's programmer$"


def test_the_core_is_told_its_signature() -> None:
    core, told = FakeCore(), []
    device = Device(Host(core), write_old_image(PROGRAM))
    device.load(progress=told.append)
    assert told[-1] == len(device.loadable) == len(write_image(PROGRAM))
    assert device.host.hello().signature == device.signature == Device(Host(core), write_image(PROGRAM)).signature
    assert device.host.step(40) == golden_run(text_network(), [None] * 40, Sampler())
    device.load(progress=told.append)
    assert told.count(told[-1]) == 1  # it is there
    assert not device.guessed


def test_tables_in_a_flash_without_a_signature(capsys: pytest.CaptureFixture[str]) -> None:
    old = write_old_image(SPREAD)
    core = FakeCore(flash=old, size=SIZE)
    device = Device(Host(core), old)
    for scrubs in (1, 2):  # it is never known
        device.load()
        assert (core.scrubs, device.guessed) == (scrubs, True)
    assert device.host.step(40) == golden_run(text_network(), [None] * 40, Sampler())
    write(device, EARLIEST, prompt="abc", count=5)
    assert capsys.readouterr().err.endswith(
        "\nthe image is of version 1: of the tables in the flash only the number of sections was compared\n"
    )


def test_a_flash_with_the_same_network_in_the_present_version_is_known() -> None:
    device = Device(Host(FakeCore(flash=write_image(SPREAD), size=SIZE)), write_old_image(SPREAD))
    assert device.loadable == until_rest(write_image(SPREAD))
    device.load()
    assert not device.guessed


@pytest.mark.parametrize("flash", [write_image(OTHER), write_old_image(compile_network(text_network(), small_board(SIZE // 2)))])
def test_a_flash_with_other_sections_is_refused(flash: bytes) -> None:
    core = FakeCore(flash=write_old_image(SPREAD), size=SIZE)
    device = Device(Host(core), write_old_image(SPREAD))
    device.load()
    core.flash = flash
    with pytest.raises(LinkError, match=ANOTHER):
        device.load()
    assert not device.guessed


def test_a_present_image_is_not_guessed() -> None:
    core = FakeCore(flash=write_image(SPREAD), size=SIZE)
    device = Device(Host(core), write_image(SPREAD))
    device.load()
    core.flash, core.same = write_old_image(SPREAD), False
    with pytest.raises(LinkError, match=ANOTHER):
        device.load()


def test_scrub(capsys: pytest.CaptureFixture[str]) -> None:
    old = write_old_image(SPREAD)
    core = FakeCore(flash=old, size=SIZE)
    Device(Host(core), old).load()
    end = len(contents(old)) - 1
    assert scrub(core, old) == 0
    assert capsys.readouterr().err.endswith(
        f"the flash is sound, sections 0 to {end}\nof the file only the number of sections was compared, for an image of version 1 has no"
        " signature\n"
    )
    assert scrub(core, write_image(SPREAD)) == 1
    told = f"the flash holds another image: it ends with section {end}, the file with {end + 1}\n"
    assert capsys.readouterr().err.endswith(told)


def test_as_c(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The driver loads it with its signature; in a flash it could not tell it from another."""
    made = {}
    for name, image in (("old", write_old_image(PROGRAM)), ("new", write_image(PROGRAM))):
        path = tmp_path / f"{name}.bin"
        path.write_bytes(image)
        assert as_c(["--image", str(path), "--out", str(tmp_path / name)]) == 0
        made[name] = (tmp_path / name / "network.c").read_bytes()
    assert made["old"] == made["new"]
    path = tmp_path / "old.bin"
    refused = f"error: {path}: an image of version 1 can't be recognised in the board's flash: export its network anew\n"
    assert as_c(["--image", str(path), "--out", str(tmp_path / "none"), "--without-image"]) == 2
    assert capsys.readouterr().err == refused
    path.write_bytes(write_old_image(SPREAD))
    assert as_c(["--image", str(path), "--out", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == refused
    assert not (tmp_path / "none").exists()

"""Networks with tables in flash at a core: loaded up to REST, and the flash scrubbed; the host's side, with a core in plain Python."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from firmware import isa
from firmware.chat.writing import write
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError, ScrubError
from firmware.host.scrub import held_against, scrub
from firmware.image.contents import contents
from firmware.image.image import write_image
from firmware.image.sections import until_rest
from firmware.sampling import Sampling
from firmware.talk import main
from golden.integer.sampling import Sampler
from polychron.command.target import EARLIEST

from ..flashed import small_board
from .core import FakeCore
from .host_bench import ICEBREAKER, golden_run, text_network

SIZE = 256
IMAGE = write_image(compile_network(text_network(), small_board(SIZE)))
SECTIONS = contents(IMAGE)


def damaged(number: int) -> bytes:
    """The image with a wrong bit in the payload or the CRC of a section."""
    wrong = bytearray(IMAGE)
    wrong[SECTIONS[number].end - 2] ^= 4
    return bytes(wrong)


def test_the_image_is_one_with_flash_tables() -> None:
    assert len(until_rest(IMAGE)) < len(IMAGE)
    assert [section.kind for section in SECTIONS].count(isa.Kind.FLASH) > 1


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_load_sends_what_is_not_in_flash(noise: float) -> None:
    core = FakeCore(flash=IMAGE, noise=noise, seed=2, size=SIZE)
    device, told = Device(Host(core, tries=40), IMAGE), []
    device.load(progress=told.append)
    assert told[-1] == len(until_rest(IMAGE)) == len(device.loadable)
    core.noise = 0.0
    assert device.host.step(40) == golden_run(text_network(), [None] * 40, Sampler())
    used = device.host.counters()
    assert 0 < used.flash < used.beats


def test_load_waits_for_a_flash_that_starts() -> None:
    core = FakeCore(flash=IMAGE, starting=5)
    assert Device(Host(core), IMAGE).load().flash_ready


def test_load_without_a_flash_says_what_to_do() -> None:
    with pytest.raises(LinkError) as caught:
        Device(Host(FakeCore()), IMAGE).load()
    assert str(caught.value) == (
        "the network has tables in flash, and the board's flash does not answer (absent, busy, or another chip): switch the board off and "
        "on, and write build/BOARD/flash.bin with its programmer if that was not done"
    )


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_scrub(noise: float) -> None:
    core, told = FakeCore(flash=IMAGE, noise=noise, seed=3), []
    host = Host(core, tries=40)
    device = Device(host, IMAGE)
    device.load()
    end = host.scrub(progress=told.append)
    assert (end.loaded, end.error, end.section, end.capture) == (True, False, len(SECTIONS) - 1, 2)
    assert told == sorted(told)
    assert noise > 0 or told == list(range(len(SECTIONS) - 1))


@pytest.mark.parametrize("number", range(len(SECTIONS)))
def test_scrub_names_the_section(number: int) -> None:
    with pytest.raises(ScrubError, match=rf"^section {number} of the image in flash: a section's CRC is wrong$") as caught:
        Host(FakeCore(flash=damaged(number))).scrub()
    assert (caught.value.section, caught.value.code) == (number, isa.LoadError.SECTION_CRC)


@pytest.mark.parametrize(
    ("flash", "message"),
    [
        (None, "the flash does not show its id at any capture setting"),
        (b"\xff" * 64, "the header's magic, version, P or lanes differ from"),
    ],
)
def test_scrub_without_an_image(flash: bytes | None, message: str) -> None:
    with pytest.raises(ScrubError, match=rf"^{message}"):
        Host(FakeCore(flash=flash)).scrub()


def test_scrub_waits_for_a_boot_under_way() -> None:
    assert Host(FakeCore(flash=IMAGE, starting=9)).scrub().section == len(SECTIONS) - 1


def test_what_went_wrong_at_power_up_is_told_in_the_greeting() -> None:
    core = FakeCore(flash=damaged(3))
    with pytest.raises(ScrubError):
        Host(core).scrub()
    assert str(Host(core).hello()).endswith("; the last load failed: a section's CRC is wrong (section 3)")


def test_the_user_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    phases: list[str] = []
    monkeypatch.setattr("firmware.host.scrub.under_way", lambda title: nullcontext(lambda phase: phases.append(f"{title}: {phase}")))
    core = FakeCore(flash=IMAGE)
    assert scrub(core, IMAGE) == 0
    told = capsys.readouterr().err
    assert told.startswith("core with 8 lanes and 2 comparators, link version 3, flash ready, capture setting 2\nthe flash is sound, ")
    assert phases[0] == "scrubbing: 0 %"
    assert f"\nthe flash is sound, sections 0 to {len(SECTIONS) - 1}; no image is loaded\n" in told
    assert told.endswith("\nof the file only the number of sections was compared, for no image is loaded\n")
    Device(Host(core), IMAGE).load()
    assert scrub(core, IMAGE) == 0
    assert capsys.readouterr().err.endswith(f"\nthe flash is sound, sections 0 to {len(SECTIONS) - 1}\n")
    assert scrub(core, None) == 0
    assert "scrubbing: section 3" in phases
    told = capsys.readouterr().err
    assert told.endswith(f"\nthe flash is sound, sections 0 to {len(SECTIONS) - 1}\n")


def test_the_user_is_told_of_damage(capsys: pytest.CaptureFixture[str]) -> None:
    number = next(section.number for section in SECTIONS if section.kind == isa.Kind.FLASH)
    assert scrub(FakeCore(flash=damaged(number)), IMAGE) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[-2:] == [f"damaged: section {number} of the image in flash: a section's CRC is wrong", f"in the file, {SECTIONS[number]}"]
    assert "table" in told[-1]
    assert scrub(FakeCore(flash=damaged(number)), None) == 1
    assert capsys.readouterr().err.splitlines()[-1] == told[-2]
    assert scrub(FakeCore(), IMAGE) == 1
    assert capsys.readouterr().err.endswith("damaged: the flash does not show its id at any capture setting\n")


def test_the_user_is_told_of_another_image(capsys: pytest.CaptureFixture[str]) -> None:
    other = write_image(compile_network(text_network(), small_board(1 << 17)))
    assert scrub(FakeCore(flash=other), IMAGE) == 1
    last = len(contents(other)) - 1
    expected = f"the flash holds another image: it ends with section {last}, the file with {len(SECTIONS) - 1}\n"
    assert capsys.readouterr().err.endswith(expected)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_what_is_there_is_not_loaded_again(noise: float) -> None:
    core = FakeCore(flash=IMAGE, size=SIZE, noise=noise, seed=5)
    device, told = Device(Host(core, tries=40), IMAGE), []
    device.load()
    device.set_sampler(temperature=5.0, seed=7)
    device.host.step(9)
    device.load(progress=told.append)
    core.noise = 0.0
    assert told == []
    assert device.host.step(40) == golden_run(text_network(), [None] * 40, Sampler())  # state and sampler are the image's again


def test_a_sampler_of_the_image_is_set_again() -> None:
    sampling = Sampling.at(0.7, out_frac=3, outputs=(-100, 100), seed=5, k=3)
    image = write_image(replace(compile_network(text_network(), ICEBREAKER), sampling=sampling))
    device, told = Device(Host(FakeCore()), image), []
    device.load()
    drawn = device.host.step(40)
    device.set_sampler()
    device.load(progress=told.append)
    assert told == []
    assert device.host.step(40) == drawn
    device.reset()
    device.set_sampler()
    assert device.host.step(40) != drawn


def test_a_network_of_another_signature_is_loaded() -> None:
    core, told = FakeCore(), []
    first, second = (write_image(compile_network(text_network(seed=seed), ICEBREAKER)) for seed in (1, 2))
    Device(Host(core), first).load()
    device = Device(Host(core), second)
    device.load(progress=told.append)
    assert told[-1] == len(second)
    assert device.host.hello().signature == device.signature != Device(Host(core), first).signature


def test_a_core_that_may_not_run_is_loaded_anew() -> None:
    """After a scrub that failed, the signature is there, and the image must be loaded all the same."""
    core, told = FakeCore(flash=IMAGE, size=SIZE), []
    device = Device(Host(core), IMAGE)
    device.load()
    core.flash = damaged(len(SECTIONS) - 2)
    with pytest.raises(ScrubError):
        device.host.scrub()
    core.flash = IMAGE
    assert device.host.hello().signature == device.signature
    device.load(progress=told.append)
    assert told[-1] == len(device.loadable)


def test_the_flash_is_read_only_when_it_must_be() -> None:
    core = FakeCore(flash=IMAGE, size=SIZE)
    device = Device(Host(core), IMAGE)
    device.load()
    assert core.scrubs == 1
    device.load()
    assert core.scrubs == 1
    core.same = False
    device.load()
    assert core.scrubs == 2


@pytest.mark.parametrize(
    ("loaded", "signature", "same", "code", "told"),
    [
        (True, 5, True, 0, ""),
        (True, 5, False, 1, "the flash holds another image than the file\n"),
        (True, 6, True, 1, "the flash holds another image than the file\n"),
        (True, 6, False, 0, "of the file only the number of sections was compared, for the core runs another image\n"),
        (False, 5, True, 0, "of the file only the number of sections was compared, for no image is loaded\n"),
    ],
)
def test_what_a_sound_flash_is_held_against(
    loaded: bool, signature: int, same: bool, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hello = replace(Host(FakeCore(flash=IMAGE)).hello(), loaded=loaded, signature=signature, flash_same=same)
    assert held_against(hello, 5) == code
    assert capsys.readouterr().err == told


def test_tables_of_another_image_are_refused() -> None:
    other = write_image(compile_network(text_network(seed=1), small_board(SIZE)))
    core = FakeCore(flash=IMAGE, size=SIZE)
    Device(Host(core), IMAGE).load()
    core.flash, core.same = other, False
    with pytest.raises(
        LinkError, match=r"^the flash holds the tables of another image: write build/BOARD/flash\.bin with the board's programmer$"
    ):
        Device(Host(core), IMAGE).load()


def test_talk_greets(capsys: pytest.CaptureFixture[str]) -> None:
    usage = write(Device(Host(FakeCore(flash=IMAGE, size=SIZE)), IMAGE), EARLIEST, prompt="abc", count=5)
    assert capsys.readouterr().err == "core with 8 lanes and 2 comparators, link version 3, flash ready, capture setting 2\n"
    assert f"({usage.used.flash / 8:.1f} of them from the far tier)" in str(usage)
    assert usage.used.flash > 0


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "image.bin"
    assert main(["scrub", "--port", "/dev/none", "--image", str(path)]) == 2
    assert capsys.readouterr().err == f"error: {path}: cannot be read: No such file or directory\n"
    assert main(["scrub", "--port", "/dev/none"]) == 2
    assert capsys.readouterr().err.startswith("error: /dev/none: cannot be opened: ")


def test_the_simulated_board_needs_its_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scrub", "--port", "simulated"]) == 2
    assert capsys.readouterr().err == "error: --port simulated needs --image: it is what the board's flash holds\n"
    path = tmp_path / "image.bin"
    path.write_bytes(write_image(compile_network(text_network(), ICEBREAKER)))
    assert main(["scrub", "--port", "simulated", "--image", str(path)]) == 0
    assert "the flash is sound" in capsys.readouterr().err

"""Pages in headless Chromium: they write what the golden model writes, find a broken bit, load nothing, and can be used by everybody.

``POLYCHRON_PAGES`` names a folder in which the pages of the networks that ship are kept.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import polychron
import sim.page
from golden.integer.file import save_network
from golden.integer.symbols import TextDecoder
from sim.web.vectors import text_vectors

from ...chromium import AXE, WITH_CHROMIUM, axe_script, chromium_driver

pytest.importorskip("ziglang", reason="zig compiles the page's gateware: pip install ziglang")
NAMES = ("shakespeare", "transformer", "digits", "best-5m")
WAIT = 120  # seconds, on a busy machine

DEMO = Path(__file__).parents[3] / "build/demo/shakespeare.html"

pytestmark = [pytest.mark.slow, WITH_CHROMIUM]
chromium = pytest.fixture(scope="module")(chromium_driver)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = Path(os.environ.get("POLYCHRON_PAGES") or tmp_path_factory.mktemp("pages")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        assert sim.page.main(["--network", name, "--length", "40", "--out", str(folder / f"{name}.html")]) == 0
    return folder


class Page:
    """A page that is open, and ready."""

    def __init__(self, driver, path):
        self.driver = driver
        driver.get_log("browser"), driver.get_log("performance")
        driver.get(path.as_uri())
        self.until("document.documentElement.dataset.state === 'ready'")

    def js(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def until(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, WAIT).until(lambda driver: driver.execute_script(f"return {condition}"), condition)

    def find(self, name):
        return self.driver.find_element("id", name)

    def press(self, name):
        self.find(name).click()

    def text(self, name):
        return self.js("return document.getElementById(arguments[0]).textContent", name)

    def type(self, name, value):
        field = self.find(name)
        field.clear()
        field.send_keys(value)

    def run(self):
        self.press("run")
        self.until("document.getElementById('status').textContent.startsWith('Done')")

    def verdict(self, name):
        self.press(name)
        self.until("!document.getElementById('check').disabled")
        return self.text("verdict")


@contextmanager
def calm(driver, path):
    """The page at ``path``, open; in the end it must have asked for nothing and complained of nothing."""
    page = Page(driver, path)
    yield page
    requests = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [one["params"]["request"]["url"] for one in requests if one["method"] == "Network.requestWillBeSent"]
    assert [url for url in sent if not url.startswith(("file:", "blob:", "data:"))] == []
    assert any(url.startswith("file:") for url in sent)  # the page itself: the log works
    assert driver.get_log("browser") == []


@pytest.fixture
def opened(chromium, pages, request):
    with calm(chromium, pages / f"{request.param}.html") as page:
        yield page


def expected_text(name, *, prompt, length, **sampler):
    program = polychron.load(name).compile(board="icebreaker", **sampler)
    vectors = text_vectors(program.network.integer, program.code, prompt=prompt, length=length)
    decoder = TextDecoder(program.network.integer.byte_symbols())
    return prompt + decoder.text(vectors.symbols[len(vectors.symbols) - length :])


@pytest.mark.parametrize("opened", ["shakespeare", "transformer", "best-5m"], indirect=True)
def test_it_writes_what_the_model_writes(opened, request):
    name = request.node.callspec.params["opened"]
    opened.run()
    assert opened.text("text") == expected_text(name, prompt="First Citizen:", length=40, temperature=0.7)
    latencies = re.fullmatch(r"verified: ([\d,]+) latencies equal", opened.text("verdict"))
    network = polychron.load(name).integer
    parts = sum(len(block.parts) + (block.feed is not None) for block in getattr(network, "blocks", ()))
    assert int(latencies[1].replace(",", "")) >= 54 * (network.n_out + (1 + parts) * network.n)
    opened.type("prompt", "ROMEO:\nI am")
    opened.type("seed", "4294967295")
    opened.js("document.getElementById('temperature').value = '0.5'; document.getElementById('k').value = '3'")
    opened.run()
    assert opened.text("text") == expected_text(name, prompt="ROMEO:\nI am", length=40, temperature=0.5, k=3, seed=4294967295)
    assert "Not compared" in opened.text("verdict")


@pytest.mark.parametrize("opened", NAMES, indirect=True)
def test_a_broken_bit_is_found_and_named(opened):
    right = opened.verdict("check")
    assert right.startswith("verified: ")
    for _ in range(5):
        wrong = opened.verdict("damage")
        where = re.search(r"it is in (.*)\. The check", opened.text("broken"))[1]
        found = re.fullmatch(
            r"Different: step \d+, op (\S+), neuron \d+: the core has -?\d+, the model -?\d+;.* (table .*) is damaged.*", wrong
        )
        assert found[2].endswith(where)
        assert f" of {found[1]}, group" in where
    assert opened.verdict("repair") == right


@pytest.mark.parametrize("opened", ["shakespeare", "best-5m"], indirect=True)
def test_a_chosen_character_shows_its_votes(opened, request):
    from selenium.webdriver.common.keys import Keys

    name = request.node.callspec.params["opened"]
    opened.run()
    opened.find("text").send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    opened.until("document.getElementById('votes-title').textContent.includes('character 2')")
    assert opened.js("return document.querySelector('#text [aria-selected=true]').textContent") == "i"
    lead = opened.text("votes-lead")
    assert "the latency that the chip wrote" in lead
    network = polychron.load(name).integer
    state = network.start()
    state.update(network.symbols.index(ord("F")))
    assert f"All 32 add up to {state.outputs()[network.symbols.index(ord('i'))]}," in lead
    summary = opened.driver.find_element("css selector", "#for summary")
    summary.send_keys(Keys.ENTER)
    compared = [item.text for item in opened.driver.find_elements("css selector", "#for details[open] ul li")]
    assert len(compared) == network.layers()["output"].groups[0].n_c
    for text in compared:
        first, one, second, two = map(int, re.fullmatch(r"neurons? (\d+) \((-?\d+)\) before neuron (\d+) \((-?\d+)\)", text).groups())
        assert state.latencies[[first, second]].tolist() == [one, two]
        assert one < two
    outputs = state.outputs()
    order = [item.text for item in opened.driver.find_elements("css selector", "#order li")]
    assert [int(line.split(" at ")[1].split()[0]) for line in order][:8] == sorted(outputs.tolist())[:8]
    assert sum("(was read)" in line for line in order) == 1
    words = {"shakespeare": 480, "best-5m": 84}[name]
    assert f"read {words} of" in opened.find("memory").get_attribute("aria-label")


@pytest.mark.parametrize("opened", ["best-5m", "shakespeare"], indirect=True)
def test_the_flash_has_a_map(opened, request):
    """Of each row the first words are lit: 41 rows of best-5m, of 32 and 256 bytes, each begin in a pixel of their own."""
    opened.run()
    shown = opened.find("flash").is_displayed()
    assert shown == (request.node.callspec.params["opened"] == "best-5m")
    if shown:
        label = opened.find("chip").get_attribute("aria-label")
        assert re.fullmatch(r"Map of the flash: the last step has read rows at 41 of 32,256 places of 128 bytes", label)
        assert opened.text("chip-legend") == "tables of outputtables of hidden.0"


@pytest.mark.parametrize("opened", ["digits"], indirect=True)
def test_a_digit_is_drawn_and_read(opened):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    for digit in (7, 0):
        opened.driver.find_element("css selector", f"#examples button:nth-child({digit + 1})").click()
        opened.until(f"document.getElementById('status').textContent.startsWith('The chip says {digit},')")
    opened.press("clear")
    paper = opened.find("paper")
    chain = ActionChains(opened.driver).move_to_element_with_offset(paper, 0, -120).click_and_hold()
    chain.move_by_offset(-5, 120).move_by_offset(-5, 120).release().perform()
    opened.until("document.getElementById('status').textContent.startsWith('The chip says 1,')")
    before = opened.js("return Array.from(paper.pixels)")
    paper.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.SPACE)
    after = opened.js("return Array.from(paper.pixels)")
    assert before != after
    outputs = polychron.load("digits").predict(np.array([after], np.int16))[0]
    opened.until(f"document.querySelector('#classes li').textContent.includes('at latency {outputs.min()} ')")


@pytest.mark.parametrize("opened", ["shakespeare", "digits"], indirect=True)
def test_everybody_can_use_it(opened, request):
    if request.node.callspec.params["opened"] == "shakespeare":
        opened.run()
    opened.until("document.querySelector('.votes details')")
    opened.js("document.querySelector('.votes details').open = true; document.querySelector('footer details').open = true")
    opened.js(axe_script())
    for width in (1100, 360):
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        opened.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for scheme in ("light", "dark"):
            features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
            opened.until(f"document.getElementById('theme').getAttribute('aria-pressed') === '{str(scheme == 'dark').lower()}'")
            assert opened.driver.execute_async_script(AXE) == []
            assert opened.js("return document.documentElement.scrollWidth") <= width
    dark = opened.js("return getComputedStyle(document.body).backgroundColor")
    opened.press("theme")
    assert opened.js("return getComputedStyle(document.body).backgroundColor") != dark
    opened.js(
        "document.getElementById('theme').style.color = getComputedStyle(document.body).backgroundColor; "
        "document.getElementById('inside').removeAttribute('aria-label')"
    )
    assert {"color-contrast", "role-img-alt"} <= {name for name, _ in opened.driver.execute_async_script(AXE)}
    opened.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("opened", ["shakespeare"], indirect=True)
def test_stop_and_reset(opened):
    opened.type("length", "5000")
    opened.press("run")
    opened.until("document.querySelectorAll('#text span').length > 100")
    opened.press("stop")
    opened.until("document.getElementById('status').textContent.startsWith('Stopped')")
    assert len(opened.text("text")) < 5014
    opened.press("reset")
    assert opened.text("text") == ""
    opened.type("length", "40")
    opened.run()
    assert opened.text("text") == expected_text("shakespeare", prompt="First Citizen:", length=40, temperature=0.7)


def checked_demo(driver, made, demo):
    """Moves the page ``made`` to ``demo`` if it writes what the model writes, and finds a broken bit."""
    demo.unlink(missing_ok=True)
    with calm(driver, made) as page:
        page.run()
        assert page.text("text") == expected_text("shakespeare", prompt="First Citizen:", length=100, temperature=0.7)
        right = page.text("verdict")
        assert right == "verified: 36,480 latencies equal"
        assert page.verdict("damage").startswith("Different: step ")
        assert page.verdict("repair") == right
        assert made.stat().st_size <= 6_000_000
    demo.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, demo)


def test_a_demo_page_is_left(chromium, tmp_path):
    made = tmp_path / "shakespeare.html"
    subprocess.run([sys.executable, "-m", "polychron", "page", "--network", "shakespeare", "--out", str(made)], check=True)
    checked_demo(chromium, made, DEMO)
    assert DEMO.read_text().startswith("<!DOCTYPE html>")


def test_a_page_that_fails_is_no_demo(chromium, pages, tmp_path):
    demo = tmp_path / "demo.html"
    demo.write_text("an older one")
    made = shutil.copy(pages / "shakespeare.html", tmp_path / "made.html")  # of 40 characters, not of 100
    with pytest.raises(AssertionError):
        checked_demo(chromium, made, demo)
    assert not demo.exists()


def test_the_size(pages):
    assert all((pages / f"{name}.html").stat().st_size <= 6_000_000 for name in NAMES)


def test_a_hostile_card_runs_nothing(chromium, pages, tmp_path):
    network = polychron.load("digits")
    hostile = "</script><script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
    card = {**network.integer.card, "command": hostile, "figures": {hostile: 1.0}}
    path = tmp_path / "<img src=x onerror=alert(1)>.safetensors"
    save_network(replace(network.integer, card=card), path)
    assert sim.page.main(["--network", str(path), "--out", str(tmp_path / "page.html")]) == 0
    page = Page(chromium, tmp_path / "page.html")
    assert chromium.title == "<img src=x onerror=alert(1)>: a chip in a page"
    assert page.js("return document.querySelectorAll('img, svg').length") == 0
    assert hostile in page.text("about")
    assert chromium.get_log("browser") == []

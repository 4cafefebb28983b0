"""Size of the pages, time until the chip is ready, and characters a second, in headless Chromium and in Node.

Needs chromium, chromedriver, selenium and node. In Chromium the page draws what it shows; in Node its worker compares every latency.

python -m benchmarks.page
"""

import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import polychron

LENGTH = 1000
FEWER = {"paper-transformer": 20}  # of a network that takes hundreds of thousands of clocks a token
RUNS = 3
READY = "return document.documentElement.dataset.state === 'ready'"
DONE = "return document.getElementById('status').textContent.startsWith('Done')"


def wait(browser: Any, condition: str) -> float:
    """Seconds until ``condition`` holds."""
    begin = time.perf_counter()
    while not browser.execute_script(condition):
        time.sleep(0.01)
    return time.perf_counter() - begin


def started() -> Any:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver") or ""))


def node_speeds(page: Path) -> list[float]:
    script = Path(__file__).with_name("page_node.js")
    words = subprocess.run(["node", str(script), str(page)], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return [float(word) for word in words]


def measure(name: str, folder: Path) -> str:
    length = FEWER.get(name, LENGTH)
    temperature = 0.0 if name == "digits" else 0.7
    path = polychron.load(name).compile(temperature=temperature).page(folder / f"{name}.html", length=min(100, length))
    starts, speeds = [], []
    for _ in range(RUNS):
        browser = started()
        begin = time.perf_counter()
        browser.get(path.as_uri())
        wait(browser, READY)
        starts.append(time.perf_counter() - begin)
        if name != "digits":
            browser.execute_script("document.getElementById('length').value = arguments[0]", length)
            browser.execute_script("document.getElementById('run').click()")
            wait(browser, DONE)
            steps = browser.execute_script("return records.length")
            assert steps == length + len("First Citizen:")
            words = browser.execute_script("return document.getElementById('status').textContent").split()
            speeds.append(float(words[-3].replace(",", "")))
        browser.quit()
    line = f"{name}: {path.stat().st_size:,} bytes, ready after {statistics.median(starts):.2f} s (at most {max(starts):.2f})"
    if not speeds:
        return line
    node = node_speeds(path)
    return f"{line}, characters a second: {_range(speeds)} in Chromium, {_range(node)} in Node"


def _range(speeds: list[float]) -> str:
    return f"{min(speeds):,.0f} to {max(speeds):,.0f}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("shakespeare", "transformer", "digits", "best-5m", "paper-rnn", "paper-transformer"):
            print(measure(name, Path(folder)), flush=True)


if __name__ == "__main__":
    main()

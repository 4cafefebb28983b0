"""Headless Chromium for tests of pages, where Debian's is installed; and axe-core, which checks contrast, labels and roles."""

import importlib.resources
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

MISSING = not (shutil.which("chromium") and shutil.which("chromedriver"))
WITH_CHROMIUM = pytest.mark.skipif(MISSING, reason="apt-get install chromium chromium-driver")
AXE = "const done = arguments[0]; axe.run().then((found) => done(found.violations.map(({ id, nodes }) => [id, nodes.map((n) => n.html)])))"


def chromium_driver() -> Iterator[Any]:
    """Of selenium, with the console's log."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium drives the browser: pip install -e '.[test]'")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()
    driver.command_executor.close()


def axe_script() -> str:
    """To be run in a page before :data:`AXE`."""
    package = pytest.importorskip("axe_core_python", reason="axe-core checks contrast and labels: pip install axe-core-python")
    return (importlib.resources.files(package) / "axe.min.js").read_text()

"""Reports in headless Chromium: nothing to say in the console, nothing loaded, and everybody can read them."""

from pathlib import Path

import pytest

from polychron.report.compare import Side, comparison_page
from polychron.report.page import report_page

from ...chromium import AXE, WITH_CHROMIUM, axe_script, chromium_driver
from .builds import built

pytestmark = [pytest.mark.slow, WITH_CHROMIUM]
chromium = pytest.fixture(scope="module")(chromium_driver)


@pytest.mark.parametrize("kind", ["one", "two"])
def test_everybody_can_read_it(kind: str, chromium, tmp_path: Path) -> None:
    figures, drawn = built("transformer")
    one = Side(figures=figures, drawn=drawn)
    path = tmp_path / "report.html"
    path.write_bytes(report_page(figures, drawn) if kind == "one" else comparison_page(one, one))
    chromium.get_log("browser"), chromium.get_log("performance")
    chromium.get(path.as_uri())
    chromium.execute_script("for (const one of document.querySelectorAll('details')) one.open = true;" + axe_script())
    for width in (1100, 360):
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for scheme in ("light", "dark"):
            chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            assert chromium.execute_async_script(AXE) == []
            assert chromium.execute_script("return document.documentElement.scrollWidth") <= width
    assert chromium.get_log("browser") == []
    requests = [entry["message"] for entry in chromium.get_log("performance") if "Network.requestWillBeSent" in entry["message"]]
    assert all(path.name in one or "data:image/png" in one for one in requests)
    chromium.execute_script("document.querySelector('p').style.color = '#606060'")
    assert [name for name, _ in chromium.execute_async_script(AXE)] == ["color-contrast"]

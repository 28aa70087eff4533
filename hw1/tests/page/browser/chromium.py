"""A headless Chromium that tells what a page asks for, what it complains of, and how it comes out on paper."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # it refuses to start as root otherwise
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
)
_CHECKS = (Path(__file__).parent / "checks.js").read_text()
_SETTLED_S = 30

PAPER_IN = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
"""Width and height of a sheet."""


@contextmanager
def chromium(browser: Path, driver: Path, profile: Path) -> Iterator["Chromium"]:
    """A browser with an empty profile; it ends with the context."""
    options = ChromeOptions()
    options.binary_location = str(browser)
    for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options=options, service=Service(executable_path=str(driver))) as chrome:
        chrome.set_script_timeout(_SETTLED_S)
        yield Chromium(chrome)


@dataclass(frozen=True, slots=True)
class Chromium:
    """One tab."""

    chrome: Chrome

    def open(self, page: Path) -> None:
        """Load a file from disk, forgetting what the one before asked for and complained of, and how it was shown."""
        self.chrome.get("about:blank")
        self.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
        self.console()
        self.requests()
        self.chrome.get(page.as_uri())

    def show(self, *, width: int, scheme: Literal["light", "dark"] = "light", media: Literal["", "print"] = "") -> None:
        """Lay the page out again: width in CSS pixels, below 600 as a phone does; on screen, or as if on paper."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [feature]})

    def check(self, expression: str) -> Any:
        """The value of an expression over the functions of `checks.js`, awaited, once the page is there whole.

        On a busy machine `get` has come back while the page was still being parsed.
        """
        whole = 'document.readyState === "complete" || await new Promise((go) => addEventListener("load", go));'
        awaited = f"(async () => {{ {whole} done(await {expression}); }})();"
        script = f"const done = arguments[arguments.length - 1]; {_CHECKS}\n{awaited}"
        return self.chrome.execute_async_script(script)

    def console(self) -> list[str]:
        """What the page has complained of since the last call: scripts, blocked or failed loads."""
        return [entry["message"] for entry in self.chrome.get_log("browser")]  # type: ignore[no-untyped-call]

    def requests(self) -> list[str]:
        """Addresses that the page has asked for since the last call, without those that hold their own content."""
        messages = [json.loads(entry["message"])["message"] for entry in self.chrome.get_log("performance")]  # type: ignore[no-untyped-call]
        asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]

    def pdf(self, paper: str, *, shifted_cm: int = 0) -> bytes:
        """The page printed, with colours, on A4 or Letter; shifted down, so that it is cut into pages elsewhere."""
        self.chrome.execute_script(f"document.body.style.paddingTop = '{shifted_cm}cm'")
        width, height = PAPER_IN[paper]
        asked = {"printBackground": True, "paperWidth": width, "paperHeight": height}
        return base64.b64decode(self.chrome.execute_cdp_cmd("Page.printToPDF", asked)["data"])

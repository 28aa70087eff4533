"""Chromium, and the report open in it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw1.tests.page.browser.chromium import Chromium, chromium
from hw1.tests.page.conftest import Report

_PACKAGES = ("chromium", "chromium-driver")
_PROGRAMS = ("chromium", "chromedriver")
_LISTS = Path("/var/lib/apt/lists")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One browser for all tests. CI installs it; elsewhere they are skipped where it is missing."""
    if os.environ.get("HW1_CI") and None in map(shutil.which, _PROGRAMS):
        _install()
    found = [Path(path) for path in map(shutil.which, _PROGRAMS) if path]
    if len(found) < len(_PROGRAMS):
        pytest.skip(f"needs Chromium and its driver: `sudo apt-get install {' '.join(_PACKAGES)}`")
    with chromium(*found, tmp_path_factory.mktemp("profile")) as started:
        yield started


def _install() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if not any(_LISTS.glob("*Packages*")):
        subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *_PACKAGES]
    subprocess.run(command, check=True, env=environment)


@pytest.fixture(scope="module")
def page(browser: Chromium, report: Report) -> Chromium:
    """The report, opened from disk."""
    browser.open(report.folder / "report.html")
    return browser

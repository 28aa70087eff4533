"""A plugin of pytest's: in CI a test that was skipped is a failure."""

import os

import pytest


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where any was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("HW1_CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

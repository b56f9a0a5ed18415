"""A plugin of pytest's that keeps `make test` quick: what takes long is named, and what takes too long fails."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest

# Seconds of the processor, not of the clock: other programs on the machine don't make a test fail.
LIMIT_S = 20.0
SLOWEST = 5


def cpu_s() -> float:
    """Return the seconds that processors have spent on this process and on its children that have ended."""
    return sum(os.times()[:4])


_begun_s = pytest.StashKey[float]()


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through all that was imported, again and again."""
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Note when the test and the fixtures it is the first to ask for begin."""
    item.stash[_begun_s] = cpu_s()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give the report its seconds, and fail a test that takes too many of them."""
    report = yield
    if report.when == "call":
        report.cpu_s = spent_s = cpu_s() - item.stash[_begun_s]
        if report.passed and spent_s > LIMIT_S and not item.get_closest_marker("e2e"):
            report.outcome = "failed"
            report.longrepr = (
                f"{item.nodeid} took {spent_s:.0f} s of processor time, allowed are {LIMIT_S:.0f}: "
                "make it faster, or mark it with @pytest.mark.e2e, which moves it to `make e2e`"
            )
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests cost, and which of them cost most."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    spent = sorted(((report.cpu_s, report.nodeid) for report in reports if hasattr(report, "cpu_s")), reverse=True)
    if terminalreporter.verbosity < 0 or not spent:
        return
    terminalreporter.section(f"{cpu_s():.0f} s of processor time, most of it for")
    for seconds, name in spent[:SLOWEST]:
        terminalreporter.line(f"{seconds:6.1f} s  {name}")

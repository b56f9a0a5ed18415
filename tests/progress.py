"""A plugin of pytest's that says how far the tests are, and at the end why some of them were skipped."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator

import pytest

REFRESH_S = 0.2  # of the line on a terminal
STEP = 10  # percent between two lines in a log


class Progress:
    """One line that moves on a terminal, or a line every few percent in a log."""

    def __init__(self, reporter: pytest.TerminalReporter, session: pytest.Session) -> None:
        self._reporter = reporter
        self._session = session
        self._begun_s = self._written_s = time.monotonic()
        self._percent = 0
        self._done: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, tuple[str, str, object], tuple[str, str, object]]:
        """Take away the letter that pytest would write for each test."""
        category, _, _ = yield
        return category, "", ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test when it has run, and what went wrong with one at any time."""
        if report.failed:
            self._done["failed"] += 1
        if report.when == "teardown":
            self._done["ended"] += 1
            self._show()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give the words back to pytest for its summary."""
        session.config.pluginmanager.unregister(self)

    def _show(self) -> None:
        now_s, ended, total = time.monotonic(), self._done["ended"], self._session.testscollected
        percent = 100 * ended // total if total else 0
        line = f"{percent:3} %  {ended:,} of {total:,} tests  {now_s - self._begun_s:.0f} s"
        if self._done["failed"]:
            line += f"  {self._done['failed']} failed"
        if self._reporter.isatty():
            if now_s - self._written_s >= REFRESH_S or ended == total:
                self._reporter.rewrite(line, erase=True)
                self._written_s = now_s
        elif percent // STEP > self._percent // STEP:
            self._reporter.write_line(line)
            self._percent = percent


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Take over from pytest's dots, where nobody asked for more or less than them."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if isinstance(reporter, pytest.TerminalReporter) and reporter.verbosity == 0:
        reporter.showfspath = False
        session.config.pluginmanager.register(Progress(reporter, session), "progress")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in a line for each reason how many tests it has skipped."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    if reasons:
        terminalreporter.section("skipped")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:5} skipped: {reason}")

"""The page answers on one screen and folds the rest; a link opens its fold, and print opens all."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.analysis.row import Row, known
from benchmarks.compare.changes import read_report
from benchmarks.config import BenchmarkConfig, Limits
from benchmarks.host.environment import describe_environment
from benchmarks.measure.inputs import EvaluationImages
from benchmarks.report.build import build_report
from benchmarks.report.html import html_page
from benchmarks.report.schema import Report
from benchmarks.stats.latency import NOISY, Stability

_SPECIFICATION = importlib.util.spec_from_file_location("chromium", Path(__file__).parents[3] / "docs" / "chromium.py")
assert _SPECIFICATION is not None
assert _SPECIFICATION.loader is not None
chromium = importlib.util.module_from_spec(_SPECIFICATION)
_SPECIFICATION.loader.exec_module(chromium)

IMAGES = EvaluationImages(
    np.zeros((10, 28, 28), np.uint8), np.arange(10, dtype=np.uint8), dataset="demo", statement="drawn"
)
FOLDS = ["findings", "gate", "variants", "loss", "accuracy-against-float", "by-class", "moved", "confidence", "time",
         "caveats", "definitions", "environment"]  # fmt: skip


@pytest.fixture
def report(row: Callable[..., Row], compared: Callable[..., list[Row]]) -> Report:
    noisy = row("a_int8.tflite", wrong=1, invoke_ns=40_000)
    noisy = replace(noisy, invoke=replace(known(noisy.invoke), stability=Stability(NOISY, "wide")))
    rows = compared(
        [
            row("a_none.tflite", quantization="none", invoke_ns=80_000, wrong=1),
            noisy,
            *(row(f"a_more{number}.tflite", invoke_ns=90_000 + number, wrong=2) for number in range(8)),
            row("gone.tflite", reason="crashed with signal 11"),
        ]
    )
    environment = describe_environment(["python"], seed=0, threads=1)
    return build_report(
        rows,
        BenchmarkConfig(),
        IMAGES.facts,
        environment,
        statement="drawn",
        limits=Limits(max_loss=100.0, min_agreement=None),
    )


class Page(HTMLParser):
    """Text outside of all folds, identifiers inside of each, and targets of links within the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.first_screen, self.folds, self.links = "", list[str](), list[str]()
        self._depth = self._style = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._depth += tag == "details"
        self._style += tag in ("style", "svg")
        name = values.get("id")
        if self._depth and tag == "div" and name:
            self.folds.append(name)
        target = values.get("href") or ""
        if tag == "a" and target.startswith("#"):
            self.links.append(target[1:])

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "details"
        self._style -= tag in ("style", "svg")

    def handle_data(self, data: str) -> None:
        if not self._depth and not self._style:
            self.first_screen += data


def test_the_first_screen_answers_and_the_rest_is_folded(report: Report) -> None:
    page = Page(html_page(report))

    lead, *others = report.recommendation
    assert lead in page.first_screen
    assert others[0] in page.first_screen
    assert others[-1] not in page.first_screen
    assert "a_none.tflite" in page.first_screen
    assert "gone.tflite" in page.first_screen
    assert known(report.gate).sentence in page.first_screen
    assert page.folds == FOLDS
    assert set(page.links) <= set(page.folds)
    assert report.caveats[-1] not in page.first_screen


def test_the_first_screen_keeps_the_caveat_of_the_recommended_row(report: Report) -> None:
    page = Page(html_page(report))

    assert "the network, one image, noisy" in page.first_screen
    assert "litert, noisy" in page.first_screen


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the page of the report in docs, of fourteen rows and other tools."""
    page = tmp_path_factory.mktemp("published") / "report.html"
    page.write_text(html_page(read_report(Path(__file__).parents[3] / "docs" / "report")), encoding="utf-8")
    return page.as_uri()


@pytest.fixture
def browser() -> Iterator[Any]:
    browser = chromium.Chromium()
    yield browser
    browser.close()


needs_browser = pytest.mark.skipif(chromium.EXECUTABLE is None, reason="no browser here: apt install chromium")
OPEN = "[...document.querySelectorAll('details[open] > div')].map((part) => part.id)"
HIDDEN = (
    "[...document.querySelectorAll('.fold > div')].filter((part) => !part.checkVisibility()).map((part) => part.id)"
)


@pytest.mark.e2e
@needs_browser
@pytest.mark.parametrize(("width", "height", "most"), [(1280, 800, 2), (390, 844, 3)])
def test_the_answer_is_on_one_screen_of_a_desk_and_nothing_scrolls_sideways(
    published: str, browser: Any, width: int, height: int, most: int
) -> None:
    browser.look(width=width, height=height)

    browser.visit(published)

    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.documentElement.scrollHeight") <= most * height
    if width > height:
        assert browser.evaluate("document.querySelector('.key').getBoundingClientRect().bottom") <= height
    assert len(browser.evaluate(HIDDEN)) == len(FOLDS)  # no gate, but peers


@pytest.mark.e2e
@needs_browser
def test_a_link_and_the_keyboard_open_a_fold_and_print_opens_all(report: Report, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(html_page(report), encoding="utf-8")
    address = (tmp_path / "report.html").as_uri()
    browser.look(width=1280, height=800)

    browser.visit(f"{address}#environment")
    assert browser.wait_for(OPEN) == ["environment"]
    browser.evaluate("document.querySelector('a[href=\"#gate\"]').click()")
    assert browser.wait_for(OPEN, lambda found: len(found) == 2) == ["gate", "environment"]

    browser.evaluate("document.querySelector('summary').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r",
                     windowsVirtualKeyCode=13)  # fmt: skip
    assert browser.wait_for(OPEN, lambda found: len(found) == 3)[0] == "findings"

    browser.visit(address)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate(HIDDEN) == []
    assert browser.evaluate(OPEN) == []
    assert browser.complaints() == []

"""The charts hold the report's numbers; how they look was looked at."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from benchmarks.photos.charts import confusion_png, confusion_svg, draw_confusion, draw_roc, roc_png, roc_svg
from benchmarks.report.charts.style import Palette


def test_every_count_stands_in_its_cell(report: dict[str, Any]) -> None:
    (axes,) = draw_confusion(report, Palette()).axes

    assert {(*text.get_position(), text.get_text()) for text in axes.texts} == {
        (0.5, 0.5, "1"), (1.5, 0.5, "1"), (2.5, 0.5, "1"),
        (1.5, 1.5, "1"),
        (0.5, 2.5, "1"), (2.5, 2.5, "1"), (3.5, 2.5, "1"),
    }  # fmt: skip
    assert [label.get_text() for label in axes.get_yticklabels()] == ["as (3)", "bs (1)", "hats (3)"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "unknown", "nothing"]


def test_right_cells_are_framed_and_all_others_are_wrong(report: dict[str, Any]) -> None:
    (axes,) = draw_confusion(report, Palette()).axes
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]

    framed = sorted((int(patch.get_x()), int(patch.get_y())) for patch in cells if not patch.get_fill())
    wrong = [patch for patch in cells if patch.get_fill() and to_hex(patch.get_facecolor()) == Palette().wrong]
    assert framed == [(0, 0), (1, 1), (2, 2), (3, 2)]
    assert len(wrong) == 3 * 4 - len(framed)


def test_the_curve_and_the_two_rules(report: dict[str, Any]) -> None:
    (axes,) = draw_roc(report, Palette()).axes
    _, curve, at_threshold, answered = axes.lines

    # thresholds from 0.9 down to 0: known k, unknown u in the order k k u k k u u
    assert curve.get_xdata() == pytest.approx([0, 0, 0, 100 / 3, 100 / 3, 100 / 3, 200 / 3, 100])
    assert curve.get_ydata() == pytest.approx([0, 25, 50, 50, 75, 100, 100, 100])
    assert [*at_threshold.get_xdata(), *at_threshold.get_ydata()] == pytest.approx([100 / 3, 100])
    assert [*answered.get_xdata(), *answered.get_ydata()] == pytest.approx([100 / 3, 75])


def test_pictures_and_page_colours(report: dict[str, Any]) -> None:
    assert confusion_png(report).startswith(b"\x89PNG")
    assert roc_png(report).startswith(b"\x89PNG")
    for svg in (confusion_svg(report), roc_svg(report)):
        ET.fromstring(svg)
        assert "var(--right)" in svg
        assert "var(--wrong)" in svg
        assert "#0102" not in svg

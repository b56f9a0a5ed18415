"""Charts of answers to photographs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from benchmarks.analysis.photograph_tally import PhotographTally
from benchmarks.analysis.photographs import JudgedPhotograph, judge_photographs, with_tally
from benchmarks.analysis.row import Row, known
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.report.charts.photographs import draw_confusion, draw_roc
from benchmarks.report.charts.style import Palette, figure_png, figure_svg


@pytest.fixture
def judged(judged_row: Callable[..., Row], photographs: EvaluationSet) -> list[JudgedPhotograph]:
    return judge_photographs(judged_row("m.tflite"), photographs)


@pytest.fixture
def tally(judged_row: Callable[..., Row], photographs: EvaluationSet) -> PhotographTally:
    return known(with_tally(judged_row("m.tflite"), photographs).photographs)


def test_every_count_stands_in_its_cell(tally: PhotographTally) -> None:
    (axes,) = draw_confusion(tally, Palette()).axes

    assert {(*text.get_position(), text.get_text()) for text in axes.texts} == {
        (0.5, 0.5, "1"), (1.5, 0.5, "1"), (2.5, 0.5, "1"),
        (1.5, 1.5, "1"),
        (0.5, 2.5, "1"), (2.5, 2.5, "1"), (3.5, 2.5, "1"),
    }  # fmt: skip
    assert [label.get_text() for label in axes.get_yticklabels()] == ["as (3)", "bs (1)", "hats (3)"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "unknown", "nothing"]


def test_right_cells_are_framed_and_all_others_are_wrong(tally: PhotographTally) -> None:
    (axes,) = draw_confusion(tally, Palette()).axes
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]

    framed = sorted((int(patch.get_x()), int(patch.get_y())) for patch in cells if not patch.get_fill())
    wrong = [patch for patch in cells if patch.get_fill() and to_hex(patch.get_facecolor()) == Palette().wrong]
    assert framed == [(0, 0), (1, 1), (2, 2), (3, 2)]
    assert len(wrong) == 3 * 4 - len(framed)


def test_the_roc_chart_has_the_curve_and_a_point_for_each_rule(
    tally: PhotographTally, judged: list[JudgedPhotograph]
) -> None:
    (axes,) = draw_roc(tally, judged, Palette()).axes
    _, curve, at_threshold, answered = axes.lines

    # thresholds from 0.9 down to 0: known k, unknown u in the order k k u k k u u
    assert curve.get_xdata() == pytest.approx([0, 0, 0, 100 / 3, 100 / 3, 100 / 3, 200 / 3, 100])
    assert curve.get_ydata() == pytest.approx([0, 25, 50, 50, 75, 100, 100, 100])
    assert [*at_threshold.get_xdata(), *at_threshold.get_ydata()] == pytest.approx([100 / 3, 100])
    assert [*answered.get_xdata(), *answered.get_ydata()] == pytest.approx([100 / 3, 75])


def test_charts_are_png_or_svg_in_the_colours_of_the_page(
    tally: PhotographTally, judged: list[JudgedPhotograph]
) -> None:
    for draw in (partial(draw_confusion, tally), partial(draw_roc, tally, judged)):
        assert figure_png(draw(Palette())).startswith(b"\x89PNG")
        svg = figure_svg(draw, salt="x")
        ET.fromstring(svg)
        assert "var(--right)" in svg
        assert "var(--wrong)" in svg
        assert "#0102" not in svg

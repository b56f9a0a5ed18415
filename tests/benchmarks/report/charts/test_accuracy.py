import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from benchmarks.analysis.row import Row, known
from benchmarks.report.charts.accuracy import (
    LOSS_WIDTHS,
    draw_change,
    draw_losses,
    draw_reliability,
)
from benchmarks.report.charts.style import Palette, figure_svg
from benchmarks.stats.accuracy import Reliability


@pytest.fixture
def judged(row: Callable[..., Row], compared: Callable[..., list[Row]]) -> list[Row]:
    return compared([row("a_none.tflite", quantization="none"), row("a$_int8<b>.tflite", wrong=2)])


@pytest.mark.parametrize("width", LOSS_WIDTHS)
def test_each_loss_is_a_dot_on_its_interval(judged: list[Row], width: float) -> None:
    (axes,) = draw_losses(judged[1:], width, Palette()).axes

    zero, margin, interval = axes.lines
    assert (list(zero.get_xdata()), list(margin.get_xdata())) == ([0, 0], [0.5, 0.5])
    assert tuple(interval.get_xdata()) == known(judged[1].against_float).interval_pp
    assert tuple(axes.collections[0].get_offsets()[0]) == (20.0, 0.0)


def test_only_cells_that_changed_are_drawn_better_in_one_colour_and_worse_in_the_other(judged: list[Row]) -> None:
    (axes,) = draw_change(judged[1], Palette(right="#00ff00", wrong="#ff0000")).axes

    # Two labels lost a right answer each, which went to a wrong class: four cells, all for the worse.
    assert [text.get_text() for text in axes.texts] == ["-1", "+1", "-1", "+1"]
    assert {patch.get_facecolor()[:3] for patch in axes.patches} == {(1.0, 0.0, 0.0)}


def test_small_bins_are_not_drawn(judged: list[Row]) -> None:
    accuracy = known(judged[0].accuracy)
    bins = Reliability([0] * 13 + [19, 40], [0.0] * 13 + [17.0, 38.0], [0] * 13 + [19, 30])
    calibration = replace(known(accuracy.calibration), reliability=bins)
    row = replace(judged[0], accuracy=replace(accuracy, calibration=calibration))

    (axes,) = draw_reliability([row], Palette()).axes

    _, line = axes.lines
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([95.0], [75.0])


def test_names_of_files_are_escaped_text(judged: list[Row]) -> None:
    for width in LOSS_WIDTHS:
        svg = figure_svg(partial(draw_losses, judged[1:], width), salt="losses")
        assert "a$_int8<b>.tflite" in "".join(ET.fromstring(svg).itertext())
    assert "var(--wrong)" in figure_svg(partial(draw_change, judged[1]), salt="change")

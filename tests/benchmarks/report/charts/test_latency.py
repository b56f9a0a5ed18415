import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial

import pytest
from matplotlib.figure import Figure

from benchmarks.analysis.row import Row
from benchmarks.report.charts.latency import NARROW, WIDE, draw_scatter, draw_stages
from benchmarks.report.charts.style import Palette, figure_svg


@pytest.fixture
def rows(row: Callable[..., Row]) -> list[Row]:
    return [
        row("slow_$x$.tflite", invoke_ns=80_000, quantization="none"),
        row("fast.tflite", invoke_ns=40_000),
        row("no_opencv.tflite", frame_to_decision_ns=[], end_to_end_ns=[], stage_median_ns={}),
        row("gone.tflite", reason="crashed"),
    ]


def test_one_box_a_timed_row_the_fastest_on_top(rows: list[Row]) -> None:
    (axes,) = draw_scatter(rows[:2], WIDE, Palette()).axes

    assert [label.get_text() for label in axes.get_yticklabels()] == ["slow_$x$.tflite\nlitert", "fast.tflite\nlitert"]
    boxes = [patch.get_path().get_extents() for patch in axes.patches]
    assert [(box.x0, box.x1) for box in boxes] == [(80, 80), (40, 40)]  # microseconds; all calls are equal
    assert [[x for x, _ in dots.get_offsets()] for dots in axes.collections] == [[80, 80], [40, 40]]


def test_bars_are_the_stages_in_milliseconds_end_to_end(rows: list[Row]) -> None:
    figure = draw_stages(rows, WIDE, Palette())
    (axes,), (legend,) = figure.axes, figure.legends

    assert [text.get_text() for text in legend.get_texts()] == [
        "decode", "vision", "invoke", "decide", "write",
    ]  # fmt: skip
    first = [bars[0] for bars in axes.containers]
    assert [bar.get_width() for bar in first] == pytest.approx([0.4, 0.9, 0.06, 0.04, 0.1])
    assert [bar.get_x() for bar in first] == pytest.approx([0, 0.4, 1.3, 1.36, 1.4])
    assert len(axes.get_yticklabels()) == 2  # a row without OpenCV has no stages, a failed one nothing
    assert [text.get_text() for text in axes.texts][:2] == ["0.40", "0.40"]


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("draw", [draw_scatter, draw_stages])
def test_an_svg_has_the_colours_of_the_page(
    draw: Callable[[list[Row], float, Palette], Figure], rows: list[Row], width: float
) -> None:
    svg = figure_svg(partial(draw, rows, width), salt="x")

    assert ET.fromstring(svg).tag.endswith("svg")
    assert all(name in svg for name in ("var(--none)", "var(--int8)", "var(--ink)"))
    assert "#02030" not in svg

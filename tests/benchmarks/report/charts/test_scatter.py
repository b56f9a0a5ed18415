import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from benchmarks.analysis.row import Row, known
from benchmarks.compare.changes import read_report
from benchmarks.report.charts.scatter import NARROW, SIZES, WIDE, draw_chart, overlapping_names
from benchmarks.report.charts.style import Palette, figure_png, figure_svg
from benchmarks.stats.latency import NOISY, Stability


def test_every_measured_row_is_a_dot_with_a_label(row: Callable[..., Row]) -> None:
    rows = [
        row("a_int8.tflite", invoke_ns=40_000),
        row("a_none.tflite", wrong=1, invoke_ns=80_000),
        row("b", reason="no"),
    ]

    (axes,) = draw_chart(rows, WIDE, Palette()).axes

    assert [tuple(dots.get_offsets()[0]) for dots in axes.collections] == [(40.0, 100.0), (80.0, 90.0)]
    assert [text.get_text().splitlines()[0] for text in axes.texts] == ["a_int8.tflite", "a_none.tflite"]


@pytest.mark.parametrize(("slow_ns", "scale"), [(200_000, "linear"), (4_000_000, "log")])
def test_very_different_latencies_get_a_logarithmic_axis(row: Callable[..., Row], slow_ns: int, scale: str) -> None:
    (axes,) = draw_chart([row("a.tflite"), row("b.tflite", invoke_ns=slow_ns)], WIDE, Palette()).axes

    assert axes.get_xscale() == scale


def test_small_differences_in_accuracy_do_not_look_large(row: Callable[..., Row]) -> None:
    (axes,) = draw_chart([row("a.tflite"), row("b.tflite")], WIDE, Palette()).axes

    bottom, top = axes.get_ylim()
    assert top - bottom == pytest.approx(1.3)


def test_the_svg_is_xml_with_the_pages_colours_and_its_text_as_text(row: Callable[..., Row]) -> None:
    svg = figure_svg(partial(draw_chart, [row("a<b>&$x$.tflite")], NARROW), salt="x")

    assert "a<b>&$x$.tflite" in "".join(ET.fromstring(svg).itertext())
    for name in ("--ink", "--muted", "--grid", "--int8"):
        assert f"var({name})" in svg
    assert "#0102" not in svg
    assert "#0203" not in svg


def test_files_of_very_different_sizes_give_a_png(row: Callable[..., Row]) -> None:
    rows = [row("a.tflite", size_bytes=900), row("b.tflite", size_bytes=90_000_000, invoke_ns=70_000)]

    assert figure_png(draw_chart(rows, WIDE, Palette())).startswith(b"\x89PNG")


@pytest.mark.parametrize("size", SIZES)
def test_names_cover_neither_each_other_nor_a_dot_and_stay_in_the_frame(
    row: Callable[..., Row], size: tuple[float, float]
) -> None:
    rows = [row(f"a_{number}.tflite", invoke_ns=40_000 + 300 * number) for number in range(6)]

    figure = draw_chart(rows, size, Palette())
    figure.draw_without_rendering()
    (axes,) = figure.axes

    names = [text.get_window_extent() for text in axes.texts if text.get_text()]
    dots = [axes.transData.transform(dot.get_offsets()[0]) for dot in axes.collections]
    assert len(names) == len(dots) == 6
    assert [pair for pair in combinations(names, 2) if pair[0].overlaps(pair[1])] == []
    assert [name for name in names for x, y in dots if name.contains(x, y)] == []
    frame = axes.get_window_extent()
    assert all(frame.contains(x, y) for name in names for x, y in name.get_points())


@pytest.mark.parametrize("size", SIZES)
def test_no_name_covers_another_in_the_published_chart(size: tuple[float, float]) -> None:
    figure = draw_chart(read_report(Path(__file__).parents[4] / "docs" / "report").rows, size, Palette())
    figure.draw_without_rendering()
    (axes,) = figure.axes

    assert len([text for text in axes.texts if text.get_text()]) in (14, 4)  # on a phone the frontier alone
    assert overlapping_names(axes) == []


def test_names_that_cover_each_other_are_found() -> None:
    axes = Figure(dpi=72).subplots()
    for name, x in (("a wide name", 0.1), ("another one", 0.15), ("far away", 0.8)):
        axes.text(x, 0.5, name)

    assert overlapping_names(axes) == [("a wide name", "another one")]


def test_the_same_rows_give_the_same_chart(row: Callable[..., Row]) -> None:
    rows = [row("a.tflite"), row("b.tflite", wrong=1), row("c.tflite")]

    first, second = (figure_svg(partial(draw_chart, rows, WIDE), salt="x") for _ in range(2))

    assert first == second


def test_a_row_that_is_not_to_be_relied_on_is_a_ring_and_the_legend_says_so(row: Callable[..., Row]) -> None:
    steady, noisy = row("a.tflite"), row("b.tflite", invoke_ns=80_000)
    noisy = replace(noisy, invoke=replace(known(noisy.invoke), stability=Stability(NOISY, "")))

    (axes,) = draw_chart([steady, noisy], WIDE, Palette()).axes
    (calm,) = draw_chart([steady], WIDE, Palette()).axes

    filled, ring = axes.collections
    assert (to_hex(filled.get_facecolor()[0]), to_hex(ring.get_facecolor()[0])) == ("#0072b2", "#ffffff")
    assert to_hex(ring.get_edgecolor()[0]) == "#0072b2"
    assert "noisy" in axes.get_title(loc="left")
    assert "noisy" not in calm.get_title(loc="left")

"""Charts of the report on photographs, and sheets of them."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from functools import partial

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from benchmarks.photos.images import (
    choose_hits,
    choose_mistakes,
    draw_confusion,
    draw_result,
    draw_roc,
    sheet_png,
)
from benchmarks.photos.measure import PhotoReport, PhotoResult
from benchmarks.photos.record import Report
from benchmarks.report.charts.style import Palette, figure_png, figure_svg


def test_every_count_stands_in_its_cell(report: Report) -> None:
    (axes,) = draw_confusion(report, Palette()).axes

    assert {(*text.get_position(), text.get_text()) for text in axes.texts} == {
        (0.5, 0.5, "1"), (1.5, 0.5, "1"), (2.5, 0.5, "1"),
        (1.5, 1.5, "1"),
        (0.5, 2.5, "1"), (2.5, 2.5, "1"), (3.5, 2.5, "1"),
    }  # fmt: skip
    assert [label.get_text() for label in axes.get_yticklabels()] == ["as (3)", "bs (1)", "hats (3)"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "unknown", "nothing"]


def test_right_cells_are_framed_and_all_others_are_wrong(report: Report) -> None:
    (axes,) = draw_confusion(report, Palette()).axes
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]

    framed = sorted((int(patch.get_x()), int(patch.get_y())) for patch in cells if not patch.get_fill())
    wrong = [patch for patch in cells if patch.get_fill() and to_hex(patch.get_facecolor()) == Palette().wrong]
    assert framed == [(0, 0), (1, 1), (2, 2), (3, 2)]
    assert len(wrong) == 3 * 4 - len(framed)


def test_the_roc_chart_has_the_curve_and_a_point_for_each_rule(report: Report) -> None:
    (axes,) = draw_roc(report, Palette()).axes
    _, curve, at_threshold, answered = axes.lines

    # thresholds from 0.9 down to 0: known k, unknown u in the order k k u k k u u
    assert curve.get_xdata() == pytest.approx([0, 0, 0, 100 / 3, 100 / 3, 100 / 3, 200 / 3, 100])
    assert curve.get_ydata() == pytest.approx([0, 25, 50, 50, 75, 100, 100, 100])
    assert [*at_threshold.get_xdata(), *at_threshold.get_ydata()] == pytest.approx([100 / 3, 100])
    assert [*answered.get_xdata(), *answered.get_ydata()] == pytest.approx([100 / 3, 75])


def test_charts_are_png_or_svg_in_the_colours_of_the_page(report: Report) -> None:
    for draw in (draw_confusion, draw_roc):
        assert figure_png(draw(report, Palette())).startswith(b"\x89PNG")
        svg = figure_svg(partial(draw, report), salt="x")
        ET.fromstring(svg)
        assert "var(--right)" in svg
        assert "var(--wrong)" in svg
        assert "#0102" not in svg


def names(results: list[PhotoResult]) -> list[str]:
    return [result.photograph.name for result in results]


def test_the_surest_mistakes_come_first(measured: PhotoReport) -> None:
    assert names(choose_mistakes(measured, most=9)) == ["hats/1.png", "as/3.png", "as/2.png"]
    assert names(choose_mistakes(measured, most=1)) == ["hats/1.png"]


def test_of_equal_mistakes_the_name_decides(measured: PhotoReport) -> None:
    mistake = measured.results[2]
    other = dataclasses.replace(mistake, photograph=dataclasses.replace(mistake.photograph, name="as/0.png"))

    assert names(choose_mistakes(dataclasses.replace(measured, results=(mistake, other)), most=9)) == [
        "as/0.png",
        "as/3.png",
    ]


def test_hits_are_the_first_of_each_folder_by_name(measured: PhotoReport) -> None:
    backwards = dataclasses.replace(measured, results=measured.results[::-1])

    assert names(choose_hits(backwards, each=1)) == ["hats/2.png", "bs/1.png", "as/1.png"]
    assert names(choose_hits(measured, each=0)) == []


def test_a_tile_is_a_caption_above_the_frame_and_what_was_seen(measured: PhotoReport) -> None:
    tile = draw_result(measured.results[4])

    assert tile.shape == (54 + 300, 660, 3)
    assert len(np.unique(tile[:54].reshape(-1, 3), axis=0)) > 2  # something is written there
    assert (tile[54 + 150, 200] == 40).all()  # the frame's grey level


def test_a_sheet_is_a_png_of_all_of_them(measured: PhotoReport) -> None:
    sheet = cv2.imdecode(np.frombuffer(sheet_png(measured.results[:3]), np.uint8), cv2.IMREAD_COLOR)

    assert sheet is not None
    assert sheet.shape == (2 * 354 + 16, 2 * 660 + 16, 3)

"""The chart of accuracy against latency with its frontier, from a report's rows: SVG for pages, PNG for Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import combinations

from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from benchmarks.analysis.row import Row, known, measured
from benchmarks.analysis.rows import without_common_machine
from benchmarks.report.charts.style import Palette, new_figure, scale_log, style_axes

WIDE, NARROW = SIZES = (9.6, 5.0), (4.4, 4.2)  # inches; narrow is for a phone held upright

_MIN_ACCURACY_SPAN_PP = 1.0  # smaller differences must not look large
_LOG_FROM_RATIO = 12.0  # slowest to fastest; beyond it the fast ones would be one heap
_DOT_AREA_PER_BYTE = 4.5e-4  # square points: 250 kB give a dot 12 points wide
_DOT_AREA_RANGE = (36.0, 900.0)
_LAYOUTS = ((9.0, 1.2), (9.0, 1.8), (8.5, 1.2), (8.0, 1.4), (7.5, 1.6), (7.0, 1.8))
"""Size of the names in points, and the height that each keeps free: tried until no two names overlap."""
_GAP_POINTS = 4.0  # between a mark and a name
_ITERATIONS = 500
_LEGEND = "better: up and to the left · dashed: none is better in both · larger dot: larger file"
_HOLLOW = " · ring: noisy or drifting"
_NARROW_CHARACTERS = 52  # of a line of the legend on a phone
_NARROW_NAMES = 8  # on a phone there is no room for more: beyond it only the frontier is named


def charted(rows: Sequence[Row]) -> list[Row]:
    """Select the rows that have both a time and an accuracy."""
    return [row for row in measured(rows) if row.top1_accuracy is not None]


def draw_chart(rows: Sequence[Row], size: tuple[float, float], palette: Palette) -> Figure:
    """Draw one labelled dot a row: median of invoke to the right, top-1 upwards, area by file size."""
    timed = sorted(without_common_machine(charted(rows)), key=lambda row: (-_percent(row), _median_us(row)))
    figure, axes = new_figure(*size, palette)
    is_narrow = size[0] < WIDE[0]
    legend = _LEGEND + (_HOLLOW if any(map(_has_caveat, timed)) else "")
    _scale_axes(axes, timed, palette, legend=textwrap.fill(legend, _NARROW_CHARACTERS) if is_narrow else legend)
    for row in timed:
        colour = palette.of(row.quantization)
        p90_ns = known(row.invoke).p90_ns
        if p90_ns is not None:
            axes.plot([_median_us(row), p90_ns / 1e3], [_percent(row)] * 2, color=colour, linewidth=1.5)
        is_sure = not _has_caveat(row)
        axes.scatter(_median_us(row), _percent(row), s=_area(row), color=colour if is_sure else palette.paper,
                     edgecolors=palette.ink if is_sure else colour, linewidths=0.6 if is_sure else 2.0,
                     alpha=0.9, zorder=3 - _area(row) / 1e4)  # fmt: skip
    _draw_frontier(axes, timed, palette)
    named = frontier(timed) if is_narrow and len(timed) > _NARROW_NAMES else timed
    figure.draw_without_rendering()  # gives the axes their final size
    _label(axes, named, [_marks(axes, row) for row in timed], palette)
    return figure


def frontier(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that no other beats in both accuracy and latency, fastest first; none of an unfit machine."""
    best: list[Row] = []
    fit = (row for row in charted(rows) if not row.invalid)
    for row in sorted(fit, key=lambda row: (_median_us(row), -_percent(row))):
        if not best or _percent(row) > _percent(best[-1]):
            best.append(row)
    return best


def _scale_axes(axes: Axes, rows: Sequence[Row], palette: Palette, *, legend: str) -> None:
    latencies = [_median_us(row) for row in rows] + [(known(row.invoke).p90_ns or 0) / 1e3 for row in rows]
    medians = latencies[: len(rows)]
    if max(medians) > _LOG_FROM_RATIO * min(medians):
        axes.set_xscale("log", subs=[])
        scale_log(axes.xaxis)
        axes.set_xlim(min(medians) / 1.8, max(latencies) * 2.5)
    else:
        axes.set_xlim(0, max(latencies) * 1.25)
    accuracies = [_percent(row) for row in rows]
    middle = (min(accuracies) + max(accuracies)) / 2
    half = max(max(accuracies) - min(accuracies), _MIN_ACCURACY_SPAN_PP) * 0.65
    axes.set_ylim(middle - half, middle + half)
    axes.set_xlabel("invoke, µs: median, and line to p90", color=palette.ink)
    axes.set_ylabel("top-1 accuracy, %", color=palette.ink)
    axes.set_title(legend, color=palette.muted, fontsize=9, loc="left")
    style_axes(axes, palette)


def _draw_frontier(axes: Axes, rows: Sequence[Row], palette: Palette) -> None:
    """A stair: everything below and to the right of it is beaten by a corner of it."""
    best = frontier(rows)
    if not best:
        return
    right_end, lowest = axes.get_xlim()[1], axes.get_ylim()[0]
    x = [_median_us(best[0]), *map(_median_us, best), right_end]
    y = [lowest, *(_percent(row) for row in best), _percent(best[-1])]
    axes.plot(x, y, drawstyle="steps-post", color=palette.muted, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1.5)


def _label(axes: Axes, rows: Sequence[Row], marks: Sequence[Bbox], palette: Palette) -> None:
    """Write each row's name beside its dot, off all marks and other names; a distant name has a line to its dot."""
    for points, height in _LAYOUTS:
        texts = [
            # A "$" in a file name is no formula.
            axes.text(_median_us(row), _percent(row), _label_text(row), fontsize=points, color=palette.ink,
                      linespacing=1.25, parse_math=False, ha="center", va="center", zorder=4, in_layout=False,
                      bbox={"facecolor": palette.paper, "edgecolor": "none", "alpha": 0.8, "pad": 1})
            for row in rows
        ]  # fmt: skip
        _, lines = adjust_text(
            texts,
            objects=marks,
            ax=axes,
            expand=(1.06, height),
            force_text=(0.3, 0.5),
            force_static=(0.3, 0.8),
            force_explode=(0.4, 0.8),
            iter_lim=_ITERATIONS,  # a limit of time would draw another chart each time
            arrowprops={"arrowstyle": "-", "color": palette.muted, "linewidth": 0.7, "zorder": 2},
        )
        # The search may end before all names are apart.
        if not overlapping_names(axes) or (points, height) == _LAYOUTS[-1]:
            return
        for artist in (*texts, *lines):
            artist.remove()


def overlapping_names(axes: Axes) -> list[tuple[str, str]]:
    """Return the pairs of names in a drawn chart that cover each other, in part or whole."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in axes.texts if text.get_text()]
    return [(name, other) for (name, box), (other, area) in combinations(boxes, 2) if box.overlaps(area)]


def _marks(axes: Axes, row: Row) -> Bbox:
    """Return the area of a row's dot and its line to p90, in the axes' data."""
    x, y = axes.transData.transform((_median_us(row), _percent(row)))
    end, _ = axes.transData.transform(((known(row.invoke).p90_ns or row.invoke_median_ns) / 1e3, 0))
    radius = _area(row) ** 0.5 / 2 + _GAP_POINTS
    pixels = Bbox.from_extents(x - radius, y - radius, max(x + radius, end), y + radius)
    return pixels.transformed(axes.transData.inverted())


def _label_text(row: Row) -> str:
    return f"{row.variant}\n{row.runtime} · {known(row.size_bytes) / 1e3:,.0f} kB"


def _has_caveat(row: Row) -> bool:
    return bool(row.time_caveat() or row.answer_caveat)


def _area(row: Row) -> float:
    smallest, largest = _DOT_AREA_RANGE
    return float(min(max(known(row.size_bytes) * _DOT_AREA_PER_BYTE, smallest), largest))


def _median_us(row: Row) -> float:
    return row.invoke_median_ns / 1e3


def _percent(row: Row) -> float:
    return 100 * known(row.top1_accuracy)

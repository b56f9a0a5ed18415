"""Charts of latency: the scatter of a report's rows, and the stages of a frame."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.analysis.latency import tabled_latency
from benchmarks.analysis.row import Row, known, measured
from benchmarks.analysis.rows import without_common_machine
from benchmarks.report.charts.style import Palette, new_figure, scale_log, style_axes

WIDE, NARROW = 9.6, 4.4  # inches; narrow is for a phone held upright

_ROW_INCHES = 0.42
_MARGIN_INCHES = 1.15  # title, axis and legend
_WHISKERS = (5, 95)  # percentiles
_NAMED_SHARE = 0.08  # of the longest bar; a shorter stage's time wouldn't fit into it
_LABEL_POINTS = 9.0
_LEGEND = "box: half of the calls · line: 90 % · dots: medians of repeats"
_NAME_CHARACTERS = 30  # a longer name is broken between its words, such as before the machine's


def draw_scatter(rows: Sequence[Row], width: float, palette: Palette) -> Figure:
    """Draw one box a row over all its calls of invoke, the fastest row on top, and a dot for each repeat's median.

    The box holds the middle half of the calls, the whiskers 90 % of them: a long tail is a long whisker.
    """
    timed = sorted(_timed(rows, "invoke"), key=lambda row: row.invoke_median_ns, reverse=True)
    figure, axes = _figure(len(timed), palette, width)
    for place, row in enumerate(timed):
        colour = palette.of(row.quantization)
        calls = [value / 1e3 for value in chain.from_iterable(known(row.raw).invoke_ns)]
        axes.boxplot(
            [calls], positions=[place], orientation="horizontal", widths=0.6, whis=_WHISKERS, showfliers=False,
            patch_artist=True, boxprops={"facecolor": colour, "edgecolor": palette.ink, "linewidth": 0.6},
            medianprops={"color": palette.ink, "linewidth": 1.5}, whiskerprops={"color": colour, "linewidth": 1.5},
            capprops={"color": colour, "linewidth": 1.5}, manage_ticks=False,
        )  # fmt: skip
        medians = [value / 1e3 for value in known(row.invoke).repeat_medians_ns]
        axes.scatter(medians, [place] * len(medians), s=14, color=palette.paper, edgecolors=palette.ink,
                     linewidths=0.8, zorder=4)  # fmt: skip
    axes.set_xscale("log", subs=[])
    scale_log(axes.xaxis)
    axes.set_xlabel("invoke, µs", color=palette.ink)
    axes.set_title(_LEGEND if width == WIDE else _LEGEND.replace(" · dots", "\ndots"), color=palette.muted,
                   fontsize=_LABEL_POINTS, loc="left")  # fmt: skip
    _name_rows(axes, timed, "invoke", palette)
    return figure


def draw_stages(rows: Sequence[Row], width: float, palette: Palette) -> Figure:
    """Draw one bar a row from a camera's picture to a written decision, in stages, the fastest row on top."""
    timed = sorted(_timed(rows, "end_to_end"), key=_frame_ns, reverse=True)
    figure, axes = _figure(len(timed), palette, width)
    colours = {
        "decode": palette.quantization["none"],
        "vision": palette.quantization["int8"],
        "invoke": palette.quantization["dynamic"],
        "decide": palette.quantization["float16"],
        "write": palette.muted,
    }
    longest_ms = max(map(_frame_ns, timed)) / 1e6
    ends = [0.0] * len(timed)
    for name, colour in colours.items():
        lengths = [known(row.stage_median_ns)[name] / 1e6 for row in timed]
        axes.barh(range(len(timed)), lengths, left=ends, height=0.62, color=colour, label=name)
        for place, length in enumerate(lengths):
            if length >= _NAMED_SHARE * longest_ms:
                axes.text(ends[place] + length / 2, place, f"{length:.2f}", ha="center", va="center",
                          fontsize=_LABEL_POINTS - 1, color=palette.paper)  # fmt: skip
        ends = [end + length for end, length in zip(ends, lengths, strict=True)]
    axes.set_xlabel("median of each stage, ms", color=palette.ink)
    figure.legend(loc="outside upper left", ncols=len(colours) if width == WIDE else 3, frameon=False,
                  fontsize=_LABEL_POINTS, labelcolor=palette.ink, handlelength=0.9, columnspacing=1.1)  # fmt: skip
    _name_rows(axes, timed, "end_to_end", palette)
    return figure


def _frame_ns(row: Row) -> int:
    return sum(known(row.stage_median_ns).values())


def _timed(rows: Sequence[Row], kind: str) -> list[Row]:
    return without_common_machine(row for row in measured(rows) if tabled_latency(row, kind))


def _figure(count: int, palette: Palette, width: float) -> tuple[Figure, Axes]:
    height = _MARGIN_INCHES + _ROW_INCHES * count * (1 if width == WIDE else 1.3)
    return new_figure(width, height, palette)


def _name_rows(axes: Axes, rows: Sequence[Row], kind: str, palette: Palette) -> None:
    """Beside the bars where there is room, the runtime and the caveat of its times under the file's name."""
    wrap = partial(textwrap.fill, width=_NAME_CHARACTERS, break_long_words=False, break_on_hyphens=False)
    names = [f"{wrap(row.variant)}\n{', '.join(filter(None, (row.runtime, row.time_caveat(kind))))}" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=_LABEL_POINTS, color=palette.ink, parse_math=False)
    style_axes(axes, palette)
    axes.tick_params(axis="y", length=0, labelcolor=palette.ink)
    axes.grid(visible=False, axis="y")

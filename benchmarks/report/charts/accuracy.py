"""Charts of accuracy: losses with their intervals, changes of the confusion matrix, reliability of the confidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from benchmarks.analysis.row import Row, known
from benchmarks.report.charts.style import Palette, new_figure, style_axes

LOSS_WIDTHS = (9.6, 4.4)  # inches, for a screen and for a phone
_LINE_INCHES = 0.42  # of one variant in the chart of losses
_CHANGE_SIZE = (4.6, 4.6)
_RELIABILITY_SIZE = (4.6, 3.9)
_FAINTEST = 0.18  # opacity of a cell where one prediction changed, still visible on a dark page
_TEXT_POINTS = 9.0
LEAST_IN_BIN = 20
"""Least number of predictions of a bin in the chart of reliability; fewer would draw chance."""


def draw_losses(rows: Sequence[Row], width: float, palette: Palette) -> Figure:
    """Draw a line a variant: the loss as a dot, its interval as a bar; width in inches, below six names are above."""
    figure, axes = new_figure(width, 1.05 + _LINE_INCHES * len(rows) * (1.5 if width < 6 else 1), palette)
    losses = [known(row.against_float) for row in rows]
    margin = losses[0].margin_pp
    axes.axvline(0, color=palette.ink, linewidth=1)
    axes.axvline(margin, color=palette.wrong, linewidth=1, linestyle="--")
    for place, (row, loss) in enumerate(zip(rows, losses, strict=True)):
        colour = palette.of(row.quantization)
        axes.plot(loss.interval_pp, [place, place], color=colour, linewidth=3, solid_capstyle="round")
        axes.scatter(loss.loss_pp, place, s=64, color=colour, edgecolors=palette.ink, linewidths=0.6, zorder=3)
    ends = [end for loss in losses for end in loss.interval_pp]
    span = max(*ends, margin) - min(*ends, 0)
    axes.set_xlim(min(*ends, 0) - 0.06 * span, max(*ends, margin) + 0.06 * span)
    axes.set_ylim(len(rows) - 0.4, -0.8)
    _name_lines(axes, rows, palette, above=width < 6)
    axes.set_xlabel("loss of top-1, percentage points, with 95 % interval", color=palette.ink)
    axes.set_title(f"left of the line at 0: better than float · dashed: the margin, {margin:g}", color=palette.muted,
                   fontsize=_TEXT_POINTS, loc="left")  # fmt: skip
    style_axes(axes, palette)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelcolor=palette.ink)
    return figure


def draw_change(row: Row, palette: Palette) -> Figure:
    """Draw the difference of two confusion matrices: predictions more or fewer than float in each cell.

    More right predictions and fewer wrong ones have the colour of right, the others that of wrong.
    """
    change = np.asarray(known(row.against_float).confusion_change)
    names = [share.label for share in known(row.accuracy).classes]
    figure, axes = new_figure(*_CHANGE_SIZE, palette)
    largest = max(int(np.abs(change).max()), 1)
    for label, prediction in np.argwhere(change):
        count = int(change[label, prediction])
        is_better = (count > 0) == (label == prediction)
        strength = _FAINTEST + (0.75 - _FAINTEST) * abs(count) / largest
        axes.add_patch(Rectangle((prediction - 0.5, label - 0.5), 1, 1, linewidth=0, alpha=strength,
                                 facecolor=palette.right if is_better else palette.wrong))  # fmt: skip
        axes.text(prediction, label, f"{count:+d}", ha="center", va="center", color=palette.ink, fontsize=_TEXT_POINTS)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5), aspect="equal")
    axes.set_xticks(range(len(names)), names, rotation=55, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    style_axes(axes, palette)
    axes.tick_params(length=0, labelsize=_TEXT_POINTS)
    axes.grid(visible=False)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=palette.grid, linewidth=0.6)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("prediction", color=palette.ink)
    axes.set_ylabel("label", color=palette.ink)
    return figure


def draw_reliability(rows: Sequence[Row], palette: Palette) -> Figure:
    """Draw a line a variant: share of right predictions over mean confidence in each bin.

    A calibrated model lies on the diagonal. Bins of fewer than LEAST_IN_BIN predictions are left out.
    """
    figure, axes = new_figure(*_RELIABILITY_SIZE, palette)
    axes.plot([0, 100], [0, 100], color=palette.muted, linewidth=1, linestyle="--")
    for row in rows:
        bins = known(known(row.accuracy).calibration).reliability
        count = np.asarray(bins.count, np.float64)
        filled = count >= LEAST_IN_BIN
        confidence = 100 * np.asarray(bins.confidence_sum)[filled] / count[filled]
        right = 100 * np.asarray(bins.right)[filled] / count[filled]
        colour = palette.of(row.quantization)
        axes.plot(confidence, right, color=colour, linewidth=1.6, marker="o", markersize=5, label=row.variant)
    axes.set(xlim=(0, 102), ylim=(0, 102))
    axes.set_xlabel("confidence, %", color=palette.ink)
    axes.set_ylabel("accuracy, %", color=palette.ink)
    style_axes(axes, palette)
    legend = axes.legend(frameon=False, fontsize=_TEXT_POINTS, labelcolor=palette.ink, loc="upper left")
    for text in legend.get_texts():
        text.set_parse_math(False)  # a "$" in a file name is no formula
    return figure


def _name_lines(axes: Axes, rows: Sequence[Row], palette: Palette, *, above: bool) -> None:
    names = [row.title for row in rows]
    if not above:
        axes.set_yticks(range(len(rows)), names, parse_math=False)
        return
    axes.set_yticks([])
    for place, name in enumerate(names):
        axes.text(0.01, place - 0.28, name, transform=axes.get_yaxis_transform(), va="bottom", parse_math=False,
                  color=palette.ink, fontsize=_TEXT_POINTS,
                  bbox={"facecolor": palette.paper, "edgecolor": "none", "alpha": 0.85, "pad": 1})  # fmt: skip

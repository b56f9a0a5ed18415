"""Charts of a row's answers to photographs: the confusion matrix and the ROC curve."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from benchmarks.analysis.photograph_tally import PhotographTally
from benchmarks.analysis.photographs import JudgedPhotograph, split
from benchmarks.analysis.row import known
from benchmarks.report.charts.style import Palette, new_figure, style_axes
from benchmarks.stats.roc import roc_curve
from edge.datasets.folder_labels import REJECTIONS

_CELL_WIDTH, _CELL_HEIGHT = 0.62, 0.4  # inches
_MARGIN_WIDTH, _MARGIN_HEIGHT = 1.9, 1.5  # inches, for the names
_ROC_SIZE = (5.4, 5.2)  # inches
_STRONGEST = 0.7  # opacity of a cell that holds all of its row: the number on it stays readable


def draw_confusion(tally: PhotographTally, palette: Palette) -> Figure:
    """Draw folders downwards, answers to the right; a cell's strength is its share of the folder, right ones framed."""
    matrix = tally.answers
    rows, columns = len(matrix.folders), len(matrix.answers)
    width, height = _MARGIN_WIDTH + _CELL_WIDTH * columns, _MARGIN_HEIGHT + _CELL_HEIGHT * rows
    figure, axes = new_figure(width, height, palette)
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    for row, (folder, counts) in enumerate(zip(tally.folders, matrix.counts, strict=True)):
        right = folder.labels or REJECTIONS
        for column, (answer, count) in enumerate(zip(matrix.answers, counts, strict=True)):
            colour = palette.right if answer in right else palette.wrong
            share = count / folder.count
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, alpha=_STRONGEST * share, linewidth=0))
            if answer in right:
                frame = Rectangle((column + 0.05, row + 0.06), 0.9, 0.88, fill=False, edgecolor=colour, linewidth=1.2)
                axes.add_patch(frame)
            if count:
                axes.text(column + 0.5, row + 0.5, str(count), color=palette.ink, fontsize=9, ha="center", va="center")
    _name_cells(axes, tally, palette)
    return figure


def _name_cells(axes: Axes, tally: PhotographTally, palette: Palette) -> None:
    matrix = tally.answers
    style_axes(axes, palette)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    names = [f"{folder.folder} ({folder.count})" for folder in tally.folders]
    axes.set_yticks([row + 0.5 for row in range(len(names))], names, color=palette.ink, parse_math=False)
    axes.set_xticks([column + 0.5 for column in range(len(matrix.answers))], matrix.answers, rotation=35,
                    ha="right", rotation_mode="anchor", color=palette.ink, parse_math=False)  # fmt: skip
    axes.set_title("answers to the photographs of each folder · framed: right", color=palette.muted, fontsize=9,
                   loc="left")  # fmt: skip
    # The kinds without a label of the model, and the answers that name none, stand apart.
    known = sum(bool(folder.labels) for folder in tally.folders)
    named = sum(answer not in REJECTIONS for answer in matrix.answers)
    axes.axhline(known, color=palette.muted, linewidth=0.8)
    axes.axvline(named, color=palette.muted, linewidth=0.8)


def draw_roc(tally: PhotographTally, judged: Sequence[JudgedPhotograph], palette: Palette) -> Figure:
    """Draw the share of the known that pass over the share of the unknown that do, and the two rules as points."""
    found = known(tally.rejection)
    inside, outside = ([photograph.score for photograph in group] for group in split(judged))
    figure, axes = new_figure(*_ROC_SIZE, palette)
    style_axes(axes, palette)
    axes.plot([0, 100], [0, 100], color=palette.muted, linewidth=0.8, linestyle="--", label="by chance")
    axes.plot(*(100 * roc_curve(inside, outside)).T, color=palette.right, linewidth=2, label="by the score")
    for rule, marker, label in ((found.at_threshold, "o", f"the threshold that keeps {found.keep:.0%}"),
                                (found.answered, "D", "the model's own answers")):  # fmt: skip
        passing = [100 * (1 - rule.unknown_rejected.share)], [100 * rule.known_kept.share]
        axes.plot(*passing, marker, color=palette.wrong if marker == "o" else palette.ink, markersize=8,
                  label=label, clip_on=False, zorder=3)  # fmt: skip
    axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    axes.set_xlabel("unknown that pass, %", color=palette.ink)
    axes.set_ylabel("known that pass, %", color=palette.ink)
    axes.set_title(f"AUROC {found.auroc:.3f} · better: up and to the left", color=palette.muted, fontsize=9,
                   loc="left")  # fmt: skip
    axes.legend(loc="lower right", frameon=False, labelcolor=palette.ink, fontsize=9)
    return figure

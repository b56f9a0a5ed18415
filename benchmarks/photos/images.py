"""Images of the report on photographs: the confusion matrix, the ROC curve, and sheets of photographs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from benchmarks.analysis.row import known
from benchmarks.photos.measure import PhotoReport, PhotoResult
from benchmarks.photos.record import Report
from benchmarks.photos.tally import kinds_of, roc_curve
from benchmarks.report.charts.style import Palette, new_figure, style_axes
from edge.classify.decision import decide_alone
from edge.datasets.folder_labels import REJECTIONS
from edge.images.decode import read_image
from edge.sinks.images.stills import draw_sheet, draw_tile
from edge.sources.frame import Frame

_CELL_WIDTH, _CELL_HEIGHT = 0.62, 0.4  # inches
_MARGIN_WIDTH, _MARGIN_HEIGHT = 1.9, 1.5  # inches, for the names
_ROC_SIZE = (5.4, 5.2)  # inches
_STRONGEST = 0.7  # opacity of a cell that holds all of its row: the number on it stays readable


def draw_confusion(report: Report, palette: Palette) -> Figure:
    """Draw folders downwards, answers to the right; a cell's strength is its share of the folder, right ones framed."""
    matrix = report.confusion
    rows, columns = len(matrix.folders), len(matrix.answers)
    width, height = _MARGIN_WIDTH + _CELL_WIDTH * columns, _MARGIN_HEIGHT + _CELL_HEIGHT * rows
    figure, axes = new_figure(width, height, palette)
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    for row, (folder, counts) in enumerate(zip(report.folders, matrix.counts, strict=True)):
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
    _name_cells(axes, report, palette)
    return figure


def _name_cells(axes: Axes, report: Report, palette: Palette) -> None:
    matrix = report.confusion
    style_axes(axes, palette)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    names = [f"{folder.folder} ({folder.count})" for folder in report.folders]
    axes.set_yticks([row + 0.5 for row in range(len(names))], names, color=palette.ink, parse_math=False)
    axes.set_xticks([column + 0.5 for column in range(len(matrix.answers))], matrix.answers, rotation=35,
                    ha="right", rotation_mode="anchor", color=palette.ink, parse_math=False)  # fmt: skip
    axes.set_title("answers to the photographs of each folder · framed: right", color=palette.muted, fontsize=9,
                   loc="left")  # fmt: skip
    # The kinds without a label of the model, and the answers that name none, stand apart.
    known = sum(bool(folder.labels) for folder in report.folders)
    named = sum(answer not in REJECTIONS for answer in matrix.answers)
    axes.axhline(known, color=palette.muted, linewidth=0.8)
    axes.axvline(named, color=palette.muted, linewidth=0.8)


def draw_roc(report: Report, palette: Palette) -> Figure:
    """Draw the share of the known that pass over the share of the unknown that do, and the two rules as points."""
    found = known(report.rejection)
    folders = {folder.folder: folder for folder in report.folders}
    inside, outside = ([photo.score for photo in report.photos if bool(folders[photo.folder].labels) == side]
                      for side in (True, False))  # fmt: skip
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


_CAPTION_HEIGHT = 54  # pixels, two lines
_BACKGROUND, _TEXT, _MUTED = (52, 46, 43), (235, 235, 235), (165, 165, 165)  # BGR, 0-255
_FONT = cv2.FONT_HERSHEY_DUPLEX


def choose_mistakes(report: PhotoReport, *, most: int) -> list[PhotoResult]:
    """The wrong answers that the model was surest of, surest first; of equal ones in the order of their names."""
    wrong = [result for result in report.results if not result.is_right]
    return sorted(wrong, key=lambda result: (-result.score, result.photograph.name))[:most]


def choose_hits(report: PhotoReport, *, each: int) -> list[PhotoResult]:
    """The first right answers of each folder in the order of their names: neither the best nor the worst."""
    hits = []
    for kind in kinds_of(report):
        right = [result for result in report.results if result.photograph.kind == kind and result.is_right]
        hits += sorted(right, key=lambda result: result.photograph.name)[:each]
    return hits


def sheet_png(results: Sequence[PhotoResult]) -> bytes:
    """Draw results as a sheet: frame, what the network saw, and the likeliest labels, the truth above.

    Raises:
        OSError: a photograph has gone since it was measured.
        FrameError: a photograph has changed since it was measured.
    """
    _, encoded = cv2.imencode(".png", draw_sheet([draw_result(result) for result in results]))
    return encoded.tobytes()


def draw_result(result: PhotoResult) -> NDArray[np.uint8]:
    """Draw one result below a caption that says what is right and what was answered: uint8 BGR."""
    photograph, prediction = result.photograph, result.prediction
    frame = Frame(
        read_image(photograph.path, least=max(1, min(result.height, result.width) - 1)),  # as large as it was measured
        number=0,
        source=photograph.name,
        time=datetime.now(timezone.utc),
        # The tile knows one truth: where several labels are right, the one that was given.
        true_label=prediction.label if result.is_right else photograph.kind.truth,
    )
    tile = draw_tile(frame, prediction, decide_alone(prediction, frame.time))
    caption = np.full((_CAPTION_HEIGHT, tile.shape[1], 3), _BACKGROUND, np.uint8)
    words = "right" if result.is_right else f"right is {photograph.kind.truth}"
    _write(caption, f"{photograph.kind.folder}: answered {prediction.label}, {words}", 22, 0.5, _TEXT)
    _write(caption, photograph.path.name, 43, 0.4, _MUTED)
    return np.vstack([caption, tile])


def _write(picture: NDArray[np.uint8], text: str, row: int, scale: float, colour: tuple[int, int, int]) -> None:
    # Hershey fonts know ASCII alone; names of folders and files may hold more.
    plain = text.encode("ascii", "replace").decode("ascii")
    cv2.putText(picture, plain, (16, row), _FONT, scale, colour, 1, cv2.LINE_AA)

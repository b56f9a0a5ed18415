"""Plots of a run: learning curves, confusion matrix, sample predictions and hardest mistakes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edge.system import atomic_file

_RIGHT, _WRONG = "#1b7f5c", "#c0392b"
_DOTS_PER_INCH = 110
_MISTAKE_ROWS, _MISTAKE_COLUMNS = 4, 8
_MOST_NUMBERED, _MOST_NAMED, _MOST_SAMPLED = 20, 60, 20  # classes; more can't be read


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of a network for labelled images."""

    pixels: NDArray[np.uint8]
    """uint8, 0-255: grey, shape (N, height, width), or BGR, shape (N, height, width, 3)."""
    labels: NDArray[np.integer[Any]]
    """True class indices, shape (N,)."""
    probabilities: NDArray[np.float32]
    """float32, shape (N, classes), 0-1."""
    names: Sequence[str]


def draw_curves(history_csv: Path, path: Path) -> None:
    """Draw loss and accuracy of training and validation over the epochs, from the CSV that training wrote."""
    with history_csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    epochs = [int(row["epoch"]) + 1 for row in rows]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, quantity in zip(figure.subplots(1, 2), ("accuracy", "loss"), strict=True):
        for column, name in ((quantity, "training"), (f"val_{quantity}", "validation")):
            axes.plot(epochs, [float(row[column]) for row in rows], marker="o", markersize=3, label=name)
        axes.set(xlabel="epoch", title=quantity)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    _save(figure, path)


def draw_confusion_matrix(predictions: Predictions, path: Path) -> None:
    """Draw the confusion matrix, in per cent of the true class."""
    names = predictions.names
    share = 100 * confusion_shares(predictions.labels, predictions.probabilities.argmax(axis=1), len(names))
    figure = Figure(figsize=(7.6, 6.8), layout="constrained")
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    if len(names) <= _MOST_NAMED:
        axes.set_xticks(range(len(names)), names, rotation=40 if len(names) <= _MOST_NUMBERED else 90, ha="right")
        axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="true", title="Test images: predicted class, % of each true class")
    for (row, column), value in np.ndenumerate(share if len(names) <= _MOST_NUMBERED else share[:0]):
        if value >= 0.05:
            colour = "white" if value > 55 else "black"
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=8, color=colour)
    _save(figure, path)


def confusion_shares(
    labels: NDArray[np.integer[Any]], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Return the share of each true class (row) predicted as each label (column): float64 (classes, classes), 0-1."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels.astype(np.int64), predicted), 1)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), np.float64)


def draw_samples(predictions: Predictions, path: Path) -> None:
    """Draw the first three images of each class with their predictions, green if right and red if wrong.

    Of many classes, those of the first twenty.
    """
    labels, probabilities, names = predictions.labels, predictions.probabilities, predictions.names
    columns = min(len(names), _MOST_SAMPLED)
    figure = Figure(figsize=(1.25 * max(columns, 5), 4.8), layout="constrained")
    figure.suptitle("First test images of each class: predicted class and its probability")
    for axes in (grid := figure.subplots(3, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for column in range(columns):
        for row, index in enumerate(np.flatnonzero(labels == column)[:3]):
            axes, best = grid[row, column], int(probabilities[index].argmax())
            _show(axes, predictions.pixels[index])
            title = f"{names[best]}\n{probabilities[index, best]:.0%}"
            axes.set_title(title, fontsize=8, color=_RIGHT if best == column else _WRONG)
    _save(figure, path)


def draw_mistakes(predictions: Predictions, path: Path) -> None:
    """Draw the wrong predictions with the highest probabilities, and their true classes."""
    labels, probabilities, names = predictions.labels, predictions.probabilities, predictions.names
    hardest = hardest_mistakes(labels, probabilities)[: _MISTAKE_ROWS * _MISTAKE_COLUMNS]
    wrong = int((probabilities.argmax(axis=1) != labels).sum())
    figure = Figure(figsize=(1.45 * _MISTAKE_COLUMNS, 1.7 * _MISTAKE_ROWS), layout="constrained")
    figure.suptitle(f"The surest {len(hardest)} of {wrong} mistake{'s' * (wrong != 1)}: predicted and true class")
    grid = figure.subplots(_MISTAKE_ROWS, _MISTAKE_COLUMNS)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, index in zip(grid.flat, hardest, strict=False):
        best = int(probabilities[index].argmax())
        _show(axes, predictions.pixels[index])
        axes.set_title(f"{names[best]} {probabilities[index, best]:.0%}\nis {names[labels[index]]}", fontsize=7)
    _save(figure, path)


def _show(axes: Axes, pixels: NDArray[np.uint8]) -> None:
    if pixels.ndim == 2:
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255)
    else:
        axes.imshow(pixels[..., ::-1])


def hardest_mistakes(labels: NDArray[np.integer[Any]], probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the indices of the wrong predictions, highest probability first: int64, shape (mistakes,)."""
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]


def _save(figure: Figure, path: Path) -> None:
    with atomic_file.replacing(path) as temporary:
        figure.savefig(temporary, dpi=_DOTS_PER_INCH)

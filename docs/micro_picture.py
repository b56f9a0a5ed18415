"""`python docs/micro_picture.py`: what `python -m export.micro` makes of a frame, as docs/micro.png.

A drawn garment as a camera's RGB565 frame goes through the C code of an exported library, compiled here, and through
TensorFlow Lite Micro and LiteRT. Memory and differences are those of docs/measured/portable_micro.json. Needs a C
compiler and the extras `micro` and `benchmarks`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from chromium import write_png
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the checkout, not an installed copy

from benchmarks.report.charts.style import Palette, figure_png, style_axes  # noqa: E402
from edge.artifact.file import builtin_models  # noqa: E402
from edge.classify.loaded_model import LoadedModel  # noqa: E402
from edge.demo import draw_frame  # noqa: E402
from export.micro.interpreter import MicroInterpreter  # noqa: E402
from export.micro.library import Checked, known_input, render  # noqa: E402
from export.micro.network import read_network  # noqa: E402
from tests.export.micro.compiled import FACTS, RGB565_BE, as_frame, build, packed  # noqa: E402

TARGET = ROOT / "docs" / "micro.png"
MEASURED = ROOT / "docs" / "measured" / "portable_micro.json"
_GARMENT = 53  # drawn, a coat that is nearly a jumper
_WIDTH, _HEIGHT = 160, 120  # pixels of the camera's frame (QQVGA)
_SHOWN = 4  # likeliest classes


def main() -> None:
    """Run the frame, draw the figure."""
    figures = json.loads(MEASURED.read_text(encoding="utf-8"))["rows"]
    rgb = cv2.resize(draw_frame(_GARMENT).image, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)[..., ::-1]
    words, widened = packed(np.ascontiguousarray(rgb), high_first=True)
    (row,) = (row for row in figures if row["network"] == "clothes")
    pixels, answers, labels = classify(words, arena_bytes=row["micro"]["least_arena"])
    write_png(TARGET, figure_png(draw(widened, pixels, answers, labels, figures)))


def classify(words: NDArray[np.uint8], *, arena_bytes: int) -> tuple[NDArray[np.uint8], dict[str, Any], list[str]]:
    """Prepare an RGB565 frame in C, and run both interpreters on the result.

    Returns:
        The prepared pixels, uint8 RGB, shape (H, W, 3); probabilities by runtime; labels.
    """
    path = builtin_models()["clothes"]
    _, network = read_network(path)
    loaded = LoadedModel.load(path, runtime="litert")
    micro = MicroInterpreter(network.content, arena_bytes=arena_bytes)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        checked = Checked("", arena_bytes, arena_bytes, micro.invoke(known_input(loaded)).reshape(-1), FACTS)
        for name, content in render("lib", loaded, network, checked).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        program = build(folder, main="prepare.cpp", sources="lib_image.c")
        frame = as_frame(words, RGB565_BE)
        done = subprocess.run([program], input=frame, capture_output=True, check=True).stdout
    size = loaded.spec.input
    pixels = np.frombuffer(done[:-8], np.uint8).reshape(size.height, size.width, 3)
    tensor = loaded.input_tensor(np.ascontiguousarray(pixels[..., ::-1]))
    output = loaded.runtime.output_tensor
    answers = {}
    for name, invoke in (("TensorFlow Lite Micro", micro.invoke), ("LiteRT", loaded.runtime.invoke)):
        logits = (invoke(tensor).reshape(-1).astype(np.float64) - output.zero_point) * output.scale
        exponentials = np.exp((logits - logits.max()) / loaded.spec.decision.temperature)
        answers[name] = exponentials / exponentials.sum()
    return pixels, answers, list(loaded.spec.labels)


def draw(
    frame: NDArray[np.uint8],
    pixels: NDArray[np.uint8],
    answers: dict[str, NDArray[np.float64]],
    labels: list[str],
    figures: list[dict[str, Any]],
) -> Figure:
    """Lay out frame, input and answers above, differences and memory below."""
    palette = Palette()
    figure = Figure(figsize=(12.4, 6.6), dpi=72, layout="constrained", facecolor=palette.paper)
    FigureCanvasAgg(figure)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 0.85))
    shown, seen, bars = upper.subplots(1, 3, width_ratios=(1.33, 1, 1.4))
    steps, flash, ram = lower.subplots(1, 3, width_ratios=(1.1, 1, 1))
    for axes, image, title in (
        (shown, frame, f"RGB565 frame, {_WIDTH}x{_HEIGHT}, {frame.size * 2 // 3 / 1000:.1f} kB"),
        (seen, pixels, f"what the network sees, {pixels.shape[1]}x{pixels.shape[0]}"),
    ):
        axes.imshow(image, interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(title, fontsize=10, color=palette.ink, loc="left")
    _draw_answers(bars, answers, labels, palette)
    _draw_steps(steps, figures, palette)
    networks = [row["network"] for row in figures]
    _draw_memory(flash, "flash, kB, logarithmic", networks, [
        (row["network_bytes"], f"{row['weights_bytes'] / 1000:,.1f} weights") for row in figures
    ])  # fmt: skip
    _draw_memory(ram, "RAM, kB, logarithmic", networks, [
        (row["micro"]["memory_bytes"], f"{row['micro']['least_arena'] / 1000:,.1f} tensors, a margin and tables")
        for row in figures
    ])  # fmt: skip
    return figure


def _draw_answers(axes: Axes, answers: dict[str, NDArray[np.float64]], labels: list[str], palette: Palette) -> None:
    """Draw the likeliest classes by both runtimes, a bar each."""
    style_axes(axes, palette)
    best = np.argsort(answers["LiteRT"])[::-1][:_SHOWN]
    for number, (name, colour) in enumerate(zip(answers, (palette.right, palette.muted), strict=True)):
        at = np.arange(len(best)) + 0.4 * number
        values = 100 * answers[name][best]
        axes.barh(at, values, height=0.36, color=colour, label=name)
        for place, value in zip(at, values, strict=True):
            axes.text(value + 1, place, f"{value:.1f}", va="center", fontsize=9, color=palette.ink)
    axes.set_yticks(np.arange(len(best)) + 0.2, [labels[index] for index in best])
    axes.set(xlim=(0, 115), ylim=(len(best) - 0.2, -0.5), xticks=(0, 50, 100))
    axes.set_title("probability of the likeliest classes, %", fontsize=10, color=palette.ink, loc="left")
    axes.legend(loc="lower right", fontsize=9, frameon=False)


def _draw_steps(axes: Axes, figures: list[dict[str, Any]], palette: Palette) -> None:
    """Draw the share of images by how far the outputs of both runtimes are apart."""
    style_axes(axes, palette)
    colours = (palette.right, palette.quantization["dynamic"], palette.muted)
    most = max(len(row["micro"]["steps"]) for row in figures)
    for number, (row, colour) in enumerate(zip(figures, colours, strict=True)):
        shares = 100 * np.array(row["micro"]["steps"]) / row["images"]
        same = f"{100 * row['micro']['same'] / row['images']:.2f} % the same class"
        axes.bar(np.arange(len(shares)) + 0.27 * (number - 1), shares, width=0.25, color=colour,
                 label=f"{row['network']}: {same} of {row['images']:,}")  # fmt: skip
    axes.set_xticks(range(most))
    axes.set_title("outputs this many steps of 255 apart: % of images", fontsize=10, color=palette.ink, loc="left")
    axes.legend(fontsize=8, frameon=False)


def _draw_memory(axes: Axes, title: str, networks: list[str], sums: list[tuple[int, str]]) -> None:
    """Draw a bar a network with what is in it, on a logarithmic axis because they differ a hundredfold."""
    palette = Palette()
    style_axes(axes, palette)
    axes.grid(visible=False)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.barh(networks, [size / 1000 for size, _ in sums], height=0.3, color=palette.right)
    axes.set(xlim=(5, 10_000), ylim=(len(sums) - 0.6, -0.7))
    for place, (size, what) in enumerate(sums):
        axes.text(5.3, place - 0.24, f"{size / 1000:,.1f}: {what}", va="bottom", fontsize=9, color=palette.ink)
    axes.set_title(title, fontsize=10, color=palette.ink, loc="left")


if __name__ == "__main__":
    main()

"""Renders a report as one HTML file that needs nothing else: no script, no font, no image from outside."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import jinja2
import numpy as np

from edge.vision.image import resize
from train.report.pool import PART_NAMES, pixels_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from train.data.splits import Splits
    from train.report.learning_curve import LearningCurve
    from train.report.record import ClassAdvice, Image, Report

MOST_THUMBNAIL_BYTES = 5_000_000
"""Bytes of all thumbnails together, as they stand in the page."""
MOST_MATRIX = 30
"""Classes of a confusion matrix at most; of more, the pairs are shown alone."""
MOST_ROWS = 60
"""Classes of the table at most; of more, those that need images most."""
_EDGE = 128  # pixels of a thumbnail
_QUALITY = 80  # of its JPEG


class Thumbnails:
    """Small JPEGs as data URIs, until the limit on their bytes is reached."""

    def __init__(self, splits: Splits, *, most_bytes: int = MOST_THUMBNAIL_BYTES) -> None:
        """Take the images of these splits."""
        self._splits, self._room = splits, most_bytes

    def uri(self, image: Image) -> str:
        """Return an image as it was read, 128 pixels wide; "" where no room is left."""
        pixels = pixels_of(self._splits, PART_NAMES.index(image.part), image.place)
        uri = data_uri(pixels)
        if len(uri) > self._room:
            return ""
        self._room -= len(uri)
        return uri


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """Return an image, uint8 BGR, shape (H, W, 3), as the data URI of a JPEG of at most 128x128 pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _EDGE / max(height, width))
    small = resize(pixels, max(1, round(width * scale)), max(1, round(height * scale)), "area")
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Dot:
    """Point of the learning curve in the drawing, in its units."""

    x: float
    y: float
    low: float
    high: float
    """y of the ends of the interval."""
    images: str
    accuracy: str


@dataclass(frozen=True, slots=True)
class CurveDrawing:
    """Learning curve as a drawing of 480x300 units."""

    dots: tuple[Dot, ...]
    line: str
    """Points of a polyline."""
    rules: tuple[tuple[float, str], ...]
    """y and text of each horizontal rule."""


_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 480, 300, 54, 24, 18, 48
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between horizontal rules


def draw_curve(curve: LearningCurve) -> CurveDrawing:
    """Lay the learning curve out: each doubling of the images is one step to the right."""
    span = math.log2(curve.points[-1].images_per_class / curve.points[0].images_per_class)
    lowest, highest = (pick(point.interval[end] for point in curve.points) for end, pick in ((0, min), (1, max)))
    step = next((step for step in _STEPS if (highest - lowest) / step <= 6), _STEPS[-1])
    floor, ceiling = math.floor(lowest / step), max(math.ceil(highest / step), math.floor(lowest / step) + 1)

    def y_of(share: float) -> float:
        return round(_HEIGHT - _BOTTOM - (share / step - floor) / (ceiling - floor) * (_HEIGHT - _BOTTOM - _TOP), 1)

    def x_of(images: float) -> float:
        place = math.log2(images / curve.points[0].images_per_class) / span if span else 0.5
        return round(_LEFT + 18 + place * (_WIDTH - _LEFT - _RIGHT - 36), 1)

    dots = tuple(
        Dot(
            x_of(point.images_per_class), y_of(point.accuracy), y_of(point.interval[0]), y_of(point.interval[1]),
            f"{point.images_per_class:,.0f}", f"{point.accuracy:.1%}",
        )
        for point in curve.points
    )  # fmt: skip
    rules = tuple((y_of(number * step), f"{number * step:.0%}") for number in range(floor, ceiling + 1))
    return CurveDrawing(dots, " ".join(f"{dot.x},{dot.y}" for dot in dots), rules)


def html_page(report: Report, splits: Splits) -> str:
    """Render the page of a report; its thumbnails are the images of these splits."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,  # names of folders and files are other people's text
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    most = max((max(row) for row in report.confusion), default=0)
    return templates.get_template("page.html.j2").render(
        report=report,
        thumbnail=Thumbnails(splits).uri,
        curve=draw_curve(report.curve) if report.curve else None,
        names=[row.name for row in report.classes],
        rows=neediest(report.classes),
        has_matrix=len(report.classes) <= MOST_MATRIX,
        most=most,
        needy=sum(bool(row.reasons) for row in report.classes),
    )


def neediest(classes: tuple[ClassAdvice, ...]) -> tuple[ClassAdvice, ...]:
    """Return all classes of a few; of many, those with reasons to add images first, then the least often right."""
    if len(classes) <= MOST_ROWS:
        return classes
    ranked = sorted(classes, key=lambda row: (-len(row.reasons), row.right / max(row.held_out, 1), row.different))
    return tuple(ranked[:MOST_ROWS])

"""Turned cameras: every pixel's new place worked by hand, for arrays and planes, on every source and in every sink."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.demo import draw_frame
from edge.sources import Frame, Orientation
from edge.sources.orientation import TurnedSource
from edge.vision import YuvPicture

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
#   1 2 3        above, as the camera gives it
#   4 5 6
CASES = {
    Orientation(0, True): [[3, 2, 1], [6, 5, 4]],
    Orientation(90): [[4, 1], [5, 2], [6, 3]],
    Orientation(90, True): [[1, 4], [2, 5], [3, 6]],
    Orientation(180): [[6, 5, 4], [3, 2, 1]],
    Orientation(180, True): [[4, 5, 6], [1, 2, 3]],
    Orientation(270): [[3, 6], [2, 5], [1, 4]],
    Orientation(270, True): [[6, 3], [5, 2], [4, 1]],
}


@pytest.mark.parametrize(("orientation", "expected"), CASES.items())
@pytest.mark.parametrize("channels", [0, 3, 4])
def test_every_pixel_goes_to_its_place(orientation: Orientation, expected: list[list[int]], channels: int) -> None:
    picture = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    wanted = np.array(expected, np.uint8)
    if channels:
        picture, wanted = (np.stack([one] * channels, axis=-1) for one in (picture, wanted))
    turned = orientation.turn(picture)
    assert turned.tolist() == wanted.tolist()
    assert turned.flags.c_contiguous


def test_without_a_turn_nothing_is_copied() -> None:
    picture = np.zeros((2, 3, 3), np.uint8)
    assert Orientation().turn(picture) is picture


@pytest.mark.parametrize("orientation", CASES)
def test_planes_become_the_turned_picture(orientation: Orientation) -> None:
    rng = np.random.default_rng(0)
    planes = YuvPicture(*(rng.integers(16, 235, size, np.uint8) for size in ((6, 8), (3, 4), (3, 4))))

    class One:
        name, is_stream, is_live, skipped, is_open = "a film", True, False, 7, True

        def frames(self) -> Iterator[Frame | None]:
            yield None
            yield Frame(planes, 0, self.name, NOW, position_s=1.5)

        def close(self) -> None:
            self.is_open = False

    source = TurnedSource(One(), orientation)
    nothing, frame = source.frames()
    assert nothing is None
    assert frame is not None
    assert np.array_equal(frame.image, orientation.turn(planes.to_bgr()))
    assert (frame.position_s, source.name, source.is_stream, source.is_live, source.skipped) == (
        1.5, "a film", True, False, 7,
    )  # fmt: skip
    source.close()
    assert not source._source.is_open  # type: ignore[attr-defined]


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_camera_that_lies_gives_the_answers_and_the_picture_of_one_that_stands(
    edge_classify: Callable[..., Any], tmp_path: Path, rotate: int
) -> None:
    """`--roi` is of the turned picture; here it cuts off a second garment below."""
    upright = np.vstack([draw_frame(0).image, draw_frame(1).image])
    undo = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}[rotate]
    cv2.imwrite(str(tmp_path / "upright.png"), upright)
    cv2.imwrite(str(tmp_path / "lying.png"), cv2.flip(cv2.rotate(upright, undo), 1 if rotate == 180 else 0))
    rows, seen = [], []
    for name, flags in (("upright", ()), ("lying", ("--rotate", rotate, "--mirror"))):
        shown = tmp_path / f"{name}_seen.png"
        outcome = edge_classify("--source", tmp_path / f"{name}.png", "--json", "--roi", "0,0,1,0.5",
                                "--picture", shown, *flags)  # fmt: skip
        row = json.loads(outcome.out)
        rows.append((row["label"], row["probability"], row["presence"]))
        seen.append(cv2.imread(str(shown)).shape)
    assert rows[0] == rows[1]
    assert seen[0] == seen[1]

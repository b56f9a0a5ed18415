"""Image files as a source: one at a time; what can't be read is skipped, counted and logged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.sources.images import ImageSource


def encoded(image: np.ndarray, suffix: str = ".png") -> bytes:
    """The bytes of an image file."""
    done, content = cv2.imencode(suffix, image)
    assert done
    return content.tobytes()


def test_the_runner_skips_an_image_of_too_many_pixels(spawn: Callable[..., Any], tmp_path: Path) -> None:
    """6500 x 10001 is one row more than fits."""
    (tmp_path / "a.pgm").write_bytes(b"P5\n6500 10001\n255\n" + bytes(200))
    (tmp_path / "b.pgm").write_bytes(b"P5\n64 48\n255\n" + bytes(64 * 48))
    child = spawn("-m", "edge.run.main", "--source", str(tmp_path), "--json", "-q")
    out, err = child.communicate(timeout=60)
    assert (len(out.splitlines()), child.returncode) == (1, 1)
    assert err.startswith(f"skipped {tmp_path / 'a.pgm'}: ")
    assert err.count("\n") == 1
    assert "65,000,000 pixels" in err


def test_files_are_read_in_order_and_bad_ones_skipped_counted_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for grey, name in enumerate(("a.png", "c.png")):
        (tmp_path / name).write_bytes(encoded(np.full((2, 2, 3), grey, np.uint8)))
    (tmp_path / "b.png").write_text("no picture", encoding="utf-8")
    paths = [tmp_path / name for name in ("a.png", "b.png", "c.png", "gone.png")]
    source = ImageSource("pictures", paths)
    frames = list(source.frames())
    source.close()
    assert source.name == "pictures"
    assert [(frame.number, frame.source) for frame in frames] == [(0, str(paths[0])), (1, str(paths[2]))]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 1]
    assert source.skipped == 2
    for path, reason, message in zip(paths[1::2], ("not an image", "No such file"), caplog.messages, strict=True):
        assert message.startswith(f"skipped {path}: {reason}")


def test_a_cut_out_keeps_its_alpha_for_the_recipe_and_shows_its_ground_to_all_others(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:6, 2:6, 3] = 255
    (tmp_path / "a.png").write_bytes(encoded(pixels))
    (frame,) = ImageSource("pictures", [tmp_path / "a.png"]).frames()
    assert isinstance(frame.picture, np.ndarray)
    assert np.array_equal(frame.picture[..., 3], pixels[..., 3])
    assert frame.image.shape == (8, 8, 3)
    assert (frame.image[0, 0].tolist(), frame.image[3, 3].tolist()) == ([255, 255, 255], [0, 0, 0])


def test_no_more_pixels_are_read_of_a_jpeg_than_are_needed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(np.zeros((80, 160, 3), np.uint8), ".jpg"))
    (frame,) = ImageSource("pictures", [tmp_path / "a.jpg"], least=40).frames()
    assert frame.image.shape == (40, 80, 3)

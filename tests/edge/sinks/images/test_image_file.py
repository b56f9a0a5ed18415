"""A picture's file: what can't be written is said before the first frame, what can is there whole."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import ToolkitError
from edge.sinks.images.image_file import PICTURE_SUFFIXES, require_writable, write_picture


@pytest.mark.parametrize("suffix", [*PICTURE_SUFFIXES, ".PNG"])
def test_a_picture_is_written_in_the_format_of_its_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"seen{suffix}"
    require_writable(path)
    assert os.listdir(path.parent) == []
    write_picture(path, np.full((8, 12, 3), 77, np.uint8))
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape == (8, 12, 3)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("name", ["seen.gif", "seen", "seen.png.txt", ".png"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolkitError, match=r"its name must end in \.png, \.jpg, \.jpeg, \.webp"):
        require_writable(tmp_path / name)


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="no permission to write a picture there"):
        require_writable(tmp_path / "seen.png")

"""Sheets of photographs, drawn in a process of their own."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.measure.sheets import DrawnPhotograph, SheetJob, draw_photograph, sheet_png
from edge.artifact.input_spec import ModelOptions
from edge.classify.classifier import Classifier
from edge.datasets.folder_labels import LabelledFolder
from edge.demo import draw_frame

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def coats(tmp_path: Path) -> DrawnPhotograph:
    cv2.imwrite(str(tmp_path / "coat.png"), draw_frame(4, height=96, width=128).image)
    return DrawnPhotograph(str(tmp_path / "coat.png"), LabelledFolder("coats", ("Coat",)))


def job(tmp_path: Path, *photographs: DrawnPhotograph) -> SheetJob:
    artifact = str(FIXTURES / "tiny_int8.tflite")
    return SheetJob(artifact, "litert", ModelOptions(), photographs, str(tmp_path / "sheet.png"))


def test_a_tile_is_a_caption_above_the_frame_and_what_was_seen(tmp_path: Path) -> None:
    cv2.imwrite(
        str(tmp_path / "grey.png"), np.dstack([np.full((6, 8, 3), 40, np.uint8), np.full((6, 8), 255, np.uint8)])
    )
    photograph = DrawnPhotograph(str(tmp_path / "grey.png"), LabelledFolder("hats", ()))

    tile = draw_photograph(Classifier.load(FIXTURES / "tiny_int8.tflite"), photograph)

    assert tile.shape == (54 + 300, 660, 3)
    assert len(np.unique(tile[:54].reshape(-1, 3), axis=0)) > 2  # something is written there
    assert (tile[54 + 150, 200] == 40).all()  # the frame's grey level


def test_a_sheet_is_a_png_of_all_of_them(tmp_path: Path, coats: DrawnPhotograph) -> None:
    content = sheet_png(job(tmp_path, coats, coats, coats), timeout_s=60)

    assert content is not None
    sheet = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert sheet.shape[1] > 2 * 660
    assert sheet.shape[0] > 2 * 354


def test_without_a_photograph_there_is_no_sheet_and_a_warning(
    tmp_path: Path, coats: DrawnPhotograph, caplog: pytest.LogCaptureFixture
) -> None:
    Path(coats.path).unlink()
    with caplog.at_level(logging.WARNING):
        assert sheet_png(job(tmp_path, coats), timeout_s=60) is None
    assert "coat.png" in caplog.text

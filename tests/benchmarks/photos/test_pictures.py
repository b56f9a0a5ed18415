"""Which photographs are shown, and that a sheet is drawn of them."""

import dataclasses

import cv2
import numpy as np

from benchmarks.photos.measure import PhotoReport, PhotoResult
from benchmarks.photos.pictures import choose_hits, choose_mistakes, draw_result, sheet_png


def names(results: list[PhotoResult]) -> list[str]:
    return [result.photograph.name for result in results]


def test_the_surest_mistakes_come_first(measured: PhotoReport) -> None:
    assert names(choose_mistakes(measured, most=9)) == ["hats/1.png", "as/3.png", "as/2.png"]
    assert names(choose_mistakes(measured, most=1)) == ["hats/1.png"]


def test_of_equal_mistakes_the_name_decides(measured: PhotoReport) -> None:
    mistake = measured.results[2]
    other = dataclasses.replace(mistake, photograph=dataclasses.replace(mistake.photograph, name="as/0.png"))

    assert names(choose_mistakes(dataclasses.replace(measured, results=(mistake, other)), most=9)) == [
        "as/0.png",
        "as/3.png",
    ]


def test_hits_are_the_first_of_each_folder_by_name(measured: PhotoReport) -> None:
    backwards = dataclasses.replace(measured, results=measured.results[::-1])

    assert names(choose_hits(backwards, each=1)) == ["hats/2.png", "bs/1.png", "as/1.png"]
    assert names(choose_hits(measured, each=0)) == []


def test_a_tile_is_a_caption_above_the_frame_and_what_was_seen(measured: PhotoReport) -> None:
    tile = draw_result(measured.results[4])

    assert tile.shape == (54 + 300, 660, 3)
    assert len(np.unique(tile[:54].reshape(-1, 3), axis=0)) > 2  # something is written there
    assert (tile[54 + 150, 200] == 40).all()  # the frame's grey level


def test_a_sheet_is_a_png_of_all_of_them(measured: PhotoReport) -> None:
    sheet = cv2.imdecode(np.frombuffer(sheet_png(measured.results[:3]), np.uint8), cv2.IMREAD_COLOR)

    assert sheet is not None
    assert sheet.shape == (2 * 354 + 16, 2 * 660 + 16, 3)

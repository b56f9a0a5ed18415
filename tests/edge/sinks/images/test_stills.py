"""Images that are written once: sizes, places and colours of a tile's and an explanation's parts, and the file."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.classify.decision import decide_alone
from edge.classify.results import Decision, Prediction
from edge.errors import ToolkitError
from edge.sinks.images.stills import (
    PICTURE_SUFFIXES,
    ExplainSink,
    PictureSink,
    draw_explanation,
    draw_sheet,
    draw_tile,
)
from edge.sources import Frame

TILE_HEIGHT, TILE_WIDTH, GAP = 300, 660, 16
BLUE = (255, 0, 0)


def frame(*, height: int = 30, width: int = 40, true_label: str | None = None, number: int = 0) -> Frame:
    """A blue frame."""
    image = np.full((height, width, 3), BLUE, np.uint8)
    return Frame(image, number, "camera 0", datetime(2026, 1, 2, tzinfo=timezone.utc), true_label=true_label)


def prediction(*, label: str = "Coat", probability: float = 0.5) -> Prediction:
    """A prediction whose network saw white above black."""
    pixels, outline = np.array([[255, 255], [0, 0]], np.uint8), np.zeros((0, 2), np.int32)
    ranked = ((label, probability), ("Bag", 1 - probability))
    return Prediction(
        label, probability, ranked, {"total": 1}, pixels, np.zeros(2, np.float32), probability, 1.0, outline, "top1"
    )


def tile_of(shown: Frame, predicted: Prediction) -> np.ndarray:
    """The tile of a picture that is decided on its own."""
    return draw_tile(shown, predicted, decide_alone(predicted, shown.time))


def write(sink: PictureSink, shown: Frame) -> None:
    """Give the sink a frame that is decided on its own."""
    sink.write(shown, prediction(), decide_alone(prediction(), shown.time))


@pytest.mark.parametrize("suffix", [*PICTURE_SUFFIXES, ".PNG"])
@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (12, 2, 5)], ids=["1", "2", "3", "12 keep 10"]
)
def test_the_picture_is_written_with_a_tile_a_frame(
    tmp_path: Path, suffix: str, count: int, columns: int, rows: int
) -> None:
    path = tmp_path / "new" / f"seen{suffix}"
    sink = PictureSink(path)
    for number in range(count):
        write(sink, frame(number=number))
    assert not path.exists()
    sink.close()
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape == (rows * TILE_HEIGHT + (rows - 1) * GAP, columns * TILE_WIDTH + (columns - 1) * GAP, 3)
    assert os.listdir(path.parent) == [path.name]


def test_the_last_frames_are_kept_oldest_first(tmp_path: Path) -> None:
    sink = PictureSink(tmp_path / "seen.png", frames=2)
    for grey in (10, 100, 200):
        image = np.full((30, 40, 3), grey, np.uint8)
        write(sink, Frame(image, 0, "x", datetime.now(timezone.utc)))
    sink.close()
    seen = cv2.imread(str(tmp_path / "seen.png"))
    assert seen is not None
    assert (seen[150, 200, 0], seen[150, TILE_WIDTH + GAP + 200, 0]) == (100, 200)


def test_without_a_frame_there_is_no_picture(tmp_path: Path) -> None:
    PictureSink(tmp_path / "seen.png").close()
    assert os.listdir(tmp_path) == []


def test_closing_twice_writes_once(tmp_path: Path) -> None:
    sink = PictureSink(tmp_path / "seen.png")
    write(sink, frame())
    sink.close()
    (tmp_path / "seen.png").unlink()
    sink.close()
    assert os.listdir(tmp_path) == []


def test_a_tile_shows_the_frame_whole_and_centred() -> None:
    tile = tile_of(frame(height=30, width=40), prediction())  # 4:3 fills its part
    assert tile.shape == (TILE_HEIGHT, TILE_WIDTH, 3)
    assert (tile[:, :400] == BLUE).all()
    wide = tile_of(frame(height=10, width=40), prediction())  # 400 x 100, so 100 rows above and below
    assert (wide[100:200, :400] == BLUE).all()
    assert not (wide[:100, :400] == BLUE).all(axis=2).any()
    assert not (wide[200:, :400] == BLUE).all(axis=2).any()


def test_a_small_frame_is_enlarged_without_smearing() -> None:
    image = np.zeros((7, 7, 3), np.uint8)  # 300 / 7 is no whole number
    image[:, ::2] = 255
    tile = tile_of(Frame(image, 0, "x", datetime.now(timezone.utc)), prediction())
    assert set(np.unique(tile[:, 52:348])) == {0, 255}


def test_a_tile_shows_the_models_input() -> None:
    eye = tile_of(frame(), prediction())[74:214, 416:556]
    assert (eye[:70] == 255).all()
    assert (eye[70:] == 0).all()


def test_the_bar_is_as_long_as_the_probability() -> None:
    # Full is 260 - 2 * 16 = 228 pixels; row 227 lies inside the first bar, above its letters.
    for probability, length in ((0.0, 0), (0.25, 57), (1.0, 228)):
        row = tile_of(frame(), prediction(probability=probability))[227, 416:644]
        assert (row == (200, 160, 90)).all(axis=1).sum() == pytest.approx(length, abs=1)


@pytest.mark.parametrize(
    ("truth", "green", "red"),
    [("Coat", True, False), ("Bag", False, True), (None, False, False)],
    ids=["right", "wrong", "not known"],
)
def test_the_label_is_green_or_red_where_the_truth_is_known(truth: str | None, green: bool, red: bool) -> None:
    heading = tile_of(frame(true_label=truth), prediction(label="Coat"))[10:40, 400:].astype(int)
    blue_part, green_part, red_part = heading[..., 0], heading[..., 1], heading[..., 2]
    assert bool((green_part > blue_part + 60).any()) == green
    assert bool((red_part > green_part + 100).any()) == red


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (1, 500, 3), (500, 1, 3), (20, 30), (20, 30, 1), (20, 30, 4), (3000, 4000, 3)], ids=str
)
def test_any_frame_that_can_be_classified_can_be_drawn(shape: tuple[int, ...]) -> None:
    odd = Frame(np.full(shape, 90, np.uint8), 0, "x", datetime.now(timezone.utc))
    assert tile_of(odd, prediction(label="Müħle", probability=1.0)).shape == (TILE_HEIGHT, TILE_WIDTH, 3)


def test_a_tile_names_the_decision_and_the_likeliest_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("edge.sinks.images.drawing.draw_text", lambda panel, text, **_: written.append(text))
    decided = Decision("unknown", 0.62, datetime.now(timezone.utc), changed=False, reason="Coat held 1 of 3 frames")
    draw_tile(frame(), prediction(label="Coat", probability=0.5), decided)
    assert written[:2] == ["unknown", "62.0%"]
    assert written[-4:] == ["Coat", "50%", "Bag", "50%"]


def test_a_tile_outlines_what_was_found() -> None:
    corners = np.array([(10, 6), (30, 6), (30, 24), (10, 24)], np.int32)  # ten times as large in the tile
    tile = tile_of(frame(height=30, width=40), prediction()._replace(outline=corners))
    assert not (tile[58:63, 150:250] == BLUE).all(axis=2).any(axis=1).all()
    assert (tile[70:230, 110:290] == BLUE).all()  # inside
    assert (tile[:55, :400] == BLUE).all()  # above


def test_the_gap_between_tiles_is_white() -> None:
    tiles = [np.full((4, 6, 3), value, np.uint8) for value in (1, 2, 3)]
    sheet = draw_sheet(tiles)
    assert sheet.shape == (4 + GAP + 4, 6 + GAP + 6, 3)
    assert (sheet[0, 0, 0], sheet[0, 6 + GAP, 0], sheet[4 + GAP, 0, 0]) == (1, 2, 3)
    assert (sheet[4 : 4 + GAP] == 255).all()
    assert (sheet[:, 6 : 6 + GAP] == 255).all()
    assert (sheet[4 + GAP :, 6 + GAP :] == 255).all()


def test_a_moment_without_a_frame_draws_nothing(tmp_path: Path) -> None:
    sink = PictureSink(tmp_path / "seen.png")
    sink.idle(Decision("stale", 0.0, datetime(2026, 1, 2, tzinfo=timezone.utc), changed=True, reason="unplugged"))
    sink.close()
    assert not list(tmp_path.iterdir())


NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
RULE = DecisionSpec(threshold=0.7)
REASON = "top1 0.62 below threshold 0.70"


def grey_frame(*shape: int, grey: int = 90) -> Frame:
    """A grey frame."""
    return Frame(np.full(shape or (30, 40, 3), grey, np.uint8), 0, "photos/shirt.jpg", NOON)


def coat(label: str = "unknown", *, classes: int = 3, reason: str = REASON) -> Prediction:
    """A prediction of something that looks like a coat."""
    ranked = tuple((f"Coat {number}", 0.62 / 2**number) for number in range(classes))
    outline = np.array([(4, 4), (30, 4), (30, 20)], np.int32)
    latency_ns = {"vision": 1_500_000, "invoke": 250_000, "decide": 50_000, "total": 1_800_000}
    pixels = np.full((28, 28), 255, np.uint8)
    return Prediction(label, 0.62, ranked, latency_ns, pixels, np.zeros(3, np.float32), 0.62, 0.9, outline, reason)


def explained(shown: Frame, predicted: Prediction, rule: DecisionSpec = RULE) -> np.ndarray:
    """The picture."""
    return draw_explanation(shown, predicted, decide_alone(predicted, NOON), rule=rule)


def test_an_explanation_names_label_reason_durations_and_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("edge.sinks.images.drawing.draw_text", lambda panel, text, **_: written.append(text))
    explained(grey_frame(), coat())
    assert written[:2] == ["unknown", REASON]
    assert {"vision 1.50 ms", "invoke 0.25 ms", "decide 0.05 ms", "total 1.80 ms"} <= set(written)
    assert {"something is there", "90%", "Coat 0", "62%", "Coat 1", "31%", "Coat 2"} <= set(written)
    assert written[-1] == "shirt.jpg"


@pytest.mark.parametrize(
    ("rule", "marks"),
    [(RULE, [0.1, 0.7, 0.7]), (DecisionSpec(score="margin", threshold=0.2), [0.1, None, None])],
    ids=["probability", "a score that has no bar"],
)
def test_thresholds_are_marked_on_the_bars_of_their_scale(
    monkeypatch: pytest.MonkeyPatch, rule: DecisionSpec, marks: list[float | None]
) -> None:
    seen: list[float | None] = []
    monkeypatch.setattr("edge.sinks.images.drawing.draw_bar", lambda panel, *, mark=None, **_: seen.append(mark))
    explained(grey_frame(), coat(classes=2), rule)
    assert seen == marks


def test_the_frame_is_on_the_left_with_its_outline_and_the_network_s_view_on_the_right() -> None:
    picture = explained(grey_frame(560, 720, 3), coat())
    assert picture.shape == (560, 1140, 3)
    assert (picture[300:, :700] == 90).all()
    assert not (picture[:60, :60] == 90).all()  # the outline
    assert (picture[100:300, 740:950] == 255).all()


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (28, 28, 3), (28, 28), (9, 2000, 3), (2000, 9, 4), (4000, 5000, 3)], ids=str
)
def test_any_frame_can_be_explained(shape: tuple[int, ...]) -> None:
    assert explained(grey_frame(*shape), coat()).shape == (560, 1140, 3)


def test_long_labels_reasons_and_many_classes_have_room() -> None:
    predicted = coat("A label that goes on " * 9, classes=256, reason="because of this and that " * 40)
    picture = explained(grey_frame(), predicted)
    assert picture.shape[0] > 560
    assert (picture[:, -6:] == picture[0, -1]).all()  # nothing reaches the edge


def test_a_frame_without_anything_can_be_explained() -> None:
    nowhere = np.zeros((0, 2), np.int32)
    nothing = coat("nothing", classes=0, reason="nothing stands out")._replace(presence_score=0.0, outline=nowhere)
    assert explained(grey_frame(), nothing).shape == (560, 1140, 3)


def test_only_the_first_frame_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "why.png"
    sink = ExplainSink(path, rule=RULE)
    for grey in (90, 200):
        sink.write(grey_frame(560, 720, 3, grey=grey), coat(), decide_alone(coat(), NOON))
    sink.close()
    image = cv2.imread(str(path))
    assert image is not None
    assert (image[300:, :700] == 90).all()


@pytest.mark.parametrize("name", ["seen.gif", "seen", "seen.png.txt", ".png"])
def test_a_path_of_another_format_is_refused_at_once(tmp_path: Path, name: str) -> None:
    for sink in (PictureSink, partial(ExplainSink, rule=RULE)):
        with pytest.raises(ToolkitError, match=rf"{name}.* \.png, \.jpg, \.jpeg, \.webp"):
            sink(tmp_path / name)


def test_a_folder_without_permission_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match=str(tmp_path)):
        PictureSink(tmp_path / "seen.png")

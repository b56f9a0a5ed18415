import logging
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.errors import DatasetError
from edge.vision import prepare
from export import image_folders
from export.image_folders import load_images, noise

SPEC = ModelSpec(
    labels=("Red ones", "green", "blue"), input=InputSpec(height=8, width=6, channels=3, recipe="image-v1")
)


def _write(folder: Path, **counts: int) -> Path:
    """Write images of noise, no two alike, in one folder for each name."""
    for number, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for seed in range(count):
            pixels = np.random.default_rng([number, seed]).integers(0, 256, (16, 12, 3), np.uint8)
            cv2.imwrite(str(folder / name / f"{seed:03}.png"), pixels)
    return folder


def _keys(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_half_of_each_class_calibrates_and_no_image_is_in_both_parts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = _write(tmp_path, red_ones=10, green=5, hats=3, shoes=1)
    with caplog.at_level(logging.INFO):
        dataset = load_images(folder, None, SPEC, count=100, seed=0)

    assert np.bincount(dataset.train.labels).tolist() == [5, 2]
    assert np.bincount(dataset.test.labels).tolist() == [5, 3]
    assert not _keys(dataset.train.images) & _keys(dataset.test.images)
    frame = cv2.imread(str(folder / "green" / "000.png"))
    assert prepare(frame, SPEC.input).pixels.tobytes() in _keys(dataset.train.images) | _keys(dataset.test.images)
    assert dataset.is_labelled
    said = " ".join(caplog.messages)
    assert "hats, shoes" in said
    assert "blue" in said  # a class without images
    assert ("7 images" in said, "8 others" in said) == (True, True)


def test_the_choice_depends_on_the_seed_alone(tmp_path: Path) -> None:
    folder = _write(tmp_path, green=20, blue=20)
    one, again, other = (load_images(folder, None, SPEC, count=6, seed=seed) for seed in (0, 0, 1))

    assert (one.train.images == again.train.images).all()
    assert _keys(one.train.images) != _keys(other.train.images)
    assert np.bincount(one.train.labels).tolist() == [0, 3, 3]  # in turn
    assert len(one.test.labels) == 34  # all others


def test_fewer_calibration_images_than_classes_are_enough(tmp_path: Path) -> None:
    labels = tuple(f"c{number:03}" for number in range(40))
    folder = _write(tmp_path, **dict.fromkeys(labels, 2))
    dataset = load_images(folder, None, replace(SPEC, labels=labels), count=7, seed=0)
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (7, 73)


def test_no_more_images_are_decoded_than_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_folders, "_MOST_COMPARED", 9)
    dataset = load_images(_write(tmp_path, green=20, blue=20), None, SPEC, count=4, seed=0)
    assert len(dataset.test.labels) == 9
    assert set(dataset.test.labels.tolist()) == {1, 2}


def test_a_picture_that_is_there_twice_or_cannot_be_read_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = _write(tmp_path, green=4)
    (folder / "green" / "copy.png").write_bytes((folder / "green" / "000.png").read_bytes())
    (folder / "green" / "damaged.png").write_bytes(b"nothing")
    dataset = load_images(folder, None, SPEC, count=100, seed=0)

    assert len(_keys(dataset.train.images)) + len(_keys(dataset.test.images)) == 4
    assert len(dataset.train.labels) + len(dataset.test.labels) == 4
    assert [str(folder / "green" / "damaged.png") in message for message in caplog.messages].count(True) == 1


def test_garments_are_found_as_the_runner_finds_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "Trouser").mkdir()
    for number in (1, 2):
        frame = np.full((90, 60, 3), 200, np.uint8)
        frame[15:80, 20:25], frame[15:80, 25 + number : 40] = 30, 30
        cv2.imwrite(str(tmp_path / "Trouser" / f"{number}.png"), frame)
    cv2.imwrite(str(tmp_path / "Trouser" / "empty.png"), np.full((90, 60, 3), 200, np.uint8))
    dataset = load_images(tmp_path, None, ModelSpec(labels=FASHION_MNIST_LABELS), count=1, seed=0)

    assert dataset.train.images.shape[1:] == dataset.test.images.shape[1:] == (28, 28)
    assert len(dataset.train.labels) + len(dataset.test.labels) == 2
    assert any("empty.png" in message for message in caplog.messages)


def test_a_folder_of_its_own_calibrates_and_then_all_labelled_images_are_compared(tmp_path: Path) -> None:
    data, own = _write(tmp_path / "data", green=3, blue=3), _write(tmp_path / "own", x=1, y=1, z=1, any=9)
    dataset = load_images(data, own, SPEC, count=5, seed=0)
    # Noise of the first two folders is the same in both: what calibrates isn't compared.
    assert len(dataset.train.labels) == 5
    assert not _keys(dataset.train.images) & _keys(dataset.test.images)
    assert dataset.is_labelled


@pytest.mark.parametrize("is_labelled", [False, True])
def test_of_a_folder_that_comes_split_training_calibrates_and_the_test_is_compared(
    tmp_path: Path, is_labelled: bool
) -> None:
    parts = {"train/green": 7, "train/blue": 5, "valid/green": 2, "test/green": 3, "test/blue": 4}
    folder = _write(tmp_path, **parts)
    dataset = load_images(*((folder, None) if is_labelled else (None, folder)), SPEC, count=6, seed=0)

    def prepared(part: str) -> set[bytes]:
        frames = [cv2.imread(str(path)) for path in (folder / part).rglob("*.png")]
        return {prepare(frame, SPEC.input).pixels.tobytes() for frame in frames}

    assert len(dataset.train.labels) == 6
    assert _keys(dataset.train.images) < prepared("train")
    assert _keys(dataset.test.images) == prepared("test")
    assert dataset.test.labels.tolist() == ([2] * 4 + [1] * 3 if is_labelled else [-1] * 7)
    if is_labelled:
        assert np.bincount(dataset.train.labels).tolist() == [0, 3, 3]  # in turn


def test_images_without_classes_are_split_too(tmp_path: Path) -> None:
    dataset = load_images(None, _write(tmp_path, any=5, other=2), SPEC, count=100, seed=0)
    assert (len(dataset.train.labels), len(dataset.test.labels), dataset.is_labelled) == (3, 4, False)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"hats": 3, "train": 2}, "hats, train"),
        ({}, "none"),
        ({"green": 0}, "no image"),
    ],
    ids=["no label", "no folder", "no image"],
)
def test_a_folder_without_images_of_a_label_is_refused(tmp_path: Path, counts: dict[str, int], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_images(_write(tmp_path, **counts), None, SPEC, count=10, seed=0)


@pytest.mark.parametrize("is_labelled", [False, True])
def test_a_folder_that_is_absent_is_refused(tmp_path: Path, is_labelled: bool) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(DatasetError, match=str(absent)):
        load_images(*((absent, None) if is_labelled else (None, absent)), SPEC, count=10, seed=0)


@pytest.mark.parametrize(("channels", "shape"), [(1, (8, 6)), (3, (8, 6, 3))])
def test_noise_has_the_shape_of_the_input(channels: int, shape: tuple[int, ...]) -> None:
    spec = replace(SPEC, input=replace(SPEC.input, channels=channels, mean=(0.0,), std=(1.0,)))
    assert noise(spec, seed=0).test.images.shape[1:] == shape

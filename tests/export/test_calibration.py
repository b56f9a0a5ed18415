import numpy as np
import pytest

from edge.artifact.input_spec import InputSpec
from edge.datasets.fashion_mnist import LabelledImages
from edge.errors import ExportError
from export.calibration import (
    Dataset,
    balanced_count,
    calibrate_on_all,
    choose_calibration,
    load_dataset,
    with_full_range,
)


def _dataset(count_by_class: dict[int, int], *, test_values: tuple[int, ...] = ()) -> Dataset:
    """Images that are one grey level each, counted from 0, so that every one is different."""
    labels = np.repeat(list(count_by_class), list(count_by_class.values())).astype(np.uint8)
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    test_images = np.array(test_values, np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    return Dataset(
        "demo", LabelledImages(images, labels), LabelledImages(test_images, np.zeros(len(test_values), np.uint8))
    )


def test_more_classes_than_images_wanted_are_one_of_each() -> None:
    assert balanced_count(_dataset(dict.fromkeys(range(7), 2)), 5) == 7
    assert balanced_count(_dataset({0: 9, 1: 4}), 7) == 6
    assert balanced_count(_dataset({0: 9, 1: 2}), 7) == 4


def test_the_choice_is_balanced_and_its_manifest_finds_it_again() -> None:
    dataset = _dataset({0: 20, 1: 30, 2: 10})

    chosen = choose_calibration(dataset, InputSpec(), count=9, seed=0)

    manifest = chosen.manifest
    assert np.bincount(dataset.train.labels[manifest["indices"]]).tolist() == [3, 3, 3]
    expected = dataset.train.images[manifest["indices"]].copy()
    expected[0, 0, 0], expected[0, -1, -1] = 0, 255  # so that the input's grid reaches from black to white
    np.testing.assert_array_equal(chosen.images, expected)
    assert manifest["added"]
    assert {key: manifest[key] for key in ("dataset", "split", "count", "seed", "in_test_set")} == {
        "dataset": "demo",
        "split": "train",
        "count": 9,
        "seed": 0,
        "in_test_set": 0,
    }


def test_the_same_seed_chooses_the_same_and_another_seed_others() -> None:
    dataset = _dataset({0: 50, 1: 50})
    first, again, other = (choose_calibration(dataset, InputSpec(), count=10, seed=seed).manifest for seed in (1, 1, 2))

    assert first == again
    assert first["sha256"] != other["sha256"]


def test_an_image_that_is_also_a_test_image_is_never_chosen() -> None:
    dataset = _dataset({0: 4, 1: 4}, test_values=(0, 1, 7))

    chosen = choose_calibration(dataset, InputSpec(), count=4, seed=0)

    assert sorted(chosen.manifest["indices"][:2]) == [2, 3]
    assert 7 not in chosen.manifest["indices"]
    assert chosen.manifest["in_test_set"] == 0


@pytest.mark.parametrize(
    ("count", "message"),
    [
        pytest.param(7, "7 .* 2 classes", id="not balanced"),
        pytest.param(12, "class 1 has 2 .* 6 are needed", id="too few"),
    ],
)
def test_an_impossible_choice_is_refused(count: int, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        choose_calibration(_dataset({0: 20, 1: 2}), InputSpec(), count=count, seed=0)


def test_without_the_data_set_garments_are_drawn_and_the_manifest_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    dataset = load_dataset("fashion-mnist", run=tmp_path, seed=0)
    manifest = choose_calibration(dataset, InputSpec(), count=10, seed=0).manifest

    assert dataset.name == manifest["dataset"] == "demo"
    assert manifest["notice"] == dataset.notice
    assert "Fashion-MNIST" in dataset.notice
    assert str(tmp_path) in dataset.notice


def test_a_model_trained_on_drawings_is_calibrated_on_drawings_without_a_word(monkeypatch, tmp_path) -> None:
    dataset = load_dataset("demo", run=tmp_path, seed=0)

    assert (dataset.name, dataset.notice) == ("demo", "")


def test_each_channel_reaches_from_black_to_white() -> None:
    images = np.full((2, 3, 3, 3), 100, np.uint8)
    images[1, 1, 1], images[1, 2, 2] = (0, 0, 0), (255, 255, 200)

    reaching = with_full_range(images)

    assert reaching.min(axis=(0, 1, 2)).tolist() == [0, 0, 0]
    assert reaching.max(axis=(0, 1, 2)).tolist() == [255, 255, 255]
    assert (reaching != images).any(axis=3).sum() == 2  # pixels
    assert with_full_range(reaching) is reaching


def test_a_split_that_leaves_no_image_to_calibrate_with_is_refused() -> None:
    none = LabelledImages(np.zeros((0, 4, 4), np.uint8), np.zeros(0, np.int64))
    with pytest.raises(ExportError, match="--calibration DIR"):
        calibrate_on_all(Dataset("photos", none, none), InputSpec(), seed=0)

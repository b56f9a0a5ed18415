import math
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from edge.errors import DatasetError
from train.data.splits import Split, Splits
from train.fitting.teacher import (
    VIEWS,
    Student,
    kl_divergence,
    load_run,
    read_manifest,
    read_soft_labels,
    tempered,
    write_soft_labels,
)

RUN = Path(__file__).parents[2] / "fixtures" / "tiny_run"


def _constant_network(*probabilities: float) -> keras.Model:
    """Gives these probabilities for every image, from a bias that can learn."""
    bias = keras.initializers.Constant(np.log(probabilities))
    layers = [
        keras.layers.Input((2, 2, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(len(probabilities), kernel_initializer="zeros", bias_initializer=bias),
        keras.layers.Softmax(),
    ]
    return keras.Sequential(layers)


def _student(network: keras.Model, teacher: keras.Model | None, *, weight: float, temperature: float = 2.0) -> Student:
    student = Student(network, teacher=teacher, temperature=temperature, weight=weight)
    student.compile(keras.optimizers.SGD(0.5), "categorical_crossentropy", metrics=["accuracy"])
    return student


def test_a_temperature_of_two_takes_the_square_root_of_probabilities() -> None:
    # 0.64 and 0.04 become 0.8 and 0.2 before they are made to sum to 1.
    np.testing.assert_allclose(tempered(np.float32([[0.64, 0.04]]), 2.0), [[0.8, 0.2]], rtol=1e-5)


def test_divergence_is_the_mean_logarithm_of_the_ratio() -> None:
    value = kl_divergence(np.float32([[0.5, 0.5], [1.0, 0.0]]), np.float32([[0.25, 0.75], [0.5, 0.5]]))

    expected = [0.5 * math.log(2) + 0.5 * math.log(2 / 3), math.log(2)]
    np.testing.assert_allclose(value, expected, rtol=1e-5)


@pytest.mark.parametrize("is_live", [True, False], ids=["teacher asked", "soft labels in the targets"])
def test_the_loss_is_both_parts_in_their_shares_and_validation_the_labels_alone(is_live: bool) -> None:
    # At temperature 2 the teacher's 0.64 / 0.04 are 0.8 / 0.2, and the student's halves stay halves.
    student = _student(
        _constant_network(0.5, 0.5), _constant_network(16 / 17, 1 / 17) if is_live else None, weight=0.75
    )
    images, hard = np.zeros((4, 2, 2, 1), np.float32), np.float32([[0, 1]] * 4)
    targets = hard if is_live else np.stack([hard, np.float32([[0.8, 0.2]] * 4)], axis=1)

    loss, _ = student.train_on_batch(images, targets)

    divergence = 0.8 * math.log(1.6) + 0.2 * math.log(0.4)
    assert loss == pytest.approx(0.75 * 2**2 * divergence + 0.25 * math.log(2), rel=1e-5)
    fresh = _student(_constant_network(0.5, 0.5), None, weight=0.75)
    assert fresh.evaluate(images, hard, verbose=0)[0] == pytest.approx(math.log(2), rel=1e-5)


def test_a_student_becomes_its_teacher_and_the_teacher_stays_what_it_is() -> None:
    network, teacher = _constant_network(0.5, 0.3, 0.2), _constant_network(0.1, 0.2, 0.7)
    before = [weight.copy() for weight in teacher.get_weights()]
    student = _student(network, teacher, weight=1.0)
    images, labels = np.ones((64, 2, 2, 1), np.float32), np.float32([[1, 0, 0]] * 64)

    student.fit(images, labels, batch_size=8, epochs=20, verbose=0)

    np.testing.assert_allclose(network.predict(images[:1], verbose=0), [[0.1, 0.2, 0.7]], atol=0.01)
    for kept, now in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)
    assert student.evaluate(images, labels, verbose=0)[1] == 0  # the accuracy is that of the labels


def test_weights_of_images_weigh_both_parts() -> None:
    images, labels = np.zeros((2, 2, 2, 1), np.float32), np.float32([[0, 1], [0, 1]])
    losses = [
        _student(_constant_network(0.5, 0.5), _constant_network(0.9, 0.1), weight=0.5).train_on_batch(
            images, labels, sample_weight=np.float32(weights)
        )[0]
        for weights in ([1, 1], [2, 0], [0, 0])
    ]
    assert losses[0] == pytest.approx(losses[1])
    assert losses[2] == 0


def _splits(names: tuple[str, ...], size: int = 28) -> Splits:
    split = Split(np.zeros((1, size, size), np.uint8), np.zeros(1, np.uint8))
    return Splits(split, split, split, names, whole=split.pixels, train_positions=np.arange(1))


def test_a_teacher_comes_from_a_run_of_the_same_classes_and_size() -> None:
    from edge.artifact.spec import FASHION_MNIST_LABELS

    assert load_run(RUN, _splits(FASHION_MNIST_LABELS), flag="--teacher").count_params() == 3_098
    with pytest.raises(DatasetError, match=r"--teacher .*Trouser, .*hat, shoe"):
        load_run(RUN, _splits(("hat", "shoe")), flag="--teacher")
    with pytest.raises(DatasetError, match="28x28 .*32x32"):
        load_run(RUN, _splits(FASHION_MNIST_LABELS, size=32), flag="--teacher")
    with pytest.raises(DatasetError, match="is no run directory"):
        load_run(RUN.parent, _splits(FASHION_MNIST_LABELS), flag="--teacher")


def test_a_run_that_puts_out_logits_is_loaded_with_a_softmax(tmp_path: Path) -> None:
    import json

    from edge.artifact.spec import FASHION_MNIST_LABELS
    from train.network.networks import up_to_logits

    network = keras.models.load_model(RUN / "model.keras", compile=False)
    up_to_logits(network).save(tmp_path / "model.keras")
    spec = json.loads((RUN / "model_spec.json").read_text()) | {"output": "logits"}
    (tmp_path / "model_spec.json").write_text(json.dumps(spec))
    images = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)

    loaded = load_run(tmp_path, _splits(FASHION_MNIST_LABELS), flag="--teacher")

    np.testing.assert_allclose(loaded.predict(images, verbose=0), network.predict(images, verbose=0), atol=1e-6)


NAMES = ("dark", "bright", "other")


class _Teacher:
    """Probabilities that depend on the left column alone, so that an image and its mirror image get different ones."""

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        bright = 0.1 + 0.6 * images[:, :, 0, 0].mean(axis=1)
        return np.stack([0.9 - bright, bright, np.full_like(bright, 0.1)], axis=1)


@pytest.fixture
def pixels() -> np.ndarray:
    images = np.zeros((600, 4, 4), np.uint8)  # more than a batch
    images[:300, :, 0] = 255
    images[599] = 255
    return images


@pytest.fixture
def stored(tmp_path: Path, pixels: np.ndarray) -> Path:
    path = tmp_path / "soft.npz"
    write_soft_labels(path, _Teacher(), pixels, teacher="wide", names=NAMES)
    return path


def _normalized(*shares: float) -> np.ndarray:
    return np.array(shares) / sum(shares)


def test_the_mean_of_all_views_logits_comes_back_to_within_three_per_cent(stored: Path, pixels: np.ndarray) -> None:
    soft = read_soft_labels(stored, temperature=1.0, pixels=pixels, names=NAMES)

    # The left column alone bright: 0.7, of a pixel up three of four rows 0.55; mirrored or moved sideways it is dark.
    one_side = _normalized((0.2 * 0.35 * 0.8**4) ** (1 / 6), (0.7 * 0.55 * 0.1**4) ** (1 / 6), 0.1)
    np.testing.assert_allclose(soft[0], one_side, rtol=0.035)
    np.testing.assert_allclose(soft[400], [0.8, 0.1, 0.1], rtol=0.035)
    # All bright: moved up and down it is 0.55, moved sideways the black column is at the right, mirrored or not.
    everywhere = _normalized((0.2**4 * 0.35**2) ** (1 / 6), (0.7**4 * 0.55**2) ** (1 / 6), 0.1)
    np.testing.assert_allclose(soft[599], everywhere, rtol=0.035)
    assert soft.dtype == np.float32
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("as it is", [[1, 2], [3, 4]]),
        ("mirrored", [[2, 1], [4, 3]]),
        ("a pixel up", [[3, 4], [0, 0]]),
        ("a pixel down, mirrored", [[0, 0], [2, 1]]),
        ("a pixel left", [[2, 0], [4, 0]]),
        ("a pixel right, mirrored", [[1, 0], [3, 0]]),
    ],
)
def test_views_move_by_a_black_pixel_and_mirror(view: str, expected: list[list[int]]) -> None:
    np.testing.assert_array_equal(VIEWS[view](np.uint8([[[1, 2], [3, 4]]])), [expected])


def test_the_reader_chooses_the_temperature(stored: Path, pixels: np.ndarray) -> None:
    soft = read_soft_labels(stored, temperature=2.0, pixels=pixels, names=NAMES)

    expected = np.sqrt([0.8, 0.1, 0.1])
    np.testing.assert_allclose(soft[400], expected / expected.sum(), rtol=0.035)


def test_the_file_is_small_and_says_what_it_is_of(stored: Path) -> None:
    manifest = read_manifest(stored)

    assert (manifest.teacher, manifest.class_names) == ("wide", NAMES)
    assert manifest.views == tuple(VIEWS)
    assert stored.stat().st_size < 3_000  # a byte or less for each of 600 x 3


@pytest.mark.parametrize("change", ["another pixel", "another order", "fewer", "other names"])
def test_soft_labels_of_other_data_are_refused(stored: Path, pixels: np.ndarray, change: str) -> None:
    names = NAMES[::-1] if change == "other names" else NAMES
    if change == "another pixel":
        pixels[5, 0, 0] ^= 1
    elif change == "another order":
        pixels = pixels[::-1]
    elif change == "fewer":
        pixels = pixels[:-1]

    with pytest.raises(DatasetError, match="are of other images"):
        read_soft_labels(stored, temperature=1.0, pixels=pixels, names=names)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut short"], ids=["empty", "text", "cut short"])
def test_a_file_that_is_no_soft_labels_is_refused_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)

    with pytest.raises(DatasetError, match=r"a\.npz .*--soft-labels FILE"):
        read_manifest(tmp_path / "a.npz")
    with pytest.raises(DatasetError, match="holds no soft labels"):
        read_manifest(tmp_path / "absent.npz")

import math
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from edge.errors import DatasetError
from train.data.splits import Split, Splits
from train.fitting.distill import Student, kl_divergence, load_run, tempered

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
    with pytest.raises(
        DatasetError, match="tells T-shirt/top, .* apart .*, the data has hat, shoe in 28x28: it must be"
    ):
        load_run(RUN, _splits(("hat", "shoe")), flag="--teacher")
    with pytest.raises(DatasetError, match="in 28x28 pixels, .* in 32x32"):
        load_run(RUN, _splits(FASHION_MNIST_LABELS, size=32), flag="--teacher")
    with pytest.raises(DatasetError, match="is no run directory"):
        load_run(RUN.parent, _splits(FASHION_MNIST_LABELS), flag="--teacher")

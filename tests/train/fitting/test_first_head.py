import numpy as np
import pytest

keras = pytest.importorskip("keras")

from edge.artifact.input_spec import InputSpec
from edge.teach.logistic import fit
from train.fitting import first_head
from train.fitting.batch_pipeline import TrainingImages
from train.fitting.first_head import begin_with_regression

SPEC = InputSpec(4, 4, channels=3, recipe="image-v1", mean=(127.0,), std=(128.0,))


@pytest.fixture
def network() -> keras.Model:
    """Its features are the mean colour of an image; the last layer is drawn."""
    image = keras.layers.Input((4, 4, 3))
    features = keras.layers.GlobalAveragePooling2D(name="features")(image)
    return keras.Model(image, keras.layers.Dense(2, activation="softmax", name="classes")(features))


def _images(labels: list[int], weights: list[float] | None = None, classes: int = 2) -> TrainingImages:
    """Class 0 is bluish, class 1 reddish, on noise; uint8 BGR."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(40, 200, (len(labels), 4, 4, 3), dtype=np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[..., 2 * label] += 40
    given = None if weights is None else np.float32(weights)
    return TrainingImages(pixels, np.int32(labels), given, spec=SPEC, classes=classes)


def test_the_last_layer_is_the_regression_on_features_around_0_of_mean_square_1(network: keras.Model) -> None:
    images = _images([0, 0, 0, 1, 1, 1, 1, 1], weights=[2, 2, 2, 1, 1, 1, 1, 1])

    assert begin_with_regression(network, images)

    # The same by hand: RGB means of (pixel - 127) / 128, shifted and scaled.
    features = ((images.pixels[..., ::-1].astype(np.float32) - 127) / 128).mean(axis=(1, 2))
    shifted = features - features.mean(axis=0)
    length = np.sqrt((shifted**2).sum(axis=1).mean())
    head = fit(shifted / length, np.eye(2, dtype=np.float32)[images.targets], penalty=0.1, weights=images.weights,
               tolerance=3e-2)  # fmt: skip
    exponentials = np.exp(head.logits(shifted / length))
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    inputs = (images.pixels[..., ::-1].astype(np.float32) - 127) / 128
    found = network.predict(inputs, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert (found.argmax(axis=1) == images.targets).all()


def test_images_all_alike_give_their_shares(network: keras.Model) -> None:
    images = TrainingImages(np.full((4, 4, 4, 3), 90, np.uint8), np.int32([0, 1, 1, 1]), spec=SPEC, classes=2)

    assert begin_with_regression(network, images)

    found = network.predict(np.zeros((1, 4, 4, 3), np.float32), verbose=0)
    np.testing.assert_allclose(found, [[0.25, 0.75]], atol=0.02)


def test_only_so_many_images_are_looked_at(network: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_head, "_MOST_IMAGES", 5)
    seen: list[int] = []
    known = first_head.predict
    monkeypatch.setattr(
        first_head, "predict", lambda *given, chosen: (seen.append(len(chosen)), known(*given, chosen=chosen))[1]
    )

    assert begin_with_regression(network, _images([0, 1] * 10))
    assert seen == [5]


def test_with_thousands_of_classes_the_layer_stays_as_it_was_drawn(network: keras.Model) -> None:
    before = network.get_weights()

    assert not begin_with_regression(network, _images([0, 1], classes=2000))
    for kept, now in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)

"""A network of features in 8 bits: pixels in, floats out, calibrated on images of all folders."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import DatasetError, ExportError
from edge.runtimes.protocol import load_network
from export.features import calibration_images, convert

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name, count in (("bright", 5), ("dark", 1)):
        (tmp_path / name).mkdir()
        for number in range(count):
            level = 250 if name == "bright" else 5
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), np.full((60, 80, 3), level - number, np.uint8))
    return tmp_path


def small(features: int) -> keras.Model:
    keras.utils.set_random_seed(3)
    image = keras.layers.Input((224, 224, 3))
    x = keras.layers.Conv2D(features, 32, strides=32, activation="relu")(image)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(x))


def test_images_come_evenly_of_all_folders_and_garments_are_added(images: Path) -> None:
    read = calibration_images(images, 3)
    assert [pixels.shape for pixels in read] == [(224, 224, 3)] * 4
    middles = [int(pixels[112, 112, 0]) for pixels in read[:3]]
    assert sum(level < 128 for level in middles) == 1
    with pytest.raises(DatasetError):
        calibration_images(images, 7)


def test_the_file_takes_pixels_and_puts_out_float_features(images: Path) -> None:
    model = small(1280)
    read = calibration_images(images, 6)
    runtime = load_network(convert(model, read), Path("features"), name="litert")
    assert (runtime.input_tensor.dtype, runtime.input_tensor.shape) == ("uint8", (1, 224, 224, 3))
    assert (runtime.output_tensor.dtype, runtime.output_tensor.shape) == ("float32", (1, 1280))
    rgb = read[0][np.newaxis, ..., ::-1]
    exact = model.predict((rgb.astype(np.float32) - 127) / 128, verbose=0)
    assert runtime.invoke(np.ascontiguousarray(rgb)) == pytest.approx(exact, abs=0.05 * float(exact.max()))


def test_a_classifier_is_refused(images: Path) -> None:
    with pytest.raises(ExportError, match="10"):
        convert(small(10), calibration_images(images, 3))

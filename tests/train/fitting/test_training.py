import threading
import time
from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from train.config import PRESETS
from train.data.splits import Split, Splits
from train.fitting.batch_pipeline import Batches, TrainingImages
from train.fitting.training import build_network, build_optimizer, images_per_s

STEEP = replace(PRESETS["baseline"], optimizer="sgd", learning_rate=1.0, schedule="cosine", epochs=5, warmup_epochs=1)


@pytest.mark.parametrize("name", ["edge", "teacher"])
def test_the_network_has_the_stages_of_its_preset(name: str) -> None:
    part = Split(np.zeros((3, 28, 28), np.uint8), np.arange(3))
    splits = Splits(part, part, part, ("a", "b", "c"), part.pixels, np.arange(3))

    network = build_network(replace(PRESETS[name], widths=(24, 40), blocks=(1, 3)), splits)

    kernels = [
        layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D) and layer.kernel_size[0] == 3
    ]
    inside_blocks = [layer.filters for layer in kernels][1:]
    assert inside_blocks == [*[24] * 2, *[40] * 6]
    assert network.output_shape == (None, 3)


def test_the_baselines_optimizer_is_keras_adam_with_its_rate() -> None:
    optimizer = build_optimizer(PRESETS["baseline"], steps_per_epoch=3)

    expected = keras.optimizers.Adam(1e-3, name="as built").get_config()
    assert optimizer.get_config() | {"name": "as built"} == expected


def test_the_learning_rate_climbs_for_an_epoch_and_falls_to_zero_along_a_cosine() -> None:
    schedule = build_optimizer(STEEP, steps_per_epoch=10)._learning_rate

    rates = [float(schedule(step)) for step in (0, 5, 10, 30, 50)]
    np.testing.assert_allclose(rates, [0, 0.5, 1, 0.5, 0], atol=1e-6)


def test_without_warm_up_the_cosine_starts_at_the_top() -> None:
    schedule = build_optimizer(replace(STEEP, warmup_epochs=0), steps_per_epoch=10)._learning_rate

    np.testing.assert_allclose([float(schedule(step)) for step in (0, 25, 50)], [1, 0.5, 0], atol=1e-6)


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_weight_decay_shrinks_kernels_and_nothing_else(name: str) -> None:
    preset = replace(PRESETS["baseline"], optimizer=name, learning_rate=0.1, weight_decay=0.5)
    optimizer = build_optimizer(preset, steps_per_epoch=1)
    layer = keras.layers.Dense(2, kernel_initializer="ones", bias_initializer="ones")
    layer.build((None, 3))
    optimizer.build(layer.trainable_variables)

    optimizer.apply([np.zeros((3, 2), np.float32), np.zeros(2, np.float32)])

    np.testing.assert_allclose(layer.kernel, np.full((3, 2), 1 - 0.1 * 0.5), rtol=1e-6)
    np.testing.assert_array_equal(layer.bias, [1, 1])


def test_the_window_of_the_average_is_given_in_epochs() -> None:
    optimizer = build_optimizer(replace(STEEP, average_epochs=2), steps_per_epoch=50)

    assert (optimizer.use_ema, optimizer.ema_momentum) == (True, pytest.approx(0.99))


def test_the_pipelines_rate_is_that_of_all_its_threads_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    images = TrainingImages(np.zeros((20, 8, 8), np.uint8), np.zeros((20, 2), np.float32))
    batches = Batches(images, replace(PRESETS["edge"], batch_size=5), seed=0)
    batches.workers = 2
    made: list[tuple[int, int]] = []

    def make(number: int) -> None:
        time.sleep(0.02)  # the other thread takes the next one meanwhile
        made.append((number, threading.get_ident()))

    monkeypatch.setattr(Batches, "__getitem__", lambda _, number: make(number))
    rate = images_per_s(batches, measured_s=0.1)
    assert 0 < rate <= 5 * 2 / 0.02
    numbers, threads = zip(*made, strict=True)
    assert sorted(numbers)[:6] == [0, 1, 2, 3, 4, 5]
    assert len(set(threads)) == 2

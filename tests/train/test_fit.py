import numpy as np
import pytest

keras = pytest.importorskip("keras")

from train import fit
from train.config import PRESETS
from train.fitting.batch_pipeline import Batches, TrainingImages, one_hot
from train.fitting.training import build_optimizer


def test_it_measures_three_rates_also_where_weights_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "_MEASURED_S", 0.01)
    preset = PRESETS["edge"]
    images = TrainingImages(np.zeros((40, 8, 8), np.uint8), one_hot(np.zeros(40, np.uint8), 2))
    made = [Batches(images, kind, seed=0) for kind in (preset, preset.without_augmentation())]
    model = keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")])
    model.compile(build_optimizer(preset, steps_per_epoch=1), "categorical_crossentropy")
    model.fit(made[0], steps_per_epoch=1, shuffle=False, verbose=0)

    rates = fit.measure_throughput(model, *made)

    assert sorted(rates) == ["augmentation_alone", "with_augmentation", "without_augmentation"]
    assert all(rate > 0 for rate in rates.values())

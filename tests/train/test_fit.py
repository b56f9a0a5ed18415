import numpy as np
import pytest

keras = pytest.importorskip("keras")

from train import fit
from train.config import PRESETS, TrainConfig
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


@pytest.mark.parametrize(("device", "is_warned"), [("CPU (2 cores)", True), ("GPU (a card)", False)])
def test_device_backend_and_precision_are_said_and_a_gpu_that_is_not_seen(
    device: str, is_warned: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stopped(_: TrainConfig) -> None:
        raise InterruptedError

    monkeypatch.setattr(fit.backend, "describe_device", lambda _: device)
    monkeypatch.setattr(fit.gpu, "reason_unseen", lambda backend: f"no driver for {backend}")
    monkeypatch.setattr(fit.resume, "start", stopped)
    with caplog.at_level("INFO"), pytest.raises(InterruptedError):
        fit.train_run(TrainConfig(preset="tiny", data="demo", mixed_precision="bfloat16"))
    library = keras.backend.backend()
    lines = [record.getMessage() for record in caplog.records]
    assert any(line.endswith(f"{library} backend on {device}, mixed bfloat16") for line in lines)
    assert (f"no driver for {library}" in lines) is is_warned

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from edge.errors import RunError
from train.config import PRESETS, Preset
from train.fitting import callbacks
from train.fitting.callbacks import Checkpoint, Progress, TimeLeft, read_progress
from train.fitting.training import build_optimizer


def _train(path: Path, *, epochs: int, preset: Preset) -> keras.Model:
    """Train a little network with dropout, batch norm and Keras' own shuffling, from its checkpoint if it has one."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Input((5,)),
        keras.layers.Dense(8),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(2, "softmax"),
    ]
    network = keras.Sequential(layers)
    network.compile(build_optimizer(preset, steps_per_epoch=4), "sparse_categorical_crossentropy")
    inputs = np.random.default_rng(0).normal(size=(32, 5)).astype(np.float32)
    history_csv = path.with_suffix(".csv")
    checkpoint = Checkpoint(path, network, history_csv=history_csv)
    callbacks = [keras.callbacks.CSVLogger(str(history_csv), append=True), checkpoint]
    if preset.average_epochs:
        callbacks.append(keras.callbacks.SwapEMAWeights())
    labels = (inputs[:, 0] > 0).astype(np.uint8)
    first = checkpoint.progress.epochs
    network.fit(inputs, labels, batch_size=8, epochs=epochs, initial_epoch=first, callbacks=callbacks, verbose=0,
                validation_data=(inputs, labels))  # fmt: skip
    return network


@pytest.mark.parametrize("preset", ["baseline", "edge", "teacher"])
def test_a_training_cut_in_two_ends_where_a_whole_one_does(tmp_path: Path, preset: str) -> None:
    whole = _train(tmp_path / "whole.npz", epochs=4, preset=PRESETS[preset])
    _train(tmp_path / "cut.npz", epochs=2, preset=PRESETS[preset])

    resumed = _train(tmp_path / "cut.npz", epochs=4, preset=PRESETS[preset])

    for expected, weights in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-6)
    assert (tmp_path / "cut.csv").read_text() == (tmp_path / "whole.csv").read_text()


def test_a_training_that_was_killed_after_its_last_epoch_ends_with_the_averaged_weights(tmp_path: Path) -> None:
    whole = _train(tmp_path / "whole.npz", epochs=3, preset=PRESETS["edge"])

    again = _train(tmp_path / "whole.npz", epochs=3, preset=PRESETS["edge"])

    for expected, weights in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_progress_counts_epochs_seconds_and_lines(tmp_path: Path) -> None:
    _train(tmp_path / "state.npz", epochs=2, preset=PRESETS["baseline"])

    progress = read_progress(tmp_path / "state.npz")
    assert progress.epochs == 2
    assert progress.duration_s > 0
    assert [line.split(",")[0] for line in progress.history_csv.splitlines()] == ["epoch", "0", "1"]
    _train(tmp_path / "state.npz", epochs=3, preset=PRESETS["baseline"])
    assert read_progress(tmp_path / "state.npz").duration_s > progress.duration_s


def test_without_a_file_nothing_is_done_yet_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    assert read_progress(tmp_path / "none.npz") == Progress()
    (tmp_path / "state.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(RunError, match="can't be read"):
        read_progress(tmp_path / "state.npz")


def test_a_process_that_is_no_writer_writes_nothing(tmp_path: Path) -> None:
    network = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    checkpoint = Checkpoint(tmp_path / "state.npz", network, history_csv=tmp_path / "no.csv", is_writer=False)

    network.fit(np.zeros((2, 2)), np.zeros((2, 1)), epochs=2, callbacks=[checkpoint], verbose=0)

    assert list(tmp_path.iterdir()) == []
    assert checkpoint.progress.epochs == 2


@pytest.mark.parametrize(("pipeline", "is_starved"), [(None, False), (1000.0, False), (210.0, True)])
def test_an_epoch_is_said_with_its_rate_and_the_time_left(
    pipeline: float | None, is_starved: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 5.0, 6.0, 7.0, 10.0, 10.0, 11.0])
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(clock))
    told = TimeLeft(2, 200, pipeline)
    with caplog.at_level("INFO"):
        told.on_epoch_begin(0)
        for batch in range(3):  # the first of which took five seconds, to compile
            told.on_train_batch_end(batch)
        told.on_epoch_end(0)
        told.on_epoch_begin(1)
        told.on_train_batch_end(0)
        told.on_epoch_end(1)
    lines = [record.getMessage() for record in caplog.records if record.levelname == "INFO"]
    assert [line.split(", ") for line in lines] == [
        ["epoch 1 of 2 is done", "200 images a second", "about 10 s left"],
        ["epoch 2 of 2 is done"],  # one batch has no rate
    ]
    assert any(record.levelname == "WARNING" for record in caplog.records) is is_starved

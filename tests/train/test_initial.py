from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from train.__main__ import main
from train.fitting.training import with_last_output

RUN = Path(__file__).parents[1] / "fixtures" / "tiny_run"
DEMO = ["--data", "demo", "--max-images", "200", "--epochs", "1", "--quiet"]


def weights(folder: Path) -> np.ndarray:
    import keras

    return np.concatenate([part.ravel() for part in keras.models.load_model(folder / "model.keras").get_weights()])


@pytest.mark.e2e
def test_a_training_begins_with_the_weights_it_is_given(tmp_path: Path) -> None:
    arguments = [*DEMO, "--preset", "tiny", "--learning-rate", "1e-6", "--runs", str(tmp_path)]

    assert main([*arguments, "--name", "begun", "--initial", str(RUN)]) == 0
    assert main([*arguments, "--name", "random"]) == 0

    trained = weights(RUN)
    np.testing.assert_allclose(weights(tmp_path / "begun"), trained, atol=1e-4)
    assert np.abs(weights(tmp_path / "random") - trained).max() > 0.01


def test_weights_of_another_network_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*DEMO, "--preset", "baseline", "--runs", str(tmp_path), "--initial", str(RUN)]) == 1

    error = capsys.readouterr().err
    assert "(tiny, 3,098 parameters)" in error
    assert "baseline with 241,546" in error
    assert not any(tmp_path.iterdir())


def test_counter_examples_add_an_output_of_zeros_to_the_initial_weights() -> None:
    import keras

    network = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])
    kernel, bias = np.arange(4, dtype=np.float32).reshape(2, 2), np.array([5, 6], np.float32)

    grown = with_last_output([kernel, bias], network)
    same = with_last_output([np.zeros((2, 3)), np.zeros(3)], network)

    assert grown[0].tolist() == [[0, 1, 0], [2, 3, 0]]
    assert grown[1].tolist() == [5, 6, 0]
    assert [part.shape for part in same] == [(2, 3), (3,)]

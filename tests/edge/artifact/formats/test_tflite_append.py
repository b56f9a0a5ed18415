"""A linear layer or a softmax behind a network: the file is sound, and LiteRT computes what numpy does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.artifact.file import FEATURES_NETWORK, read_artifact
from edge.artifact.formats.tflite import check_network
from edge.artifact.formats.tflite_append import append_linear, append_softmax
from edge.artifact.formats.tflite_summary import summarise
from edge.runtimes.protocol import load_network


def layer(features: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias."""
    rng = np.random.default_rng(5)
    return rng.normal(0, 0.2, (features, classes)).astype(np.float32), rng.normal(0, 1, classes).astype(np.float32)


@pytest.mark.parametrize(("network", "shape"), [("tiny_none", (1, 28, 28, 1)), ("features", (1, 224, 224, 3))])
def test_litert_computes_the_product(network: str, shape: tuple[int, ...], fixtures: Path) -> None:
    path = FEATURES_NETWORK if network == "features" else fixtures / f"{network}.tflite"
    old = read_artifact(path).network
    before = load_network(old, path, name="litert")
    features = before.output_tensor.shape[1]
    weights, bias = layer(features, 3)
    new = append_linear(old, weights, bias)
    assert check_network(new) == check_network(old) + 1
    assert summarise(new).operators == (*summarise(old).operators, "FULLY_CONNECTED")
    image = np.random.default_rng(1).integers(0, 255, shape).astype(before.input_tensor.dtype)
    after = load_network(new, path, name="litert")
    assert after.output_tensor.shape == (1, 3)
    assert after.invoke(image) == pytest.approx(before.invoke(image) @ weights + bias, rel=1e-4, abs=1e-4)


def test_a_second_layer_goes_behind_the_first(fixtures: Path) -> None:
    old = read_artifact(fixtures / "tiny_none.tflite").network
    features = load_network(old, fixtures, name="litert").output_tensor.shape[1]
    first, second = layer(features, 4), layer(4, 2)
    both = append_linear(append_linear(old, *first), *second)
    image = np.full((1, 28, 28, 1), 0.25, np.float32)
    expected = (load_network(old, fixtures, name="litert").invoke(image) @ first[0] + first[1]) @ second[0] + second[1]
    assert load_network(both, fixtures, name="litert").invoke(image) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_softmax_of_the_logits(fixtures: Path) -> None:
    old = read_artifact(fixtures / "tiny_none.tflite").network
    logits = append_linear(old, np.zeros((10, 3), np.float32), np.log(np.array([1, 2, 5], np.float32)))
    runtime = load_network(append_softmax(logits, 3), fixtures, name="litert")
    assert runtime.invoke(np.zeros((1, 28, 28, 1), np.float32)) == pytest.approx(
        np.array([[0.125, 0.25, 0.625]]), abs=1e-6
    )


@pytest.mark.parametrize(("name", "features"), [("tiny_none", 9), ("tiny_int8", 10)], ids=["another size", "integers"])
def test_an_output_that_does_not_fit_is_refused(name: str, features: int, fixtures: Path) -> None:
    with pytest.raises(ValueError, match=str(features)):
        append_linear(read_artifact(fixtures / f"{name}.tflite").network, *layer(features, 3))

"""Behaviour of ONNX Runtime's int8 kernels on the processor that runs this, as JSON on stdout."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edge.artifact.file import read_artifact
from edge.demo import draw_dataset
from edge.runtimes.onnxruntime import OnnxRuntime, int8_saturates, load

TINY = Path(__file__).parents[1] / "fixtures" / "tiny_int8.onnx"
EXACT = 2 * 127 * 255


def network(weights: NDArray[np.int8], *, spatial: int = 0, shares: bool = False) -> bytes:
    """Make a model of one int8 layer, a convolution of `spatial` x `spatial` images or a product of matrices.

    Args:
        weights: int8 (outputs, inputs, rows, columns), or (inputs, outputs) of a product.
        spatial: size of the image; 0: a product.
        shares: whether two layers read the same weights.
    """
    channels = weights.shape[0 if spatial else 1]
    constants = {
        "one": np.float32(1),
        "zero": np.uint8(0),
        "coarse": np.float32(1000),
        "scales": np.ones(channels, np.float32),
        "zeros": np.zeros(channels, np.int8),
        "weights": weights,
    }
    shape = [1, weights.shape[1], spatial, spatial] if spatial else [1, weights.shape[0]]
    nodes = [helper.make_node("DequantizeLinear", ["image", "one", "zero"], ["real"])]
    for number in range(1 + shares):
        nodes += [
            helper.make_node(
                "DequantizeLinear", ["weights", "scales", "zeros"], [f"w{number}"], axis=0 if spatial else 1
            ),
            helper.make_node("Conv" if spatial else "MatMul", ["real", f"w{number}"], [f"sum{number}"]),
            helper.make_node("QuantizeLinear", [f"sum{number}", "coarse", "zero"], [f"q{number}"]),
            helper.make_node("DequantizeLinear", [f"q{number}", "coarse", "zero"], [f"out{number}"]),
        ]
    last = "out0"
    if shares:
        nodes.append(helper.make_node("Add", ["out0", "out1"], ["both"]))
        last = "both"
    graph = helper.make_graph(
        nodes,
        "layer",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(onnx.shape_inference.infer_shapes(model).SerializeToString())


def smallest(content: bytes, **settings: Any) -> NDArray[np.float32]:
    """Run a layer on white: the smallest answer of each output channel."""
    runtime = OnnxRuntime(Path("layer.onnx"), content, threads=1, **settings)
    answer = runtime.invoke(np.full(runtime.input_tensor.shape, 255, np.uint8))
    return np.asarray(answer.reshape(answer.shape[1], -1).min(axis=1))


def saturating_pairs(inputs: int, size: int) -> list[list[int]]:
    """Return the pairs of weights that are added in 16 bits, counted in the order row, column, input channel."""
    count = inputs * size * size
    pairs = list(itertools.combinations(range(count), 2))
    rows = np.zeros((len(pairs), count), np.int8)
    for row, pair in zip(rows, pairs, strict=True):
        row[list(pair)] = 127
    weights = rows.reshape(-1, size, size, inputs).transpose(0, 3, 1, 2)
    sums = smallest(network(np.ascontiguousarray(weights), spatial=size + 3), may_saturate=False)
    return [list(pair) for pair, value in zip(pairs, sums, strict=True) if value < EXACT - 1000]


def main() -> None:
    """Print all of it."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    large = np.full((8, 4, 1, 1), 127, np.int8)
    images = draw_dataset(20, seed=7)[0]
    tiny = load(TINY, read_artifact(TINY).network, threads=1, may_saturate=False)
    logits = np.concatenate([tiny.invoke(image[np.newaxis, :, :, np.newaxis]) for image in images])
    found = {
        "saturates": int8_saturates(),
        "pairs": {
            f"{inputs} {size}": saturating_pairs(inputs, size) for inputs, size in ((1, 3), (3, 2), (4, 2), (5, 1))
        },
        "usual": smallest(network(large, spatial=4), may_saturate=False).tolist(),
        "exact": smallest(network(large, spatial=4)).tolist(),
        "shared": smallest(network(large, spatial=4, shares=True)).tolist(),
        "drawn": hashlib.sha256(images.tobytes()).hexdigest(),
        "logits": hashlib.sha256(logits.tobytes()).hexdigest(),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()

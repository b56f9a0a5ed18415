"""Kinds of networks, told by their tensors and operators."""

from __future__ import annotations

import pytest

from edge.artifact.formats.network_summary import NetworkSummary, TensorFacts
from edge.classify.kind import kind_of

IMAGE = (1, 28, 28, 1)
Shape = tuple[int | str, ...]


def network(inputs: list[Shape], outputs: list[Shape], *operators: str) -> NetworkSummary:
    """Return the facts of a network of float32."""
    return NetworkSummary(
        inputs=tuple(TensorFacts("x", "float32", shape) for shape in inputs),
        outputs=tuple(TensorFacts("y", "float32", shape) for shape in outputs),
        operators=operators,
        quantization="none",
    )


@pytest.mark.parametrize(
    ("summary", "kind"),
    [
        (network([IMAGE], [(1, 10)], "CONV_2D", "SOFTMAX"), "classifier"),
        (network([("batch", 3, "h", "w")], [("batch", 1000)], "Conv", "Gemm"), "classifier"),
        (network([IMAGE], [(1, 1, 1, 10)], "CONV_2D", "RESHAPE"), "classifier"),
        (network([IMAGE], [()], "Gemm"), "classifier"),  # a graph needn't say its output's shape
        (network([IMAGE], [(1, 10, 4), (1, 10), (1, 10), (1,)], "CONV_2D"), "detector"),
        (network([IMAGE], [(1, 10)], "TFLite_Detection_PostProcess"), "detector"),
        (network([IMAGE], [("n", 84, 8400)], "Conv", "Concat"), "detector"),
        (network([IMAGE], [(1, 28, 28, 21)], "CONV_2D"), "segmenter"),
        (network([IMAGE], [(1, 1280)], "CONV_2D", "MEAN", "DEQUANTIZE"), "embedding"),
        (network([IMAGE], [(1, 128)], "FULLY_CONNECTED", "L2_NORMALIZATION"), "embedding"),
        (network([IMAGE, (1, 4)], [(1, 10)], "Gemm"), "other"),
        (network([(1, 16000)], [(1, 10)], "Gemm"), "other"),
        (network([(1, 224, 224, 4)], [(1, 10)], "Gemm"), "other"),
        (network([(8, 28, 28, 1)], [(8, 10)], "Gemm"), "other"),
        (network([IMAGE], [(1, 1)], "Gemm"), "other"),
        (network([IMAGE], [(1, 10), (1, 5)], "Gemm"), "other"),
    ],
)
def test_the_kind_is_told_by_shapes_and_operators(summary: NetworkSummary, kind: str) -> None:
    assert kind_of(summary).name == kind
    assert (kind_of(summary).reason == "") == (kind == "classifier")


def test_named_outputs_and_the_metadata_decide() -> None:
    pooled = network([IMAGE], [(1, 1000)], "Conv", "GlobalAveragePool", "Flatten")  # SqueezeNet ends so
    assert [kind_of(pooled).name, kind_of(pooled, has_labels=True).name] == ["embedding", "classifier"]
    plain = network([IMAGE], [(1, 10)], "Gemm")
    assert [kind_of(plain, task=task).name for task in ("classify", "pose", "segment", "own word")] == [
        "classifier", "detector", "segmenter", "classifier",
    ]  # fmt: skip

from collections.abc import Callable

import pytest

from benchmarks.analysis.reference import float_reference, loss_pp
from benchmarks.analysis.rows import Row


@pytest.mark.parametrize(
    ("right", "reference_right", "images", "expected"),
    [(9100, 9150, 10_000, 0.5), (9160, 9150, 10_000, -0.1), (7, 7, 10, 0.0), (0, 10, 10, 100.0)],
)
def test_loss_is_exact_percentage_points(right: int, reference_right: int, images: int, expected: float) -> None:
    assert loss_pp(right, reference_right=reference_right, images=images) == expected


def test_the_reference_is_the_float_artifact_of_the_same_source_format_and_runtime(row: Callable[..., Row]) -> None:
    onnx = row("none.onnx", runtime="onnxruntime", quantization="none")
    lite = row("none.tflite", runtime="litert", quantization="none")
    older = row("none.tflite", runtime="tflite-runtime", quantization="none")
    stranger = row("other.tflite", quantization="none", source_sha256="ff" * 32)
    ours = row("int8.tflite", runtime="tflite-runtime")

    assert float_reference(ours, [stranger, onnx, lite, older, ours]) is older
    assert float_reference(ours, [stranger, onnx, lite, ours]) is lite
    assert float_reference(ours, [stranger, onnx, ours]) is onnx
    assert float_reference(ours, [stranger, ours]) is None
    assert float_reference(lite, [onnx, lite]) is lite


def test_no_reference_without_a_known_source_or_a_measured_row(row: Callable[..., Row]) -> None:
    nameless = row("none.tflite", quantization="none", source_sha256="")
    failed = row("none.tflite", reason="crashed")

    assert float_reference(nameless, [nameless]) is None
    assert float_reference(row("int8.tflite"), [failed | {"quantization": "none", "source_sha256": "ab" * 32}]) is None

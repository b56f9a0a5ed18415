"""Files that a microcontroller can run, and the refusal of others before any native code sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.artifact.file import FEATURES_NETWORK, default_model
from edge.errors import ExportError, ModelFileError
from export.micro.network import KERNELS, MicroNetwork, read_network

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_a_network_of_ours_is_described() -> None:
    artifact, network = read_network(FIXTURES / "tiny_int8.tflite")
    assert network.content == artifact.network
    assert network.operators == ("CONV_2D", "FULLY_CONNECTED", "QUANTIZE", "RESHAPE")
    # Kernels of 5x5x1x8 and 288x10 in bytes, biases of 8 and 10 in int32, and the shape of RESHAPE.
    assert network.weights_bytes == 200 + 2880 + 4 * (8 + 10) + 4 * 2


def test_the_methods_of_the_resolver_are_spelled_as_its_header_does() -> None:
    names = ("ADD", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CUMSUM", "L2_POOL_2D", "PADV2", "RELU6", "SELECT_V2", "SPLIT_V")
    assert set(names) <= set(KERNELS)
    assert MicroNetwork(b"", names, 0).resolver_methods == (
        *("AddAdd", "AddAveragePool2D", "AddBatchMatMul", "AddCumSum", "AddL2Pool2D", "AddPadV2", "AddRelu6"),
        *("AddSelectV2", "AddSplitV"),
    )


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (FIXTURES / "tiny_int8.onnx", "ONNX"),
        (FIXTURES / "tiny_none.tflite", "float32"),
        (FIXTURES / "operators_int8.tflite", "TILE"),
        (FEATURES_NETWORK, "puts out float32"),
    ],
)
def test_a_file_that_a_microcontroller_cant_run_is_refused_by_name(path: Path, named: str) -> None:
    with pytest.raises(ExportError, match=named):
        read_network(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(default_model().read_bytes()[:50_000])
    with pytest.raises(ModelFileError):
        read_network(path)

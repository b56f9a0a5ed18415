"""Files to describe, and the command that describes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.spec import FASHION_MNIST_LABELS

Run = Callable[..., Any]
KEYS = [
    *("file", "format", "size_bytes", "sha256", "network_sha256", "kind", "kind_reason", "inputs", "outputs"),
    *("quantization", "operators", "needs", "runtimes", "specification", "labels", "input", "output", "decision"),
    *("provenance", "sources", "missing", "metadata", "notes", "comparison", "written"),
]
NAMES = "\n".join(FASHION_MNIST_LABELS)


@pytest.fixture
def facts(edge_classify: Run) -> Callable[..., dict[str, Any]]:
    """Describe a file as JSON; fail on anything but success."""

    def describe(*arguments: object) -> dict[str, Any]:
        outcome = edge_classify("describe", *arguments, "--json", "--quiet")
        assert (outcome.code, outcome.err) == (0, "")
        found: dict[str, Any] = json.loads(outcome.out)
        assert list(found) == KEYS
        return found

    return describe


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A file of class names."""
    (tmp_path / "names.txt").write_text(NAMES, encoding="utf-8")
    return tmp_path / "names.txt"


@pytest.fixture
def optimised(fixtures: Path, tmp_path: Path) -> Path:
    """Our ONNX file after ONNX Runtime's own optimiser, which keeps the spec and changes the network."""
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(fixtures / "tiny_int8.onnx", options, providers=["CPUExecutionProvider"])
    return tmp_path / "optimised.onnx"

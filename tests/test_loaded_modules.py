"""Modules that `edge` loads when it starts on a device, seen in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_architecture import ADAPTERS

ROOT = Path(__file__).parents[1]


def loaded(program: str) -> set[str]:
    """Top-level names of the modules that a program of its own has loaded at its end."""
    ending = (
        "\nimport json, sys\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    child = subprocess.run(
        [sys.executable, "-c", program + ending], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    return set(json.loads(child.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "program",
    [
        "import edge",
        "import edge.run.main",
        "import edge.run.main\ntry: edge.run.main.main(['--help'])\nexcept SystemExit as end: assert not end.code",
    ],
    ids=["import edge", "import edge.run.main", "--help"],
)
def test_help_loads_neither_opencv_nor_a_runtime(program: str) -> None:
    assert not loaded(program) & {"cv2", *ADAPTERS, "tensorflow", "keras", "onnx", "matplotlib"}


def test_import_edge_loads_the_standard_library_alone() -> None:
    assert "numpy" not in loaded("import edge")


def test_the_runner_works_where_the_training_libraries_can_not_be_imported() -> None:
    absent = ("tensorflow", "keras", "onnx", "tf2onnx", "jax", "matplotlib", "train", "export", "benchmarks")
    program = f"""
import sys
for name in {absent}:
    sys.modules[name] = None
import edge.run.main
assert edge.run.main.main(["--max-frames", "2"]) == 0
"""
    assert {"edge", "cv2", "ai_edge_litert"} <= loaded(program)

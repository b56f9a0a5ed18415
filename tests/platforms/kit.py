"""One folder to try a machine with: the project's wheel, model files, images and the probe."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.datasets import fashion_mnist
from edge.errors import ToolkitError
from tests.platforms import bits, probe

PROBE, BITS = "probe.py", "bits.py"
DRAWN = Path(__file__).with_name("drawn.png")
"""Drawn garments, one below the other, for whoever has no data set: another processor rounds a few pixels otherwise."""
_ROOT = Path(__file__).parents[2]
_SOURCES = ("edge", "train", "export", "benchmarks", "pyproject.toml", "README.md", "LICENSE", "NOTICE",
            "LICENSE-APACHE")  # fmt: skip
# Model file -> how it is made, where Fashion-MNIST and the export libraries are.
_EXPORTS = {
    "int8 ONNX": ("export.onnx", "pretrained/edge", "--quantize", "int8"),
    # The network with the dense layers that tflite-runtime can't read otherwise.
    "dynamic": ("export.tflite", "pretrained/baseline", "--quantize", "dynamic", "--for", "tflite-runtime"),
}


def pack(kit: Path) -> None:
    """Fill the folder; model files that are there already are left alone, for exporting takes a minute.

    Raises:
        DatasetError: Fashion-MNIST isn't on this machine.
        ToolkitError: the wheel or a model file can't be made.
    """
    kit.mkdir(parents=True, exist_ok=True)
    images, labels = fashion_mnist.load("test")
    np.save(kit / "images.npy", images)
    np.save(kit / "labels.npy", labels)
    np.save(kit / "drawn.npy", drawn())
    shutil.copyfile(probe.__file__, kit / PROBE)
    shutil.copyfile(bits.__file__, kit / BITS)
    _build_wheel(kit)
    for model, (module, run, *flags) in _EXPORTS.items():
        if not (kit / probe.MODELS[model]).exists():
            _call("-m", module, _ROOT / run, *flags, "--out", (kit / probe.MODELS[model]).absolute())


def is_packed(kit: Path) -> bool:
    """Return whether the folder holds the labels and drawn garments that results are compared by."""
    return all((kit / name).is_file() for name in ("labels.npy", "drawn.npy"))


def drawn() -> NDArray[np.uint8]:
    """Drawn garments as the vision step sees them, uint8 grey, shape (100, 28, 28), 0-255."""
    return np.asarray(cv2.imread(str(DRAWN), cv2.IMREAD_GRAYSCALE), np.uint8).reshape(-1, 28, 28)


def drawn_sha256(kit: Path) -> str:
    """Digest of the drawn garments that the folder holds."""
    return bits.sha256(np.load(kit / "drawn.npy"))


def _build_wheel(kit: Path) -> None:
    """Build the wheel from a copy, because building leaves files in the source tree."""
    for old in kit.glob("edge_classify-*.whl"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name in _SOURCES:
            source = _ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, Path(folder) / name)
        _call("-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--wheel-dir",
              kit.absolute(), folder)  # fmt: skip


def _call(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ToolkitError(f"`python {' '.join(map(str, arguments[:2]))}` ended with {done.returncode}: {last}")

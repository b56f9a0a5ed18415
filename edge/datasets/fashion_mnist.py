"""Fashion-MNIST, read from Keras's folder and verified, without Keras.

Source: Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747; 28x28 grey, 60,000 training and 10,000 test images.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.errors import DatasetError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """Images and the class of each."""

    images: NDArray[np.uint8]
    """uint8, 0-255: grey, shape (N, height, width), of Fashion-MNIST bright on black, or BGR, (N, height, width, 3)."""
    labels: NDArray[np.integer[Any]]
    """Class indices, shape (N,)."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the images' and the labels' bytes, hexadecimal: different images can't be compared."""
        return hashlib.sha256(self.images.tobytes() + self.labels.tobytes()).hexdigest()


NAME = "fashion_mnist"

# MD5 of the uncompressed IDX files (16 or 8 bytes of header, then the pixels or labels), so that any
# recompression of the same data passes.
_FILES = {
    "train": (
        ("train-images-idx3-ubyte.gz", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        ("train-labels-idx1-ubyte.gz", "9018921c3c673c538a1fc5bad174d6f9"),
    ),
    "test": (
        ("t10k-images-idx3-ubyte.gz", "8181f5470baa50b63fa0f6fddb340f0a"),
        ("t10k-labels-idx1-ubyte.gz", "15d484375f8d13e6eb1aabb0c3f46965"),
    ),
}


def folder() -> Path:
    """Return the folder of the four files: `$KERAS_HOME/datasets/fashion-mnist`, or the same in ~/.keras."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets" / "fashion-mnist"


def is_present() -> bool:
    """Return True if all four files exist; `load` verifies their content."""
    return all((folder() / name).is_file() for files in _FILES.values() for name, _ in files)


def load(split: str, *, download: Callable[[], object] | None = None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read one split, "train" (60,000 images) or "test" (10,000); `download` is called once if a file is missing.

    Returns:
        uint8 images, shape (N, 28, 28), grey, garment bright on black, 0-255; uint8 labels, shape (N,), 0-9.

    Raises:
        DatasetError: the files are missing and can't be downloaded, or are damaged.
    """
    if split not in _FILES:
        raise DatasetError(f"Fashion-MNIST has the splits train and test, got {split!r}")
    if download is not None and not is_present():
        _fetch(download)
    images, labels = (_read(folder() / name, md5) for name, md5 in _FILES[split])
    return images.reshape(-1, 28, 28), labels


def missing_message() -> str:
    """Return the message that the data set is missing, with the remedy."""
    return (
        "Fashion-MNIST isn't on this machine: connect this machine once so that `python -m train` can download it, or "
        f"copy the four *-ubyte.gz files of Fashion-MNIST into {folder()} (KERAS_HOME moves that place)"
    )


def _fetch(download: Callable[[], object]) -> None:
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Keras shows its progress on stdout, which is for results
            download()
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise DatasetError(missing_message()) from error


def _read(path: Path, md5: str) -> NDArray[np.uint8]:
    """Return the bytes after the IDX header of a gzip file whose content has this MD5."""
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise DatasetError(missing_message()) from error
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} can't be read ({error}): remove it and download it again") from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DatasetError(
            f"{path} isn't the published Fashion-MNIST (wrong checksum): remove it and download it again"
        )
    header = 4 + 4 * content[3]  # IDX: two zero bytes, element type, number of axes, then one uint32 an axis
    return np.frombuffer(content, np.uint8, offset=header)

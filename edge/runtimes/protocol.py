"""What a runtime is, and which one runs a given file."""

from __future__ import annotations

import importlib
import importlib.util
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edge.artifact.file import Artifact, VerifiedArtifact
from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError, RuntimeMissingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUNTIMES = ("litert", "tflite-runtime", "onnxruntime")
SATURATES = "saturates_without_vnni"
"""Key of `Provenance.needs`: whether int8 kernels of x86 processors without VNNI can cut off sums of this file."""
_FORMAT = {"litert": "tflite", "tflite-runtime": "tflite", "onnxruntime": "onnx"}
LIBRARIES = {"litert": "ai_edge_litert", "tflite-runtime": "tflite_runtime", "onnxruntime": "onnxruntime"}
_MODULE = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "onnxruntime": "onnxruntime",
}
_ADAPTER = {
    "litert": "edge.runtimes.litert",
    "tflite-runtime": "edge.runtimes.tflite_runtime",
    "onnxruntime": "edge.runtimes.onnxruntime",
}


class Runtime(Protocol):
    """A loaded model with one input and one output."""

    name: str
    """One of `RUNTIMES`."""
    input_tensor: TensorSpec
    """As the file has it."""
    output_tensor: TensorSpec
    """As the file has it."""

    @property
    def version(self) -> str:
        """Of the library."""
        ...

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        """Run the model once.

        Args:
            input_tensor: dtype and shape of `self.input_tensor`.

        Returns:
            dtype and shape of `self.output_tensor`; a copy that later calls don't change.
        """
        ...


def runtime_for(artifact: Artifact, name: str = "auto") -> str:
    """Choose the runtime for a file: the named one if it fits, else the first that is installed.

    Raises:
        ModelFileError: the named runtime doesn't run this format.
        RuntimeMissingError: no library for this format is installed.
    """
    fitting = [runtime for runtime in RUNTIMES if _FORMAT[runtime] == artifact.format]
    if name != "auto":
        if name not in fitting:
            raise ModelFileError(
                f"{name} can't run the {artifact.format} file {artifact.path.name}: use {' or '.join(fitting)}, "
                f"or give a .{_FORMAT[name]} file with --model"
            )
        return name
    for runtime in fitting:
        if importlib.util.find_spec(LIBRARIES[runtime]):
            return runtime
    raise RuntimeMissingError(
        f"nothing here runs {artifact.path.name}: pip install "
        + ("ai-edge-litert" if artifact.format == "tflite" else "'edge-classify[onnx]'")
    )


def open_runtime(verified: VerifiedArtifact, *, threads: int = 1) -> Runtime:
    """Load a verified model file with the runtime that it was verified for.

    Args:
        verified: the file; the very bytes that were read and checked reach the library.
        threads: number of inference threads; at this size one is usually quickest.

    Raises:
        ModelFileError: the runtime refuses the file.
        RuntimeMissingError: the library isn't installed.
    """
    artifact, name = verified
    may_saturate = artifact.spec is None or bool(artifact.spec.provenance.needs.get(SATURATES, True))
    return load_network(artifact.network, artifact.path, name=name, threads=threads, may_saturate=may_saturate)


def load_network(network: bytes, path: Path, *, name: str, threads: int = 1, may_saturate: bool = True) -> Runtime:
    """Give a network to its library as it is; outside the verifying child process, call `open_runtime`.

    Args:
        network: what the library reads of the file.
        path: of the file, for error messages.
        name: one of `RUNTIMES`.
        threads: for the arithmetic.
        may_saturate: whether int8 kernels of x86 processors without VNNI could cut off sums of it.

    Raises:
        ModelFileError: the runtime refuses the network.
        RuntimeMissingError: the library isn't installed.
    """
    runtime: Runtime = importlib.import_module(_ADAPTER[name]).load(
        path, network, threads=threads, may_saturate=may_saturate
    )
    return runtime


def import_library(name: str) -> None:
    """Import a runtime's library where it is there; what is missing is said when it is used."""
    with suppress(ImportError, AttributeError):
        importlib.import_module(_MODULE[name])

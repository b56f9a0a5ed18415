"""Protocol of a runtime, choice of the one for a file, and messages about one that is too old for it."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edge.artifact.file import Artifact, VerifiedArtifact, read_artifact
from edge.artifact.spec import TensorSpec
from edge.errors import ConfigError, ModelFileError, RuntimeMissingError, ToolkitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUNTIMES = ("litert", "tflite-runtime", "onnxruntime")
SATURATES = "saturates_without_vnni"
"""Key of `Provenance.needs`: True if int8 kernels of x86 processors without VNNI can cut off sums of this file."""
FORMATS = {"litert": "tflite", "tflite-runtime": "tflite", "onnxruntime": "onnx"}
"""Runtime -> format of the files that it reads."""
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

LAST_TFLITE_RUNTIME = "2.14.0"
"""Last tflite-runtime: LiteRT is its successor."""
TOO_OLD = "is too old for it"
"""Part of every message about a library that is older than a file needs."""
_MISSING = r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'"
_FIXES = {
    "litert": "pip install --upgrade ai-edge-litert",
    "tflite-runtime": "run it with LiteRT (pip install ai-edge-litert, --runtime litert), or export it with "
    "`python -m export.tflite --for tflite-runtime`",
}


class Runtime(Protocol):
    """A loaded model with one input and one output."""

    name: str
    """Name in `RUNTIMES`."""
    input_tensor: TensorSpec
    """Input as the file has it; a free batch is 1, any other free axis 0."""
    output_tensor: TensorSpec

    @property
    def version(self) -> str:
        """Version of the library."""
        ...

    def resize_input(self, shape: tuple[int, ...]) -> None:
        """Fix the free axes of the input.

        Raises:
            ModelFileError: the network doesn't take this shape.
        """
        ...

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        """Run the model once; dtype and shape of the argument are those of `input_tensor`.

        Returns:
            dtype and shape of `self.output_tensor`; a copy that later calls don't change.
        """
        ...


def runtime_for(artifact: Artifact, name: str = "auto") -> str:
    """Choose the runtime for a file: the named one if it fits, else the first that is installed.

    Raises:
        ConfigError: the named runtime doesn't run this format.
        RuntimeMissingError: no library for this format is installed.
    """
    fitting = [runtime for runtime in RUNTIMES if FORMATS[runtime] == artifact.format]
    if name != "auto":
        if name not in fitting:
            raise ConfigError(
                f"{name} can't run the {artifact.format} file {artifact.path.name}: use {' or '.join(fitting)}, "
                f"or give a .{FORMATS[name]} file with --model"
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
    """Load a verified model file, the very bytes that were checked, with the runtime that it was verified for.

    Raises:
        ModelFileError: the runtime refuses the file.
        RuntimeMissingError: the library isn't installed.
    """
    artifact, name = verified
    promise = artifact.spec.provenance.needs.get(SATURATES, True) if artifact.spec else True
    may_saturate = bool(promise) or artifact.is_changed
    return load_network(artifact.network, artifact.path, name=name, threads=threads, may_saturate=may_saturate)


def load_network(network: bytes, path: Path, *, name: str, threads: int = 1, may_saturate: bool = True) -> Runtime:
    """Give a network without its spec to its library; outside the verifying child process, call `open_runtime`.

    `may_saturate` is True if int8 kernels of x86 processors without VNNI could cut off sums of it.

    Raises:
        ModelFileError: the runtime refuses the network.
        RuntimeMissingError: the library isn't installed.
    """
    options = {"may_saturate": may_saturate} if name == "onnxruntime" else {}  # kernels of TFLite are exact
    runtime: Runtime = importlib.import_module(_ADAPTER[name]).load(path, network, threads=threads, **options)
    return runtime


def require_one_of_each(
    path: Path, inputs: Sequence[Sequence[int | str | None]], outputs: Sequence[Sequence[int | str | None]]
) -> None:
    """Refuse a network that takes or puts out several tensors; arguments are their shapes.

    Raises:
        ModelFileError: it isn't one image in, the scores of classes out.
    """
    from edge.artifact.formats.network_summary import are_of_detector, shapes_text  # not at every start

    if len(inputs) != 1:
        raise ModelFileError(
            f"{path} takes {len(inputs)} tensors ({shapes_text(inputs)}): expected one image; export it with that "
            "input alone"
        )
    if are_of_detector(outputs):
        raise ModelFileError(
            f"{path} puts out {len(outputs)} tensors ({shapes_text(outputs)}): a detector, not a classifier"
        )
    if len(outputs) != 1:
        raise ModelFileError(
            f"{path} puts out {len(outputs)} tensors ({shapes_text(outputs)}): expected one, with a score for each "
            "class; export it with that output alone"
        )


def import_library(name: str) -> None:
    """Import a runtime's library if it is installed; its adapter reports a missing one."""
    with suppress(ImportError, AttributeError):
        importlib.import_module(_MODULE[name])


def explain_too_old(path: Path, message: str, runtime: str, installed: str) -> str | None:
    """Explain the message of a TFLite library that is too old for a file.

    Returns:
        The file's need, the installed version and the remedy; None: the message isn't about an operator's version.
    """
    operator = re.search(_MISSING, message)
    if not operator:
        return None
    least = least_version(path)
    from_ = f" (TensorFlow Lite {least} or later)" if least else ""
    return (
        f"{path} needs {operator[1]} version {operator[2]}{from_}, {runtime} {installed} {TOO_OLD}: {_FIXES[runtime]}"
    )


def least_version(path: Path) -> str | None:
    """Return the least TensorFlow Lite that reads the file, as its specification claims; None: it claims nothing."""
    try:
        spec = read_artifact(path).spec
    except ToolkitError:
        return None
    needs = spec.provenance.needs if spec else {}
    least = needs.get("tensorflow_lite") if isinstance(needs, dict) else None  # JSON can hold anything
    return least if isinstance(least, str) and re.fullmatch(r"[\d.]{1,12}", least) else None


def is_newer(version: str, than: str) -> bool:
    """Return True if the first of two versions, such as 2.17.0, is newer; a text without digits is older than any."""
    first, second = (tuple(int(part) for part in re.findall(r"\d+", text)[:3]) for text in (version, than))
    return first > second

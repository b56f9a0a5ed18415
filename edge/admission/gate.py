"""Lets a network pass to its interpreter, or says in one sentence why not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from edge.admission import onnx, tflite, trial, verdicts
from edge.admission.damaged import DamagedError
from edge.artifact import Artifact
from edge.errors import ModelFileError

_CHECKS = {"tflite": tflite.check_network, "onnx": onnx.check_network}
_PACKAGES = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime", "onnxruntime": "onnxruntime"}


def check_network(artifact: Artifact) -> list[str]:
    """Check structure, shapes, sizes, quantization and operators, without any native library.

    Returns:
        The names of its operators, in the order of execution.

    Raises:
        ModelFileError: what is wrong with it.
    """
    try:
        return _CHECKS[artifact.format](artifact.network)
    except DamagedError as error:
        raise ModelFileError(
            f"{artifact.path} isn't given to an interpreter: {error}; copy or export it again, or vouch for its bytes "
            "with --require-sha256"
        ) from error


def admit(artifact: Artifact, runtime: str) -> None:
    """Check a network, and where no earlier start has done so, try it.

    Args:
        artifact: the file that was read.
        runtime: one of `edge.runtimes.RUNTIMES`.

    Raises:
        ModelFileError: it is not sound, or the trial went wrong.
    """
    check_network(artifact)
    tried = f"{artifact.network_sha256}-{runtime}-{_version(runtime)}"
    if verdicts.is_known(tried):
        return
    trial.try_in_child(artifact, runtime)
    verdicts.remember(tried)


def _version(runtime: str) -> str:
    try:
        return version(_PACKAGES[runtime])
    except PackageNotFoundError:
        return "unknown"

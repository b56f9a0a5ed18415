"""Lets a network pass to its interpreter, or says in one sentence why not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from edge.admission import onnx, tflite, trial, verdicts
from edge.admission.damaged import DamagedError, ForeignOperatorError
from edge.artifact import Artifact
from edge.errors import ModelFileError

_CHECKS = {"tflite": tflite.check_network, "onnx": onnx.check_network}
_MAX_NAME, _MAX_REASON = 60, 300  # characters: a forged name may be as long as a book
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
    except ForeignOperatorError as error:
        raise ModelFileError(
            f"{artifact.path} has the operator {str(error)[:_MAX_NAME]}, which no network of this project has: if you "
            "trust the file, say so with --require-sha256"
        ) from error
    except DamagedError as error:
        raise ModelFileError(
            f"{artifact.path} is damaged or forged: {str(error)[:_MAX_REASON]}; copy or export it again"
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

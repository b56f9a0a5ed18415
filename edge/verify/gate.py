"""Lets a network pass to its interpreter, or says in one sentence why not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from edge.artifact.file import Artifact
from edge.artifact.formats.malformed import DamagedError, ForeignOperatorError
from edge.errors import ModelFileError
from edge.verify import onnx, sandbox_run, tflite, verified_cache

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
    if verified_cache.is_known(tried):
        return
    sandbox_run.try_in_child(artifact, runtime)
    verified_cache.remember(tried)


def _version(runtime: str) -> str:
    try:
        return version(_PACKAGES[runtime])
    except PackageNotFoundError:
        return "unknown"

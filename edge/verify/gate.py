"""Verifies model files before native code reads them."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from edge import __version__
from edge.artifact.file import Artifact, VerifiedArtifact
from edge.errors import ModelFileError
from edge.runtimes.protocol import LIBRARIES, runtime_for

_MAX_NAME, _MAX_REASON = 60, 300  # characters: a forged name may be as long as a book


def verify(artifact: Artifact, runtime: str = "auto") -> VerifiedArtifact:
    """Check a network and try it in a child process, unless its bytes are trusted or passed at an earlier start.

    A pass is valid for these bytes, this runtime and its version, and this version of the program.

    Args:
        artifact: the file that was read.
        runtime: one of `edge.runtimes.RUNTIMES`, or auto.

    Raises:
        ModelFileError: the network is not sound, or the runtime doesn't fit it, refuses it or crashes on it.
        RuntimeMissingError: no library for it is installed.
    """
    runtime = runtime_for(artifact, runtime)
    if artifact.trusted_because is None:
        from edge.verify import verified_cache

        key = f"{artifact.network_sha256}-{runtime}-{_library_version(runtime)}-{__version__}"
        if not verified_cache.is_known(key):
            from edge.verify import sandbox_run

            check_network(artifact)
            sandbox_run.try_in_child(artifact, runtime)
            verified_cache.remember(key)
    return VerifiedArtifact(artifact, runtime)


def check_network(artifact: Artifact) -> list[str]:
    """Check structure, shapes, sizes, quantization and operators, without any native library.

    Returns:
        The names of its operators, in the order of execution.

    Raises:
        ModelFileError: what is wrong with it.
    """
    from edge.artifact.formats.malformed import DamagedError, ForeignOperatorError
    from edge.verify import onnx, tflite

    checks = {"tflite": tflite.check_network, "onnx": onnx.check_network}
    try:
        return checks[artifact.format](artifact.network)
    except ForeignOperatorError as error:
        raise ModelFileError(
            f"{artifact.path} has the operator {str(error)[:_MAX_NAME]}, which no network of this project has: if you "
            "trust the file, say so with --require-sha256"
        ) from error
    except DamagedError as error:
        raise ModelFileError(
            f"{artifact.path} is damaged or forged: {str(error)[:_MAX_REASON]}; copy or export it again"
        ) from error


def _library_version(runtime: str) -> str:
    """Return the version of a runtime's library from the name of its metadata folder, else when it was installed.

    importlib.metadata takes a tenth of a start to import.
    """
    library = LIBRARIES[runtime]
    spec = importlib.util.find_spec(library)
    for package in (spec.submodule_search_locations or ()) if spec else ():
        names = os.listdir(Path(package).parent)  # noqa: PTH208  # names are enough
        prefix = f"{library}-"
        metadata = (name for name in names if name.startswith(prefix) and name.endswith("-info"))
        folder = next(metadata, None)
        return folder[len(prefix) :].rpartition(".")[0] if folder else str(Path(package).stat().st_mtime_ns)
    return "none"

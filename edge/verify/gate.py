"""Verifies model files before native code reads them, and caches which ones passed."""

from __future__ import annotations

import importlib.util
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from edge import __version__
from edge.artifact.file import Artifact, VerifiedArtifact
from edge.errors import ModelFileError
from edge.runtimes.protocol import LIBRARIES, runtime_for


def verify(artifact: Artifact, runtime: str = "auto") -> VerifiedArtifact:
    """Check a network and try it in a child process, unless its bytes are trusted or passed at an earlier start.

    A pass is valid for these bytes, this runtime and its version, and this version of the program.

    Raises:
        ModelFileError: the network is not sound, or the runtime doesn't fit it, refuses it or crashes on it.
        RuntimeMissingError: no library for it is installed.
    """
    runtime = runtime_for(artifact, runtime)
    if artifact.trusted_because is None:
        key = f"{artifact.network_sha256}-{runtime}-{_library_version(runtime)}-{__version__}"
        if not is_cached(key):
            from edge.verify import sandbox_run

            check_network(artifact)
            sandbox_run.try_in_child(artifact, runtime)
            cache(key)
    return VerifiedArtifact(artifact, runtime)


def check_network(artifact: Artifact) -> int:
    """Check the bounds of a network, without any native library; return the number of its operators.

    Raises:
        ModelFileError: an offset, length or index leads outside, or the network has loops or unusual parts.
    """
    from edge.artifact.formats import MalformedModelError, onnx, refusal, tflite

    checks = {"tflite": tflite.check_network, "onnx": onnx.check_network}
    try:
        return checks[artifact.format](artifact.network)
    except MalformedModelError as error:
        raise ModelFileError(refusal(artifact.path, error)) from error


def cache_folder() -> Path | None:
    """Return the folder of the cache, under systemd's, XDG's or the home folder; None if there is none of them."""
    if folder := os.environ.get("CACHE_DIRECTORY"):  # systemd's, of this service alone
        return Path(folder.partition(":")[0]) / "tried"
    if folder := os.environ.get("XDG_CACHE_HOME"):
        return Path(folder) / "edge-classify" / "tried" if Path(folder).is_absolute() else None
    with suppress(RuntimeError):
        return Path.home() / ".cache" / "edge-classify" / "tried"
    return None


def is_cached(key: str) -> bool:
    """Say whether this passed before, by a file that only this user or root could have written."""
    folder = cache_folder()
    if folder is None:
        return False
    try:
        return _is_ours(folder.lstat(), stat.S_ISDIR) and _is_ours((folder / key).lstat(), stat.S_ISREG)
    except (OSError, ValueError):
        return False


def cache(key: str) -> None:
    """Record that this passed, as an empty file; ignored if the cache is not writable."""
    folder = cache_folder()
    if folder is None:
        return
    with suppress(OSError, ValueError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / key).touch(mode=0o600)


def _is_ours(status: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    foreign = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid not in (0, os.geteuid())
    return is_kind(status.st_mode) and not foreign


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
